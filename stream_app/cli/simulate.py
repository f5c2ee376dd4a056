"""`pegel simulate`: send, or write to a file, the traffic of a made-up support organisation."""

import asyncio
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import typer

from schemas.instants import parse_ms
from stream_app.adapters.clock import now_ms
from stream_app.cli.collector import collect_seldom
from stream_app.cli.input_options import (
    ConversationsOption,
    CountOption,
    DurationOption,
    HistoryOption,
    IntoLiveOption,
    OutageOption,
    RateOption,
    SeedOption,
    StartOption,
    TenantOption,
    ToFileOption,
)
from stream_app.cli.options import (
    BrokerOption,
    JsonOption,
    PolicyOption,
    examples,
    load_settings,
    parse_span,
)
from stream_app.cli.output import print_json
from stream_app.cli.traffic import Load, Traffic
from stream_app.policyfile import load_policy
from stream_app.replay.guard import HistoryGuard
from stream_app.replay.reader import DEFAULT_TENANT
from stream_app.simulator import LoadPlan, Plan
from stream_app.simulator.channels import BY_NAME
from stream_app.simulator.plan import Outage

app = typer.Typer(rich_markup_mode="rich")
_MAX: Final = "max"
_LOAD_COUNT, _LOAD_CONVERSATIONS, _LOAD_DENSITY = 1_000_000, 50_000, 10_000.0


@app.command(
    epilog=examples(
        "pegel simulate  # live traffic, about one event a second, until Ctrl-C",
        "pegel simulate --history 3d --policy policy.yaml  # three days in seconds, then live",
        "pegel simulate --rate 20 --outage whatsapp@10m+30m  # busier; a channel is down for a while",
        "pegel simulate --history 7d --duration 0s --start 2026-01-12T00:00:00Z "
        "--to-file week.jsonl.gz",
        "pegel simulate --rate max --count 5000000 --conversations 100000  # load, no realism",
    )
    + "\n\n  History needs a tenant on event time, in the policy: "
    "tenants: {demo: {clock: event}}. After it the tenant goes on live.",
)
def simulate(
    seed: SeedOption = 7,
    rate: RateOption = "1",
    history: HistoryOption = "0s",
    duration: DurationOption = None,
    count: CountOption = None,
    conversations: ConversationsOption = None,
    outage: OutageOption = None,
    tenant: TenantOption = None,
    start: StartOption = None,
    to_file: ToFileOption = None,
    broker: BrokerOption = None,
    policy: PolicyOption = None,
    into_live: IntoLiveOption = False,
    as_json: JsonOption = False,
) -> None:
    """Send the traffic of a believable support organisation: first some history, then live.

    Eight channels with their own day and week, bots that answer first, teams with shifts and queues,
    notes, reactions, reopenings, merges, spam, campaigns; a few events come late or twice. It is all
    drawn from the seed. There are no names and no texts.
    """
    collect_seldom()
    settings = load_settings(broker=broker, policy=policy)
    rules = load_policy(settings.policy) if settings.policy else None
    chosen = tenant or (next(iter(rules.tenants)) if rules else DEFAULT_TENANT)
    guard = HistoryGuard.of(rules, now_ms(), into_live=into_live)
    if rate == _MAX:
        _only_load(duration, outage, start, to_file)
        load = _load_plan(seed, count, conversations, chosen)
        figures = asyncio.run(Load(settings, load, guard).run())
    else:
        span = _Span.of(history, duration, start)
        drawn = Plan(span.start, seed=seed, rate=_rate(rate), tenant=chosen)
        plan = span.limit(replace(drawn, conversations=conversations), outage or [])
        figures = _run(Traffic(settings, plan, guard, count), to_file, start)
    _report(figures, as_json=as_json)


@dataclass(frozen=True, slots=True)
class _Span:
    """From when to when, and where history ends."""

    start: int
    live_from: int
    until: int | None

    @classmethod
    def of(cls, history: str, duration: str | None, start: str | None) -> "_Span":
        past = parse_span("--history", history)
        began = _instant(start) if start else now_ms() - past
        live = began + past
        until = None if duration is None else live + parse_span("--duration", duration)
        return cls(began, live, until)

    def limit(self, plan: Plan, outages: list[str]) -> Plan:
        """The plan within this span; outages may be relative to its going live."""
        found = tuple(_outage(text, self.live_from) for text in outages)
        return replace(plan, live_from=self.live_from, until=self.until, outages=found)


def _run(traffic: Traffic, to_file: Path | None, start: str | None) -> dict[str, Any]:
    if to_file is not None:
        return traffic.write(to_file)
    if start is not None:
        raise typer.BadParameter("--start: only with --to-file; live traffic starts now")
    asyncio.run(traffic.send(now_ms, time.monotonic))
    return traffic.figures


def _report(figures: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        print_json(figures)
        return
    rate = f"{figures['rate']:,} a second"
    where = figures["to"]
    typer.echo(f"{figures['sent']:,} events to {where} in {figures['seconds']:.1f} s ({rate})")


def _only_load(*others: object) -> None:
    if any(others):
        raise typer.BadParameter(
            "--rate max: sends --count events of --conversations to Kafka; other rates know "
            "--duration, --outage, --start and --to-file"
        )


def _load_plan(seed: int, count: int | None, conversations: int | None, tenant: str) -> LoadPlan:
    events = count or _LOAD_COUNT
    return LoadPlan(
        count=events,
        conversations=conversations or min(_LOAD_CONVERSATIONS, max(1, events // 10)),
        partitions=0,
        start=now_ms() - int(events / _LOAD_DENSITY * 1000),
        events_per_second=_LOAD_DENSITY,
        seed=seed,
        tenant=tenant,
    )


def _rate(text: str) -> float:
    try:
        rate = float(text)
    except ValueError:
        rate = 0.0
    if not 0 < rate <= 10_000:
        raise typer.BadParameter(f"--rate: {text}: a number of events a second up to 10000, or max")
    return rate


def _instant(text: str) -> int:
    try:
        return parse_ms(text)
    except ValueError as error:
        raise typer.BadParameter(f"{error}, e.g. 2026-01-31T00:00:00Z") from None


def _outage(text: str, live_from: int) -> Outage:
    """`whatsapp@10m+30m`, or `whatsapp@2026-01-31T10:00:00Z+30m`."""
    channel, _, when = text.partition("@")
    begin, _, span = when.rpartition("+")
    if channel not in BY_NAME or not begin:
        channels = ", ".join(BY_NAME)
        raise typer.BadParameter(
            f"--outage: {text}: CHANNEL@START+SPAN, e.g. whatsapp@10m+30m; channels: {channels}"
        )
    start = _instant(begin) if "T" in begin else live_from + parse_span("--outage", begin)
    return Outage(channel, start, start + parse_span("--outage", span))
