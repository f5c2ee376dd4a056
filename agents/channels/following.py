"""How the channels agent follows policy activations: by going through a restart without ending.

An activation record on the pane topic names the version that holds from there on. Windows, scopes and
tenants hang on it, so that everything is rebuilt from the rows, just as a new owner would do it. Which
version that is stands in the meta row.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from agents.channels.intake import RefusedError, decode_control
from agents.channels.signals import Line
from schemas.events import POLICY_ACTIVATE
from stream_app.domain.channel_rules import ChannelRule
from stream_app.domain.policy import Policy
from stream_app.domain.tenant import Shape
from stream_app.domain.versions import UnknownVersionError, Versions
from stream_app.domain.volume import VolumeSetting


@dataclass(frozen=True, slots=True)
class Setting:
    """What the job of a partition is made of: its tenants, those of the policy, the topics."""

    tenants: Mapping[str, VolumeSetting]
    known: frozenset[str]
    shape: Shape
    pane_topic: str
    view_topic: str
    line: Line
    rules: tuple[ChannelRule, ...] = ()


@dataclass(slots=True)
class Follow:
    """Which version holds, and what a job is made of under it."""

    versions: Versions
    setting_of: Callable[[Policy], Setting]
    version: str = ""  # the one that holds; "": what holds before any activation
    retired: set[str] = field(default_factory=set)  # tenants of former versions: not told of again

    def __post_init__(self) -> None:
        self.version = self.version or self.versions.initial.hash

    def restore(self, version: str, retired: list[str]) -> Setting | None:
        """What holds according to the meta row; None when that changes nothing."""
        self.retired = set(retired)
        if version == self.version or version not in self.versions:
            return None
        self.version = version
        return self.setting_of(self.versions[version].policy)

    def activated(self, value: bytes | None) -> Setting | None:
        """What a control record changes, if anything. Raises RefusedError and NotYetKnownError."""
        event = decode_control(value)
        wanted = event.data.hash or ""
        if event.type != POLICY_ACTIVATE or wanted == self.version:
            return None
        try:
            policy = self.versions.ask(wanted).policy
        except UnknownVersionError as unknown:
            raise RefusedError("unknown_policy", "data.hash", str(unknown)) from unknown
        former = self.versions[self.version].policy
        self.retired = (self.retired | former.tenants.keys()) - policy.tenants.keys()
        self.version = wanted
        return self.setting_of(policy)
