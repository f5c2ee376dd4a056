"""Keeps history out of tenants that run on live time.

There it would count as late: it would change no window, its alerts would fire now for what happened
then, and the figures of today would be wrong.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from stream_app.domain.policy import Policy
from stream_app.errors import UserError

DEFAULT_LATENESS: Final = 600_000  # ms, as in a policy that says nothing


@dataclass(frozen=True, slots=True)
class HistoryGuard:
    """Which tenants there are, which of them run on live time, and what counts as history."""

    oldest: int  # ms: an event before this instant is history
    clocks: Mapping[str, str] | None = None  # tenant -> live | event; None: no policy is known
    into_live: bool = False

    @classmethod
    def of(cls, policy: Policy | None, now: int, *, into_live: bool) -> "HistoryGuard":
        """A guard by a policy, or by the defaults when none is given. `now` is in ms."""
        if policy is None:
            return cls(now - DEFAULT_LATENESS, None, into_live)
        return cls(now - policy.allowed_lateness, policy.tenants, into_live)

    def on_event_time(self, tenant: str) -> bool:
        """Whether the tenant has to be told how far time has come."""
        return self.clocks is None or self.clocks.get(tenant) == "event"

    def check(self, tenant: str, time: int) -> None:
        """Raise UserError when an event of this time must not go to this tenant."""
        if self.clocks is not None and tenant not in self.clocks:
            names = ", ".join(self.clocks)
            raise UserError(f"the policy has no tenant {tenant!r}", f"give --tenant: {names}")
        if time >= self.oldest or self.into_live:
            return
        if self.clocks is None:
            raise UserError(
                f"without a policy tenant {tenant!r} counts as live, and these events are history",
                "give --policy FILE with its clock on event, or insist with --into-live",
            )
        if self.clocks[tenant] != "event":
            raise UserError(
                f"tenant {tenant!r} runs on live time, and these events are history",
                f"use a tenant of its own, tenants: {{{tenant}: {{clock: event}}}}, or --into-live",
            )
