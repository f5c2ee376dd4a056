"""Asking running workers over HTTP: the same addresses that probes and Prometheus use."""

import asyncio
from collections.abc import Sequence
from typing import Any, NamedTuple

import aiohttp

from stream_app.errors import UserError

DEFAULT = "http://127.0.0.1:6066"
_TIMEOUT = aiohttp.ClientTimeout(total=5)


class Answer(NamedTuple):
    """What one worker answered; `status` 0 when nobody answered at all."""

    worker: str
    status: int
    body: Any
    date: str = ""


async def ask(
    workers: Sequence[str], path: str, *, method: str = "GET", token: str | None = None
) -> list[Answer]:
    """Ask every worker the same, at once."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    async with aiohttp.ClientSession(timeout=_TIMEOUT, headers=headers) as session:
        asked = [_ask_one(session, method, worker, path) for worker in workers]
        return list(await asyncio.gather(*asked))


async def _ask_one(session: aiohttp.ClientSession, method: str, worker: str, path: str) -> Answer:
    try:
        async with session.request(method, worker.rstrip("/") + path) as response:
            kind = response.content_type
            body = await response.json() if kind == "application/json" else await response.text()
            return Answer(worker, response.status, body, response.headers.get("Date", ""))
    except (aiohttp.ClientError, TimeoutError) as error:
        return Answer(worker, 0, str(error) or type(error).__name__)
    except ValueError as error:
        raise UserError(f"{worker} is no address of a worker", "e.g. http://host:6066") from error


def addresses(given: Sequence[str] | None) -> list[str]:
    """The workers to ask; `host:port` is taken for http."""
    return [w if "://" in w else f"http://{w}" for w in given or [DEFAULT]]


def answered(answers: Sequence[Answer]) -> list[Answer]:
    """Those that answered. Raises UserError when no worker did."""
    there = [answer for answer in answers if answer.status]
    if there:
        return there
    listed = ", ".join(answer.worker for answer in answers)
    raise UserError(
        f"no worker answers at {listed}",
        "start one with `pegel worker`, or name it with --worker URL",
    )
