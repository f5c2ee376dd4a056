"""What has been said of rules on figures: signals are levels, told when they change and now and then.

Rules:
1. What holds is told when it begins, with the instant since when, and every minute anew with its value.
2. What ends is told once. What never held is not told at all.
3. Unknown changes nothing, but for a condition that has yet to hold for some time: that it has held all
   the while cannot be said any more, so it begins anew once it is known again.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from schemas.panerows import HeldRow
from stream_app.domain.channel_rules import Verdict

AGAIN_MS: Final = 60_000


class Place(NamedTuple):
    """A rule, a tenant, and what of the tenant it is judged for."""

    rule: str
    tenant: str
    about: str


class Said(NamedTuple):
    """Something to tell."""

    place: Place
    active: bool
    since: int
    verdict: Verdict


@dataclass(slots=True)
class Signalling:
    """All that holds, and which of it is not durable yet."""

    held: dict[Place, HeldRow] = field(default_factory=dict)
    changed: dict[Place, HeldRow | None] = field(default_factory=dict)

    def decide(self, place: Place, verdict: Verdict, at: int, hold: int = 0) -> Said | None:
        """Take in a verdict as of `at`; `hold` is how long the condition must hold before it counts."""
        held = self.held.get(place)
        if verdict.holds is None:
            pending = held is not None and at < held.since + hold
            ended = Verdict(False, explain={"reason": "unknown"})
            return self._end(place, at, ended) if pending else None
        if not verdict.holds:
            return None if held is None else self._end(place, at, verdict)
        if held is None:
            return self._hold(place, verdict.since or at, at, verdict)
        if at - held.told >= AGAIN_MS or verdict.since not in (0, held.since):
            return self._hold(place, verdict.since or held.since, at, verdict)
        return None

    def places(self, rule: str, tenant: str) -> Iterator[str]:
        """What a rule holds for now."""
        return (place.about for place in list(self.held) if place[:2] == (rule, tenant))

    def load(self, place: Place, held: HeldRow) -> None:
        """Go on from what a former owner had said."""
        self.held[place] = held

    def keep(self, rules: Iterable[str]) -> None:
        """Forget rules that the policy no longer has."""
        known = set(rules)
        for place in [place for place in self.held if place.rule not in known]:
            del self.held[place]
            self.changed[place] = None

    def _hold(self, place: Place, since: int, at: int, verdict: Verdict) -> Said:
        self.held[place] = self.changed[place] = HeldRow(since, at)
        return Said(place, True, since, verdict)

    def _end(self, place: Place, at: int, verdict: Verdict) -> Said:
        del self.held[place]
        self.changed[place] = None
        return Said(place, False, at, verdict)


def explained(said: Said, rule: Mapping[str, Any]) -> dict[str, Any]:
    """Everything a person needs to check a signal by hand, without what is empty."""
    found = {**rule, **said.verdict.explain}
    found |= {"value": said.verdict.value, "threshold": said.verdict.threshold}
    return {name: value for name, value in found.items() if value is not None}
