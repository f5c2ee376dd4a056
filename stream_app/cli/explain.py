"""`pegel explain`: the clock timeline of one conversation, asked of the workers that run."""

import asyncio
from collections.abc import Sequence
from typing import Annotated, Any
from urllib.parse import quote, urlencode

import typer

from stream_app.cli.options import JsonOption, WorkerOption, examples
from stream_app.cli.output import console, print_json
from stream_app.cli.timeline import show
from stream_app.cli.workers import Answer, addresses, answered, ask
from stream_app.errors import UserError

app = typer.Typer(rich_markup_mode="rich")


@app.command(
    epilog=examples(
        "pegel explain 4711",
        "pegel explain 4711 --source zendesk/acme --tenant acme",
        "pegel explain 4711 --worker http://w1:6066 --worker http://w2:6066",
        "pegel explain 4711 --json",
    )
)
def explain(
    conversation: Annotated[str, typer.Argument(help="Native id of the conversation or ticket.")],
    source: Annotated[
        str | None,
        typer.Option(
            "--source", metavar="VENDOR/ACCOUNT", help="Needed when the id is not unique."
        ),
    ] = None,
    tenant: Annotated[
        str | None, typer.Option("--tenant", help="Needed when several tenants have the id.")
    ] = None,
    worker: WorkerOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show what started, paused and ended each clock of a conversation, and why it is due when.

    Asks all the workers that are named; the one that owns the conversation answers. Times are UTC.
    """
    workers = addresses(worker)
    found = asyncio.run(_find(workers, conversation, source, tenant))
    if as_json:
        print_json(found)
    else:
        show(found, console())


async def _find(
    workers: Sequence[str], conversation: str, source: str | None, tenant: str | None
) -> dict[str, Any]:
    """The timeline of the one conversation that is meant."""
    if source is None:
        source, tenant = await _identify(workers, conversation, tenant)
    path = f"/api/v1/conversations/{quote(source, safe='')}/{quote(conversation, safe='')}"
    answers = answered(await ask(workers, path + _query(tenant=tenant)))
    for answer in answers:
        if answer.status == 200:
            body: dict[str, Any] = answer.body
            return body
    raise _unknown(conversation, source, answers)


async def _identify(
    workers: Sequence[str], conversation: str, tenant: str | None
) -> tuple[str, str]:
    """Source and tenant of an id that only one conversation has."""
    path = "/api/v1/conversations" + _query(id=conversation, tenant=tenant)
    answers = answered(await ask(workers, path))
    matches = {
        (match["source"], match["tenant"])
        for answer in answers
        if answer.status == 200
        for match in answer.body["matches"]
    }
    if not matches:
        raise _unknown(conversation, None, answers)
    if len(matches) > 1:
        listed = "; ".join(f"--source {s} --tenant {t}" for s, t in sorted(matches))
        raise UserError(f"{len(matches)} conversations have the id {conversation}", listed)
    return matches.pop()


def _query(**given: str | None) -> str:
    there = {name: value for name, value in given.items() if value is not None}
    return "?" + urlencode(there) if there else ""


def _unknown(conversation: str, source: str | None, answers: Sequence[Answer]) -> UserError:
    asked = ", ".join(answer.worker for answer in answers)
    hints = [a.body.get("hint", "") for a in answers if isinstance(a.body, dict)]
    of = f" of {source}" if source else ""
    remedy = next(filter(None, hints), "name all workers with --worker URL, and check the id")
    return UserError(f"no conversation {conversation}{of} at {asked}", remedy)
