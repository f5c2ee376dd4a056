"""Which views a group counts into: the whole tenant, its channel, its team, and combinations of these."""

from typing import Final, NamedTuple


class Group(NamedTuple):
    """What panes and levels are kept for. An absent team or priority is an empty text."""

    channel: str
    team: str
    priority: str


_COMBINATIONS: Final[tuple[tuple[str, ...], ...]] = (
    (),
    ("channel",),
    ("team",),
    ("channel", "team"),
    ("channel", "team", "priority"),
)


class Scope(NamedTuple):
    """One selection of groups: the parts that are fixed, in a fixed order."""

    parts: tuple[tuple[str, str], ...]

    @property
    def text(self) -> str:
        """The scope in a record key: `channel=email,team=billing`; empty for the whole tenant."""
        return ",".join(f"{name}={escape(value)}" for name, value in self.parts)


WHOLE_TENANT: Final = Scope(())


def combinations(group_by: tuple[str, ...]) -> tuple[tuple[str, ...], ...]:
    """The combinations of parts that views exist for, when groups are kept by `group_by`."""
    return tuple(parts for parts in _COMBINATIONS if set(parts) <= set(group_by))


def scopes_of(group: Group, kinds: tuple[tuple[str, ...], ...]) -> tuple[Scope, ...]:
    """The scopes that a group counts into, widest first."""
    named = group._asdict()
    return tuple(Scope(tuple((name, named[name]) for name in kind)) for kind in kinds)


def escape(value: str) -> str:
    """A value as part of a view's key."""
    for char in "%|,=":
        value = value.replace(char, f"%{ord(char):02X}")
    return value
