"""`pegel doctor`: what is wrong with this installation, and what to do about it."""

import asyncio
from collections.abc import Sequence
from dataclasses import asdict
from typing import Annotated

import typer
from rich.markup import escape

from stream_app.cli.checks import Check, inspect
from stream_app.cli.options import (
    BrokerOption,
    JsonOption,
    PolicyOption,
    WorkerOption,
    examples,
    load_settings,
)
from stream_app.cli.output import console, print_json
from stream_app.cli.workers import addresses
from stream_app.policyfile import load_policy

app = typer.Typer(rich_markup_mode="rich")

_MARKS = {"ok": "[green]ok  [/green]", "warn": "[yellow]warn[/yellow]", "fail": "[red]fail[/red]"}


@app.command(
    epilog=examples(
        "pegel doctor  # this machine, the broker, the topics, the worker",
        "pegel doctor --broker kafka:9092 --worker http://w1:6066 --worker http://w2:6066",
        "pegel doctor --json  # for programs; exit 1 when a check fails",
    )
)
def doctor(
    broker: BrokerOption = None,
    policy: PolicyOption = None,
    partitions: Annotated[
        int | None, typer.Option("--partitions", help="Partitions that topics should have.")
    ] = None,
    worker: WorkerOption = None,
    as_json: JsonOption = False,
) -> None:
    """Check Python, packages, broker, transactions, topics, policy, workers and clocks.

    Each check is ok, warn or fail and says how to mend what it found. Nothing is written anywhere.
    """
    settings = load_settings(broker=broker, policy=policy, partitions=partitions)
    checks = asyncio.run(inspect(settings, addresses(worker), load_policy))
    if as_json:
        print_json([asdict(check) for check in checks])
    else:
        _print(checks)
    if any(check.status == "fail" for check in checks):
        raise typer.Exit(1)


def _print(checks: Sequence[Check]) -> None:
    out = console()
    for check in checks:
        out.print(f"{_MARKS[check.status]}  {check.name:<12}  {escape(check.detail)}")
        if check.remedy and check.status != "ok":
            out.print(f"{'':20}→ {escape(check.remedy)}")
