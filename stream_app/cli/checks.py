"""The checks of `pegel doctor`: each finds out one thing and says how to mend it.

A check never raises: what cannot be found out is a finding too.
"""

import asyncio
import platform
import re
import sys
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from importlib.metadata import PackageNotFoundError, requires, version
from typing import Literal

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from stream_app.adapters.clock import now_ms
from stream_app.adapters.kafka import Admin, connect, keeps_transactions, servers
from stream_app.adapters.provision import Outcome
from stream_app.adapters.provision import check as check_topics
from stream_app.adapters.topics import catalogue, topic_name
from stream_app.cli.workers import Answer, ask
from stream_app.errors import UserError
from stream_app.settings import Settings

_SKEW_OK_MS, _SKEW_FAIL_MS = 1_000, 5_000
_PINNED = re.compile(r"^([A-Za-z0-9_.-]+)==([^;\s]+)")


@dataclass(frozen=True, slots=True)
class Check:
    """What one check found out."""

    name: str
    status: Literal["ok", "warn", "fail"]
    detail: str
    remedy: str = ""


def python_check(found: tuple[int, ...] = sys.version_info[:3]) -> Check:
    """Is this Python new enough?"""
    text = ".".join(map(str, found))
    if found >= (3, 11):
        return Check("python", "ok", f"{text} on {platform.system()}")
    return Check("python", "fail", f"{text} is too old", "use Python 3.11 or newer")


def packages_check(pins: Sequence[str] | None = None) -> Check:
    """Are the libraries that the engine reaches into exactly those it was made for?"""
    if pins is None:
        try:
            pins = requires("pegel") or []
        except PackageNotFoundError:
            detail = "Pegel runs from a source tree, its requirements are not known"
            return Check("packages", "warn", detail, "make install")
    wanted = [m.groups() for m in map(_PINNED.match, pins) if m and "extra" not in m.string]
    wrong = [f"{name} {_version(name)}, not {v}" for name, v in wanted if _version(name) != v]
    if wrong:
        return Check("packages", "fail", "; ".join(wrong), "make install, or pip install pegel")
    return Check("packages", "ok", ", ".join(f"{name} {v}" for name, v in wanted))


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "missing"


async def broker_checks(settings: Settings) -> list[Check]:
    """Is there a broker, what can it do, are the topics right, does its clock agree with ours?"""
    try:
        async with connect(settings.broker) as admin:
            return [
                await _broker(admin, settings),
                await _transactions(settings),
                await _topics(admin, settings),
                await _broker_clock(settings),
            ]
    except UserError as error:
        return [Check("broker", "fail", error.problem, error.remedy)]
    except (KafkaError, OSError, TimeoutError) as error:
        detail = f"{settings.broker} answers, but: {type(error).__name__} {error}"
        return [Check("broker", "fail", detail, "see the broker's log")]


async def _broker(admin: Admin, settings: Settings) -> Check:
    found = await admin.describe()
    detail = f"{found.version} at {settings.broker}, {len(found.nodes)} node(s)"
    return Check("broker", "ok", detail)


async def _transactions(settings: Settings) -> Check:
    if await keeps_transactions(settings.broker, settings.app_id):
        return Check("transactions", "ok", "one flush is one transaction")
    remedy = "good for a demo; use Apache Kafka for anything that has to be there tomorrow"
    detail = "this broker has none: a crash can repeat outputs, and a former owner is not fenced"
    status: Literal["fail", "warn"] = "fail" if settings.transactions == "on" else "warn"
    return Check("transactions", status, detail, remedy)


async def _topics(admin: Admin, settings: Settings) -> Check:
    outcome = await check_topics(admin, catalogue(settings))
    return topics_verdict(outcome, settings)


def topics_verdict(outcome: Outcome, settings: Settings) -> Check:
    """What the state of the topics means for running on them."""
    total = len(outcome.findings)
    if outcome.missing:
        detail = f"{len(outcome.missing)} of {total} are missing, e.g. {outcome.missing[0]}"
        return Check("topics", "fail", detail, "pegel topics apply")
    if outcome.wrong_size:
        first = outcome.wrong_size[0]
        d = next(d for d in first.differences if d.what == "partitions")
        detail = f"{first.wanted.name} has {d.actual} partitions, not {d.wanted}"
        return Check("topics", "fail", detail, d.remedy)
    differing = [f for f in outcome.findings if f.state == "differs"]
    if differing:
        detail = f"{len(differing)} of {total} are configured otherwise"
        return Check("topics", "warn", detail, "pegel topics check, then apply --mend")
    return Check("topics", "ok", f"{total} topics, {settings.partitions} partitions each")


async def _broker_clock(settings: Settings) -> Check:
    """Compare the append time of the newest records with our clock: it must not lie ahead."""
    newest = await newest_append_time(settings)
    if newest is None:
        return Check("clock", "ok", "nothing was written lately: nothing to compare with")
    return clock_verdict("the broker's", newest - now_ms())


def clock_verdict(whose: str, ahead_ms: int) -> Check:
    """Judge how far another clock is ahead of ours; one that is behind may just be an old record."""
    if ahead_ms <= _SKEW_OK_MS:
        return Check("clock", "ok", f"{whose} clock does not run ahead of this machine's")
    status: Literal["fail", "warn"] = "fail" if ahead_ms > _SKEW_FAIL_MS else "warn"
    detail = f"{whose} clock is {ahead_ms / 1000:.1f} s ahead of this machine's"
    return Check("clock", status, detail, "synchronise both with NTP (timedatectl status)")


async def newest_append_time(settings: Settings) -> int | None:
    """The greatest timestamp among the last records of the source and pane topics."""
    consumer = AIOKafkaConsumer(
        bootstrap_servers=servers(settings.broker), isolation_level="read_committed"
    )
    names = [topic_name(settings, n) for n in ("support.conversation.v1", "engagement.pane.v1")]
    partitions = [TopicPartition(n, p) for n in names for p in range(settings.partitions)]
    await consumer.start()
    try:
        return await _newest(consumer, partitions)
    except KafkaError:  # e.g. topics that do not exist: told by their own check
        return None
    finally:
        await consumer.stop()


async def _newest(consumer: AIOKafkaConsumer, partitions: list[TopicPartition]) -> int | None:
    begins = await consumer.beginning_offsets(partitions)
    ends = await consumer.end_offsets(partitions)
    filled = [p for p in partitions if ends[p] > begins[p]]
    if not filled:
        return None
    consumer.assign(filled)
    for p in filled:
        consumer.seek(p, max(begins[p], ends[p] - 10))
    fetched = await consumer.getmany(timeout_ms=1000)
    times = [r.timestamp for records in fetched.values() for r in records]
    return max(times, default=None)


def policy_check(settings: Settings, load: Callable[[str], object]) -> Check:
    """Is the policy file there, and is it right?"""
    if settings.policy is None:
        remedy = "write one and give it with --policy or PEGEL_POLICY"
        return Check("policy", "warn", "none given: no targets, no alerts", remedy)
    try:
        load(settings.policy)
    except UserError as error:
        remedy = f"pegel policy check {settings.policy}"
        return Check("policy", "fail", str(error).splitlines()[0], remedy)
    except OSError as error:
        return Check("policy", "fail", f"{settings.policy}: {error.strerror}", "is the path right?")
    return Check("policy", "ok", settings.policy)


async def worker_checks(workers: Sequence[str]) -> list[Check]:
    """Does each worker live, is it ready, and does its clock agree with ours?"""
    answers = await ask(workers, "/readyz")
    found = [worker_verdict(answer) for answer in answers]
    skewed = [_worker_clock(answer) for answer in answers if answer.date]
    return found + [check for check in skewed if check.status != "ok"]


def worker_verdict(answer: Answer) -> Check:
    """What a worker's readiness means."""
    if answer.status == 0:
        return Check("worker", "warn", f"none answers at {answer.worker}", "pegel worker")
    if answer.status == 200:
        return Check("worker", "ok", f"{answer.worker} is ready")
    remedy = f"wait, or look closer: pegel partition list --worker {answer.worker}"
    return Check("worker", "warn", f"{answer.worker} is not ready (HTTP {answer.status})", remedy)


def _worker_clock(answer: Answer) -> Check:
    with suppress(ValueError):
        there = int(parsedate_to_datetime(answer.date).timestamp() * 1000)
        return clock_verdict(f"{answer.worker}'s", there - now_ms())
    return Check("clock", "ok", "")


async def inspect(
    settings: Settings, workers: Sequence[str], load_policy: Callable[[str], object]
) -> list[Check]:
    """All checks, in the order in which one would mend things."""
    asked: tuple[Awaitable[list[Check]], ...] = (broker_checks(settings), worker_checks(workers))
    of_broker, of_workers = await asyncio.gather(*asked)
    here = [python_check(), packages_check(), policy_check(settings, load_policy)]
    return [*here, *of_broker, *of_workers]
