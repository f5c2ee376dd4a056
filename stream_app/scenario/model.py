"""A scenario as it was read: what happens when, and what is expected at which instant."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from schemas.events import Event
from stream_app.domain.policy import Policy
from stream_app.policyfile import Place


class Instant(NamedTuple):
    """A point in time with the offset in which it was written, for showing others beside it."""

    ms: int
    offset: int  # seconds east of UTC


@dataclass(frozen=True, slots=True)
class Arrival:
    """An event of the file, and when it reaches the workers (ms)."""

    at: int
    time: int
    event: Event
    place: Place


@dataclass(frozen=True, slots=True)
class Command:
    """What a person does with an alert, and when (ms)."""

    at: int
    action: str
    rule: str
    conversation: str
    actor: str
    until: int
    reason: str
    place: Place


@dataclass(frozen=True, slots=True)
class Expectation:
    """One entry of `expect`: its kind (clock, level, window, alert, no_alert) and its fields.

    It is judged at `at`: the end of `between` where it speaks of an interval.
    """

    kind: str
    at: Instant
    fields: Mapping[str, Any]
    place: Place

    @property
    def subject(self) -> str:
        """What it is about, as it was written."""
        value = self.fields[self.kind]
        return "/".join(value) if isinstance(value, tuple) else str(value)


@dataclass(frozen=True, slots=True)
class Scenario:
    """A whole file. Entries are in order of arrival, expectations in that of the file."""

    file: str
    name: str
    policy: Policy
    start: int
    entries: tuple[Arrival | Command, ...]
    expectations: tuple[Expectation, ...]
