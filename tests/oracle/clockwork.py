"""Words that the naive program shares with nobody: promises, clocks, and what an event is to them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

Fields = Mapping[str, Any]
PREFIX = "support."
_ORDER = {"ticket.created": 0, "ticket.assigned": 2, "ticket.priority_changed": 3}
_ORDER |= {"ticket.channel_changed": 4, "ticket.tagged": 5}


@dataclass(frozen=True)
class Promise:
    """Targets for some channels (none named: all): clock -> time; and when full resolution waits."""

    targets: Mapping[str, timedelta]
    channels: tuple[str, ...] = ()
    priorities: tuple[str, ...] = ()
    pauses: tuple[str, ...] = ()

    def holds_for(self, channel: str, priority: str) -> bool:
        """Whether it is meant for a conversation."""
        return (not self.channels or channel in self.channels) and (
            not self.priorities or priority in self.priorities
        )


@dataclass
class Clock:
    """One clock; `since` is set while it counts, `running` while it has begun and not ended."""

    name: str
    instance: int = 0
    running: bool = False
    ended_once: bool = False
    late: bool = False
    judged: bool = False
    since: datetime | None = None
    may_break_from: datetime | None = None
    counted: timedelta = timedelta()
    ended_at: datetime | None = None

    def so_far(self, at: datetime) -> timedelta:
        """What it has counted by now."""
        return self.counted + (at - self.since if self.since else timedelta())

    def breaks_at(self, target: timedelta | None) -> datetime | None:
        """When it will be late if nothing happens."""
        if target is None or self.since is None or self.late or self.may_break_from is None:
            return None
        return max(self.since + (target - self.counted), self.may_break_from)


def what(data: Fields) -> str:
    """What a message is to the clocks."""
    if data.get("visibility") == "private" or data.get("kind") in ("note", "reaction", "survey"):
        return "nothing"
    if data["direction"] == "in":
        return "question" if data["author"] == "customer" else "volume"
    return "reply" if data["author"] == "agent" and not data.get("campaign") else "volume"


def rank(event: Fields) -> int:
    """Its place among the events of its instant."""
    kind = event["type"][len(PREFIX) : -len(".v1")]
    return _ORDER.get(kind, 6 if kind.startswith("message.") else 7)


def instant(written: str) -> datetime:
    """The instant that an event names."""
    return datetime.fromisoformat(written)


def text(moment: datetime) -> str:
    """An instant in UTC as it stands in events: milliseconds only where there are any."""
    timespec = "milliseconds" if moment.microsecond else "seconds"
    return moment.astimezone(UTC).isoformat(timespec=timespec).replace("+00:00", "Z")
