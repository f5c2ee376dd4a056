"""`pegel backtest`: what a policy would have said about history."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from rich.table import Table

from schemas.instants import format_ms
from stream_app.backtest import Backtest, Span, processes_for, run_file, write_report
from stream_app.backtest.summary import Figures, seconds
from stream_app.cli.collector import collect_seldom
from stream_app.cli.event_files import open_events, parse_instant, progress_bar
from stream_app.cli.input_options import (
    MapOption,
    ReplayTenantOption,
    SourceOption,
    StrictOption,
    UntilOption,
)
from stream_app.cli.options import JsonOption, PolicyOption, examples, load_settings
from stream_app.cli.output import console, note, print_json, table
from stream_app.domain.clocks import CLOCK_NAMES
from stream_app.domain.policy import Policy
from stream_app.errors import UserError
from stream_app.policyfile import load_policy
from stream_app.policyfile.scalars import format_duration
from stream_app.replay import EventFile

app = typer.Typer(rich_markup_mode="rich")
_GROUPS_SHOWN: Final = 40
_QUANTILES: Final = ("p50", "p90", "p99")

EventsOption = Annotated[
    Path,
    typer.Option("--events", metavar="FILE", help="JSON lines or CSV; gzip is recognised."),
]
ProcessesOption = Annotated[
    int | None,
    typer.Option("--processes", min=1, help="How many share the work; default: one per core."),
]
ReportOption = Annotated[
    Path | None, typer.Option("--report", metavar="OUT.json", help="Where the report goes.")
]


@app.command(
    epilog=examples(
        "pegel backtest --policy policy.yaml --events events.jsonl.gz --report report.json",
        "pegel backtest --policy new.yaml --events incidents.csv --map incidents.yaml",
        "pegel backtest --policy policy.yaml --events events.jsonl --until 2026-01-31T00:00:00Z",
    )
)
def backtest(
    events: EventsOption,
    policy: PolicyOption = None,
    mapping: MapOption = None,
    until: UntilOption = None,
    report: ReportOption = None,
    tenant: ReplayTenantOption = None,
    source: SourceOption = None,
    strict: StrictOption = False,
    processes: ProcessesOption = None,
    as_json: JsonOption = False,
) -> None:
    """Run history through a policy: which promises would have been kept, and what told to whom.

    The same core that workers run, in event time and without Kafka. Time ends at --until, or at the
    last event or row. The report has every SLA event and every alert.
    """
    settings = load_settings(policy=policy)
    if not settings.policy:
        raise UserError("a backtest needs a policy", "give --policy FILE")
    rules = load_policy(settings.policy)
    if tenant is None and mapping is not None:
        tenant = next(iter(rules.tenants))
    file = open_events(events, mapping, tenant, source, strict)
    collect_seldom()
    began = time.monotonic()
    processes = processes or processes_for(file)
    done, span = _run(rules, file, parse_instant(until), report, processes)
    _tell(done, span, file, time.monotonic() - began, as_json=as_json)


def _run(
    rules: Policy, file: EventFile, until: int | None, report: Path | None, processes: int
) -> tuple[Backtest, Span]:
    def go(on_sla_event: Callable[[bytes], None] | None) -> tuple[Backtest, Span]:
        made = Backtest(rules, on_sla_event, until)
        with progress_bar() as bar:
            task = bar.add_task(file.path.name, events="")

            def progress(position: int, size: int, events: int) -> None:
                text = f"{events:,} events"
                bar.update(task, completed=position, total=size or None, events=text)

            return made, run_file(made, file, progress, processes)

    return go(None) if report is None else write_report(report, go)


def _tell(done: Backtest, span: Span, file: EventFile, elapsed: float, *, as_json: bool) -> None:
    for name, n in sorted(done.counters.items()):
        note(f"{name}: {n:,}")
    if as_json:
        print_json(_figures(done, span, file, elapsed))
        return
    console().print(_table(done))
    rate = round(done.events / elapsed) if elapsed else 0
    reach = f", {format_ms(span.first)} to {format_ms(span.until)}" if done.events else ""
    typer.echo(f"{done.events:,} events in {elapsed:.1f} s ({rate:,} a second){reach}")
    for words, n in (("skipped rows", file.unreadable), ("after --until", done.left_out)):
        if n:
            typer.echo(f"{words}: {n:,}")


def _figures(done: Backtest, span: Span, file: EventFile, elapsed: float) -> dict[str, Any]:
    return {
        "policy": done.policy.hash,
        "from": format_ms(span.first),
        "until": format_ms(span.until),
        "events": done.events,
        "skipped": file.unreadable,
        "left_out": done.left_out,
        "counters": done.counters,
        "conversations_kept": done.conversations,
        "seconds": round(elapsed, 3),
        "sla_events": dict(done.sla_events),
        "summary": done.summary.as_json(),
    }


def _table(done: Backtest) -> Table:
    """A line for each group, the busiest first, and one for all."""
    clocks = [clock for clock in CLOCK_NAMES if _matters(done, clock)]
    heads = [f"{clock}\nbreached  p50/p90/p99" for clock in clocks]
    shown = table("channel", "team", "priority", "conversations", *heads, "alerts")
    groups = sorted(
        done.summary.groups.items(), key=lambda each: (-each[1].counts["opened"], each[0])
    )
    for group, figures in groups[:_GROUPS_SHOWN]:
        shown.add_row(*(name or "–" for name in group), *_cells(figures, clocks))
    if len(groups) > _GROUPS_SHOWN:
        shown.add_row(f"… {len(groups) - _GROUPS_SHOWN} more", *[""] * (len(clocks) + 4))
    shown.add_row("all", "", "", *_cells(done.summary.total(), clocks), style="bold")
    return shown


def _matters(done: Backtest, clock: str) -> bool:
    return any(clock in sla.targets for sla in done.policy.sla)


def _cells(figures: Figures, clocks: list[str]) -> list[str]:
    cells = [f"{figures.counts['opened']:,}"]
    for clock in clocks:
        breached = figures.counts[f"{clock}_breached"]
        found = seconds(figures.times.get(clock, {}))
        times = "/".join(_short(found[q]) if q in found else "–" for q in _QUANTILES)
        cells.append(f"{breached:,}  {times}")
    return [*cells, f"{figures.alerts:,}"]


def _short(length: float) -> str:
    """`3h12m`, `2d4h`: the two largest units."""
    for size, step in ((86_400, 3_600), (3_600, 60), (60, 1)):
        if length >= size:
            return format_duration(round(length / step) * step * 1000)
    return f"{length:.0f}s"
