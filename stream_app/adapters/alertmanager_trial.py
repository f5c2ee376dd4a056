"""A test alert to every Alertmanager: one that is marked as a test and ends by itself in a minute."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import aiohttp

from stream_app.adapters.alertmanager import endpoint
from stream_app.adapters.alertmanager_payload import push_of
from stream_app.adapters.notify.patience import Outcome
from stream_app.adapters.notify.trial import FIRING, made_up

LASTS_MS: Final = 60_000
_SECONDS: Final = 5.0


async def try_out_alertmanagers(urls: Sequence[str], now: int) -> list[tuple[str, Outcome]]:
    """Tell each of them; what became of it, by address without credentials."""
    push = push_of(made_up(FIRING, now))
    push = replace(push, annotations={"summary": "[TEST] This is a test message."})
    timeout = aiohttp.ClientTimeout(total=_SECONDS)
    found = []
    async with aiohttp.ClientSession(timeout=timeout) as session:
        for text in urls:
            url = endpoint(text)
            shown = str(url.with_user(None).with_password(None))
            try:
                async with session.post(
                    url, json=[push.body(now + LASTS_MS)], allow_redirects=False
                ) as answer:
                    ok = answer.status // 100 == 2
                    found.append((shown, Outcome(ok, "" if ok else f"HTTP {answer.status}")))
            except (aiohttp.ClientError, TimeoutError, OSError) as error:
                found.append((shown, Outcome(False, type(error).__name__)))
    return found
