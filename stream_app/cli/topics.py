"""`pegel topics`: create the topics of an installation, list them, check them."""

import asyncio
from collections.abc import Iterator, Sequence
from typing import Annotated, Any

import typer

from stream_app.adapters.kafka import connect
from stream_app.adapters.provision import Difference, Finding, Outcome, apply, check
from stream_app.adapters.topics import Wanted, catalogue
from stream_app.cli.options import BrokerOption, JsonOption, examples, load_settings
from stream_app.cli.output import console, note, print_json, table
from stream_app.settings import Settings

app = typer.Typer(
    rich_markup_mode="rich",
    no_args_is_help=True,
    help="Create, list and check the Kafka topics: events in, results out, changelogs of the "
    "tables, dead letters.",
    epilog=examples(
        "pegel topics apply  # create what is missing; safe to run again",
        "pegel topics apply --partitions 24 --replication 3  # size of a production cluster",
        "pegel topics check --json  # compare, for programs; exit 1 when something differs",
        "pegel topics list  # what an installation needs; asks no broker",
    ),
)

PartitionsOption = Annotated[
    int | None,
    typer.Option(
        "--partitions",
        help="Partitions of each topic, fixed once per installation. "
        "[dim]\\[env: PEGEL_PARTITIONS][/dim]",
        show_default=False,
    ),
]
ReplicationOption = Annotated[
    int | None,
    typer.Option(
        "--replication",
        help="Copies of each partition; 3 in production. [dim]\\[env: PEGEL_REPLICATION][/dim]",
        show_default=False,
    ),
]
MendOption = Annotated[
    bool, typer.Option("--mend", help="Also set what differs on topics that exist.")
]


@app.command(name="apply")
def apply_command(
    broker: BrokerOption = None,
    partitions: PartitionsOption = None,
    replication: ReplicationOption = None,
    mend: MendOption = False,
    as_json: JsonOption = False,
) -> None:
    """Create the topics that are missing, and say what differs on those that exist.

    Nothing is deleted, and no number of partitions is changed: keys would move. Running it again
    changes nothing.
    """
    settings = load_settings(broker=broker, partitions=partitions, replication=replication)
    _report(settings, asyncio.run(_apply(settings, mend)), as_json)


@app.command(name="check")
def check_command(
    broker: BrokerOption = None,
    partitions: PartitionsOption = None,
    replication: ReplicationOption = None,
    as_json: JsonOption = False,
) -> None:
    """Compare the topics on the broker with what they should be; exit 1 when something differs."""
    settings = load_settings(broker=broker, partitions=partitions, replication=replication)
    _report(settings, asyncio.run(_check(settings)), as_json)


@app.command(name="list")
def list_command(partitions: PartitionsOption = None, as_json: JsonOption = False) -> None:
    """List the topics that an installation needs. Asks no broker."""
    wanted = catalogue(load_settings(partitions=partitions))
    if as_json:
        print_json([_described(w) for w in wanted])
        return
    shown = table("topic", "partitions", "kept", "key", "holds")
    for w in wanted:
        shown.add_row(w.name, str(w.partitions), _kept(w), w.topic.key, w.topic.holds)
    console().print(shown)


async def _apply(settings: Settings, mend: bool) -> Outcome:
    async with connect(settings.broker) as admin:
        return await apply(admin, catalogue(settings), mend=mend)


async def _check(settings: Settings) -> Outcome:
    async with connect(settings.broker) as admin:
        return await check(admin, catalogue(settings))


def _report(settings: Settings, outcome: Outcome, as_json: bool) -> None:
    """Print the outcome; the exit code says whether all topics are as they should be now."""
    if as_json:
        print_json([_as_data(finding) for finding in outcome.findings])
    else:
        _print_findings(outcome.findings)
        counts = ", ".join(f"{n} {state}" for state, n in _counts(outcome.findings))
        note(f"{settings.broker}: {counts}")
    for line in outcome.notes:
        note(f"note: {line}")
    if any(f.state in ("missing", "differs") for f in outcome.findings):
        raise typer.Exit(1)


def _print_findings(findings: Sequence[Finding]) -> None:
    shown = table("topic", "partitions", "kept", "state")
    for finding in findings:
        wanted = finding.wanted
        shown.add_row(wanted.name, str(wanted.partitions), _kept(wanted), finding.state)
    out = console()
    out.print(shown)
    for line in _words(findings):
        note(line)


def _words(findings: Sequence[Finding]) -> Iterator[str]:
    """What is to be said about topics that are not right; the same words only once."""
    by_difference: dict[Difference, list[str]] = {}
    for finding in findings:
        for difference in finding.differences:
            by_difference.setdefault(difference, []).append(finding.wanted.name)
    for d, names in by_difference.items():
        yield f"{', '.join(names)}: {d.what} is {d.actual}, not {d.wanted} — {d.remedy}"
    if any(f.state == "missing" for f in findings):
        yield "missing topics are created by: pegel topics apply"


def _counts(findings: Sequence[Finding]) -> list[tuple[str, int]]:
    states = [f.state for f in findings]
    return [(state, states.count(state)) for state in dict.fromkeys(states)]


def _as_data(finding: Finding) -> dict[str, Any]:
    differences = [d._asdict() for d in finding.differences]
    return _described(finding.wanted) | {"state": finding.state, "differences": differences}


def _described(wanted: Wanted) -> dict[str, Any]:
    return {
        "topic": wanted.name,
        "kind": wanted.topic.kind,
        "key": wanted.topic.key,
        "partitions": wanted.partitions,
        "replication": wanted.replication,
        "config": dict(wanted.config),
    }


def _kept(wanted: Wanted) -> str:
    retention = wanted.topic.retention
    return "compacted" if retention is None else f"{retention // 86_400_000} d"
