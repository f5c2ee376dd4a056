"""Topics as they are against topics as they should be: compare, create, mend.

The catalogue says what should be (`stream_app.adapters.topics`), the broker what is
(`stream_app.adapters.kafka`). Nothing is ever deleted, and no partition count is ever changed.
"""

import asyncio
from collections.abc import Iterable, Sequence
from typing import Final, Literal, NamedTuple

from stream_app.adapters.kafka import Actual, Admin
from stream_app.adapters.topics import Wanted
from stream_app.errors import UserError
from stream_app.settings import Settings

_SEEN_SECONDS: Final = 30
_LOOK_SECONDS: Final = 0.05


class Difference(NamedTuple):
    """One thing about a topic that is not as it should be, and how to mend it."""

    what: str
    actual: str
    wanted: str
    remedy: str


State = Literal["ok", "missing", "created", "mended", "differs"]


class Finding(NamedTuple):
    """What was found out about one topic."""

    wanted: Wanted
    state: State
    differences: tuple[Difference, ...] = ()


def compare(wanted: Wanted, actual: Actual | None) -> Finding:
    """Whether a topic is as it should be. A setting that the broker does not report is not judged."""
    if actual is None:
        return Finding(wanted, "missing")
    differences = tuple(_differences(wanted, actual))
    return Finding(wanted, "differs" if differences else "ok", differences)


def _differences(wanted: Wanted, actual: Actual) -> Iterable[Difference]:
    if actual.partitions != wanted.partitions:
        yield Difference(
            "partitions",
            str(actual.partitions),
            str(wanted.partitions),
            "the number is fixed for an installation, for keys would move: "
            f"set PEGEL_PARTITIONS={actual.partitions}, or start anew with another "
            "PEGEL_TOPIC_PREFIX and PEGEL_APP_ID",
        )
    if actual.replication < wanted.replication:
        yield Difference(
            "replication",
            str(actual.replication),
            str(wanted.replication),
            "kafka-reassign-partitions.sh raises it",
        )
    for name, value in wanted.config.items():
        if name in actual.config and not _same(actual.config[name], value):
            remedy = "pegel topics apply --mend"
            yield Difference(name, actual.config[name], value, remedy)


def _same(actual: str, wanted: str) -> bool:
    try:
        return float(actual) == float(wanted)
    except ValueError:
        return actual == wanted


class Outcome(NamedTuple):
    """The state of every topic, and what has to be said about the broker."""

    findings: tuple[Finding, ...]
    notes: tuple[str, ...] = ()

    @property
    def missing(self) -> tuple[str, ...]:
        """Names of topics that do not exist."""
        return tuple(f.wanted.name for f in self.findings if f.state == "missing")

    @property
    def wrong_size(self) -> tuple[Finding, ...]:
        """Topics whose number of partitions is wrong: nothing can run on them."""
        return tuple(f for f in self.findings if any(d.what == "partitions" for d in f.differences))


async def check(admin: Admin, wanted: Sequence[Wanted]) -> Outcome:
    """Compare every topic with what it should be."""
    there = await admin.topics()
    return Outcome(tuple(compare(w, there.get(w.name)) for w in wanted))


async def apply(admin: Admin, wanted: Sequence[Wanted], *, mend: bool = False) -> Outcome:
    """Create what is missing; with `mend` also set what differs. Running it again changes nothing."""
    before = (await check(admin, wanted)).findings
    missing = [f.wanted for f in before if f.state == "missing"]
    notes = await admin.create(missing) if missing else []
    await _until_seen(admin, {w.name for w in missing})
    found = tuple(f._replace(state="created") if f.state == "missing" else f for f in before)
    if mend:
        mended = [await _mend(admin, f) for f in found]
        notes += [n for _, n in mended if n]
        found = tuple(f for f, _ in mended)
    return Outcome(found, tuple(dict.fromkeys(notes)))


async def _until_seen(admin: Admin, names: set[str]) -> None:
    """Brokers hear from the controller a moment later, and it is them that clients ask."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + _SEEN_SECONDS
    while unseen := names - await admin.names() if names else set():
        if loop.time() > deadline:
            problem = f"{min(unseen)} was created, but no broker shows it after {_SEEN_SECONDS} s"
            raise UserError(problem, "is every broker up? then try again: pegel topics apply")
        await asyncio.sleep(_LOOK_SECONDS)


async def _mend(admin: Admin, finding: Finding) -> tuple[Finding, str]:
    names = {d.what for d in finding.differences} & set(finding.wanted.config)
    if not names:
        return finding, ""
    if not await admin.configure(finding.wanted.name, {n: finding.wanted.config[n] for n in names}):
        return finding, "this broker cannot change the configuration of a topic that exists"
    rest = tuple(d for d in finding.differences if d.what not in names)
    return finding._replace(state="differs" if rest else "mended", differences=rest), ""


async def require_topics(admin: Admin, settings: Settings, wanted: Sequence[Wanted]) -> None:
    """Raise UserError unless every topic exists with the right number of partitions."""
    outcome = await check(admin, wanted)
    if outcome.missing:
        some = ", ".join(outcome.missing[:3]) + (", …" if len(outcome.missing) > 3 else "")
        problem = f"{len(outcome.missing)} topics are missing on {settings.broker}: {some}"
        raise UserError(problem, "pegel topics apply")
    if outcome.wrong_size:
        first = outcome.wrong_size[0]
        difference = next(d for d in first.differences if d.what == "partitions")
        problem = (
            f"topic {first.wanted.name} has {difference.actual} partitions, not {difference.wanted}"
        )
        raise UserError(problem, difference.remedy)
