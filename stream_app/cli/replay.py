"""`pegel replay`: send a file of events to Kafka, in event time."""

import asyncio
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import typer

from schemas.instants import format_ms
from stream_app.adapters.clock import now_ms
from stream_app.adapters.topics import topic_name
from stream_app.cli.collector import collect_seldom
from stream_app.cli.event_files import open_events, parse_instant, progress_bar
from stream_app.cli.input_options import (
    FileArgument,
    IntoLiveOption,
    MapOption,
    ReplayTenantOption,
    SkipOption,
    SourceOption,
    SpeedOption,
    StrictOption,
    UntilOption,
)
from stream_app.cli.options import BrokerOption, JsonOption, PolicyOption, examples, load_settings
from stream_app.cli.output import print_json
from stream_app.domain.policy import Policy
from stream_app.policyfile import load_policy
from stream_app.replay import EventFile
from stream_app.replay.guard import HistoryGuard
from stream_app.replay.pace import Pace, parse_speed
from stream_app.replay.run import Options, Replay
from stream_app.replay.writer import TopicWriter
from stream_app.settings import Settings

app = typer.Typer(rich_markup_mode="rich")


@app.command(
    epilog=examples(
        "pegel replay events.jsonl.gz --policy policy.yaml  # canonical events, as fast as possible",
        "pegel replay incidents.csv --map incidents.yaml --policy policy.yaml  # a foreign file",
        "pegel replay events.jsonl --speed 60  # a minute in a second",
        "pegel replay events.jsonl --until 2026-01-31T00:00:00Z --json  # summary for programs",
        "pegel replay events.jsonl --skip 120000  # go on where an earlier run was broken off",
    )
    + "\n\n  The tenant's clock should be on event time, in the policy: "
    "tenants: {history: {clock: event}}",
)
def replay(
    file: FileArgument,
    speed: SpeedOption = "max",
    mapping: MapOption = None,
    tenant: ReplayTenantOption = None,
    source: SourceOption = None,
    broker: BrokerOption = None,
    until: UntilOption = None,
    skip: SkipOption = 0,
    strict: StrictOption = False,
    into_live: IntoLiveOption = False,
    policy: PolicyOption = None,
    as_json: JsonOption = False,
) -> None:
    """Send the events of a file to Kafka, in the order of the file and with their own times.

    Workers follow event time: what took months passes in seconds, with the same clocks, breaches and
    alerts. A foreign file is read with the help of a mapping. History is refused for a tenant that
    runs on live time, unless --into-live says so.
    """
    collect_seldom()
    settings = load_settings(broker=broker, policy=policy)
    rules = load_policy(settings.policy) if settings.policy else None
    job = _Job(
        settings=settings,
        events=open_events(file, mapping, _tenant(tenant, mapping, rules), source, strict),
        guard=HistoryGuard.of(rules, now_ms(), into_live=into_live),
        pace=Pace(parse_speed(speed), time.monotonic),
        options=Options(until=parse_instant(until), skip=skip),
        as_json=as_json,
    )
    job.run()


def _tenant(given: str | None, mapping: Path | None, rules: Policy | None) -> str | None:
    if given is not None or mapping is None or rules is None:
        return given
    return next(iter(rules.tenants))


@dataclass(slots=True)
class _Job:
    """One run of the command."""

    settings: Settings
    events: EventFile
    guard: HistoryGuard
    pace: Pace
    options: Options
    as_json: bool

    def run(self) -> None:
        began = time.monotonic()
        done: list[Replay] = []
        complete = False
        try:
            asyncio.run(self._send(done))
            complete = True
        finally:
            if complete or (done and done[0].summary.sent):
                self._report(done[0], time.monotonic() - began, complete=complete)

    async def _send(self, done: list[Replay]) -> None:
        topic = topic_name(self.settings, "support.conversation.v1")
        async with TopicWriter(self.settings.broker, topic) as writer:
            run = Replay(writer, self.guard, self.pace, self.options)
            done.append(run)
            with progress_bar() as bar:
                task = bar.add_task(self.events.path.name, events="")

                def progress() -> None:
                    position, size = self.events.progress()
                    events = f"{run.summary.sent:,} events"
                    bar.update(task, completed=position, total=size or None, events=events)

                await run.run(self.events, progress, lambda: self.events.silent_until)

    def _report(self, run: Replay, seconds: float, *, complete: bool) -> None:
        figures = self._figures(run, seconds, complete=complete)
        if self.as_json:
            print_json(figures)
            return
        first, last = figures["first"], figures["last"]
        typer.echo(
            f"sent {run.summary.sent:,} events in {seconds:.1f} s ({figures['rate']:,} a second)"
            + (f", {first} to {last}" if first else "")
        )
        left = (("skipped rows", "skipped"), ("after --until", "left_out"))
        for words, name in left:
            if figures[name]:
                typer.echo(f"{words}: {figures[name]:,}")
        if not complete:
            typer.echo(f"not complete; to go on: --skip {run.summary.resume}")

    def _figures(self, run: Replay, seconds: float, *, complete: bool) -> dict[str, Any]:
        summary = run.summary
        return {
            "file": str(self.events.path),
            "complete": complete,
            "sent": summary.sent,
            "skipped": self.events.unreadable,
            "left_out": summary.left_out,
            "passed_over": summary.passed_over,
            "control_records": summary.controls,
            "seconds": round(seconds, 3),
            "rate": round(summary.sent / seconds) if seconds else 0,
            "first": None if summary.first is None else format_ms(summary.first),
            "last": None if summary.last is None else format_ms(summary.last),
            "resume": summary.resume,
        }
