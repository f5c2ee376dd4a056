"""Tries out one receiver of the policy: `pegel alerts test`."""

from collections.abc import Mapping
from difflib import get_close_matches
from typing import NamedTuple

from stream_app.adapters.alertmanager_trial import try_out_alertmanagers
from stream_app.adapters.clock import now_ms
from stream_app.adapters.notify.trial import try_out
from stream_app.domain.policy import Receiver
from stream_app.errors import UserError
from stream_app.settings import Settings
from stream_app.wiring import make_deal, policy_of


class Sent(NamedTuple):
    """What became of one message."""

    what: str
    ok: bool
    problem: str


async def try_out_receiver(settings: Settings, name: str) -> list[Sent]:
    """Send what a test is to this receiver. Raises UserError when it is not known or not set up."""
    receiver = _named(policy_of(settings).receivers, name)
    if receiver.kind == "alertmanager":
        if not settings.alertmanager_urls:
            raise UserError(f"{name}: there is no Alertmanager", "set PEGEL_ALERTMANAGER_URLS")
        found = await try_out_alertmanagers(settings.alertmanager_urls, now_ms())
    else:
        found = await try_out(make_deal(settings, receiver), now_ms())
    return [Sent(what, outcome.ok, outcome.problem) for what, outcome in found]


def _named(receivers: Mapping[str, Receiver], name: str) -> Receiver:
    if name in receivers:
        return receivers[name]
    if not receivers:
        raise UserError(
            f"no receiver {name}: the policy names none", "name the file with --policy FILE"
        )
    near = get_close_matches(name, receivers, n=1)
    guess = f"did you mean {near[0]}? " if near else ""
    raise UserError(f"no receiver {name}", f"{guess}there are: {', '.join(sorted(receivers))}")
