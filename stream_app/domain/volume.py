"""The volumes of one tenant: every channel, and all of them together.

Counts incoming messages in steps of ten seconds, moves every channel on step by step, and remembers whose row
has changed. A channel has the same verdicts whether time moves by seconds or by weeks at once.
"""

from array import array
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from schemas.volumerows import VolumeRow
from stream_app.domain.policy import Policy
from stream_app.domain.volume_channel import KEPT, ChannelVolume, Rules
from stream_app.domain.volume_noise import Noise
from stream_app.domain.volume_season import MINUTE, STEP, TOTAL, Season, seasons_of
from stream_app.domain.volume_usual import LONGEST, Usual
from stream_app.domain.volume_watch import Limits, Watch


class Messages(NamedTuple):
    """Messages that came in one channel within a pane that starts at `start`."""

    start: int
    channel: str
    came: int


@dataclass(frozen=True, slots=True)
class VolumeSetting:
    """What the policy says of a tenant's volumes."""

    rules: Rules
    seasons: Mapping[str, Season]


def volume_setting(policy: Policy, tenant: str) -> VolumeSetting:
    """The rules and seasons of the channels that the policy names, of `other` and of all together."""
    volume = policy.volume
    limits = Limits(volume.min_count, volume.sensitivity)
    rules = Rules(volume.learn_for, limits, -(-policy.allowed_lateness // MINUTE) * MINUTE)
    return VolumeSetting(rules, seasons_of(policy, tenant, {*policy.channels, "other"}))


@dataclass(slots=True)
class Volumes:
    """State of one tenant. `reached` is the whole step up to which everything is counted."""

    setting: VolumeSetting
    channels: dict[str, ChannelVolume] = field(default_factory=dict)
    changed: set[str] = field(default_factory=set)  # channels with a new row
    reached: int | None = None
    revision: int = 0  # grows with every change of a count or a verdict

    @property
    def keep_from(self) -> int:
        """From when on counts are needed after a restart."""
        rules = self.setting.rules
        slot = max(season.slot for season in self.setting.seasons.values())
        return (self.reached or 0) - KEPT - rules.lateness - max(slot, LONGEST)

    def correct(self, messages: Messages) -> None:
        """A count of a step that is over has changed by so much."""
        if self.reached is not None and messages.start < self.reached:
            self._add(messages)

    def advance(self, found: Iterable[Messages], to: int, *, complete: bool) -> None:
        """Count what was found from `reached` on, and judge every step up to `to`.

        Without `complete` something may be missing: steps pass without a verdict.
        """
        by_step: dict[int, list[Messages]] = {}
        for messages in found:
            by_step.setdefault(messages.start // STEP, []).append(messages)
        at = self.reached
        if at is None:
            at = min(by_step, default=to // STEP) * STEP
        while at < to:
            whole = at % MINUTE == 0 and at + MINUTE <= to
            end = at + (MINUTE if whole else STEP) if complete else to
            for step in range(at // STEP, end // STEP):
                for messages in by_step.get(step, ()):
                    self._add(messages)
            for name, channel in self.channels.items():
                if channel.go_on(at, end, complete=complete):
                    self.changed.add(name)
            at = end
        self.reached = to
        self.revision += 1

    def resume(self, found: Iterable[Messages], reached: int) -> None:
        """Go on from where a former owner was; `found` is what came before, from `keep_from` on."""
        self.reached = reached
        for messages in found:
            self._add(messages)
        for channel in self.channels.values():
            channel.judged = reached
        self.changed.clear()

    def row(self, name: str) -> VolumeRow:
        """What of a channel is kept across restarts."""
        channel = self.channels[name]
        usual, watch = channel.usual, channel.watch
        return VolumeRow(
            channel.season.slot,
            channel.season.weekly,
            channel.since,
            usual.means.tobytes(),
            usual.variances.tobytes(),
            usual.seen.tobytes(),
            {span: noise.sums() for span, noise in usual.noises.items()},
            (usual.came, usual.due),
            watch.verdict,
            watch.since,
            watch.calm,
            watch.fresh_from,
            watch.episodes,
        )

    def load(self, name: str, row: VolumeRow) -> bool:
        """Take a row over; False when the policy has other slots now, so that it says nothing."""
        season = self.setting.seasons.get(name)
        if season is None or (season.slot, season.weekly) != (row.slot, row.weekly):
            return False
        usual = Usual(
            season, array("f", row.means), array("f", row.variances), array("B", row.seen)
        )
        for span, sums in row.noises.items():
            if span in usual.noises:
                usual.noises[span] = Noise(*sums)
        usual.came, usual.due = row.level
        watch = Watch(row.verdict, row.verdict_since, row.calm, row.fresh_from, row.episodes)
        self.channels[name] = ChannelVolume(season, self.setting.rules, usual, watch, row.since)
        return True

    def _add(self, messages: Messages) -> None:
        for name in (messages.channel, TOTAL):
            channel = self.channels.get(name) or self._meet(name)
            if channel is not None:
                fresh = not channel.since
                channel.add(messages.start, messages.came)
                if fresh and channel.since:
                    self.changed.add(name)
        self.revision += 1

    def _meet(self, name: str) -> ChannelVolume | None:
        season = self.setting.seasons.get(name)
        if season is None:  # a channel that the policy does not know has no volume of its own
            return None
        channel = self.channels[name] = ChannelVolume(season, self.setting.rules, Usual(season))
        channel.judged = self.reached or 0
        return channel
