"""`pegel partition`: what the partitions of running workers do, and the switch that lifts a fuse."""

import asyncio
from collections.abc import Sequence
from typing import Annotated, Any
from urllib.parse import quote

import typer

from stream_app.adapters.clock import now_ms
from stream_app.cli.options import JsonOption, WorkerOption, examples
from stream_app.cli.output import console, note, print_json, table
from stream_app.cli.workers import Answer, addresses, answered, ask
from stream_app.errors import UserError
from stream_app.web.token import admin_token

app = typer.Typer(
    rich_markup_mode="rich",
    no_args_is_help=True,
    help="List the partitions of running workers, look at one, and resume one that has stopped.\n\n"
    "A partition stops by itself (its fuse trips) when it would send every record to the "
    "dead-letter topic: then rather the records than the program is to be looked at. The other "
    "partitions go on. Once the cause is mended, [bold]resume[/bold] lets it read again.",
    epilog=examples(
        "pegel partition list",
        "pegel partition list --worker http://w1:6066 --worker http://w2:6066",
        "pegel partition show conversations 3",
        "pegel partition resume conversations 3  # wherever it is owned",
    ),
)

AgentArgument = Annotated[str, typer.Argument(help="conversations, channels or alerts")]
NumberArgument = Annotated[int, typer.Argument(min=0, help="Number of the partition")]


@app.command(name="list")
def list_command(worker: WorkerOption = None, as_json: JsonOption = False) -> None:
    """List the partitions of each worker: state, lag, rows, dead letters."""
    held = _held(worker)
    if as_json:
        print_json(held)
        return
    shown = table("worker", "agent", "partition", "state", "lag", "last progress", "dead letters")
    now = now_ms()
    for one in held:
        dead = ", ".join(f"{code} {n}" for code, n in one["dead_letters"].items() if n)
        shown.add_row(
            one["worker"],
            one["agent"],
            str(one["partition"]),
            _state(one),
            str(one["lag"]),
            _ago(one["last_progress_ms"], now),
            dead or "-",
        )
    console().print(shown)
    for one in held:
        if one["fused"]:
            line = f"pegel partition resume {one['agent']} {one['partition']}"
            note(f"{one['agent']} {one['partition']} has stopped: {one['fused']} — {line}")


@app.command(name="show")
def show_command(
    agent: AgentArgument,
    partition: NumberArgument,
    worker: WorkerOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show all that its owner knows of one partition."""
    found = [h for h in _held(worker) if (h["agent"], h["partition"]) == (agent, partition)]
    if not found:
        raise _nobody(agent, partition)
    if as_json:
        print_json(found[0])
        return
    shown = table("what", "value")
    for name, value in found[0].items():
        shown.add_row(name, _text(value))
    console().print(shown)


@app.command(name="resume")
def resume_command(
    agent: AgentArgument,
    partition: NumberArgument,
    worker: WorkerOption = None,
    as_json: JsonOption = False,
) -> None:
    """Let a partition read again whose fuse has tripped."""
    path = f"/partitions/{quote(agent, safe='')}/{partition}/resume"
    asked = ask(addresses(worker), path, method="POST", token=admin_token())
    done = _resumed(answered(asyncio.run(asked)), agent, partition)
    if as_json:
        print_json(done)
    elif done["was_fused"]:
        note(f"{agent} {partition} reads again on {done['worker']}; it had stopped: "
             f"{done['was_fused']}")  # fmt: skip
    else:
        note(f"{agent} {partition} on {done['worker']} had not stopped: nothing to do")


def _resumed(answers: Sequence[Answer], agent: str, partition: int) -> dict[str, Any]:
    for answer in answers:
        if answer.status == 200:
            return {"worker": answer.worker, **answer.body}
    refused = [a for a in answers if a.status in (401, 403)]
    if refused:
        remedy = "set PEGEL_ADMIN_TOKEN to the worker's token"
        raise UserError(f"{refused[0].worker} refuses: {refused[0].body['error']}", remedy)
    raise _nobody(agent, partition)


def _nobody(agent: str, partition: int) -> UserError:
    return UserError(
        f"none of these workers owns {agent} {partition}",
        "name the others with --worker URL; `pegel partition list` shows what is owned",
    )


def _held(worker: Sequence[str] | None) -> list[dict[str, Any]]:
    answers = answered(asyncio.run(ask(addresses(worker), "/partitions")))
    held = [
        {"worker": answer.worker, **one}
        for answer in answers
        if answer.status == 200
        for one in answer.body["partitions"]
    ]
    return sorted(held, key=lambda one: (one["agent"], one["partition"]))


def _state(one: dict[str, Any]) -> str:
    colour = {"running": "green", "fused": "red"}.get(one["state"], "yellow")
    return f"[{colour}]{one['state']}[/{colour}]"


def _ago(moment_ms: int, now: int) -> str:
    return f"{max(0, now - moment_ms) / 1000:.1f} s ago" if moment_ms else "never"


def _text(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {_text(inner)}" for name, inner in value.items()) or "-"
    if isinstance(value, list):
        return "\n".join(_text(inner) for inner in value) or "-"
    return "-" if value is None else str(value)
