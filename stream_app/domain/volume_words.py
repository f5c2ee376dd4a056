"""What is shown of a volume: the `volume` object of a view, in figures and in words.

The band from `low` to `high` holds 19 of 20 usual counts. It is for the eye; a verdict needs far more
than a count outside of it.
"""

from typing import Any, Final, NamedTuple

from schemas.instants import format_ms
from stream_app.domain.tails import Spread
from stream_app.domain.volume import Volumes
from stream_app.domain.volume_channel import LEARNING, ChannelVolume
from stream_app.domain.volume_season import MINUTE, TOTAL
from stream_app.domain.volume_usual import LONGEST
from stream_app.domain.volume_watch import DROP, NORMAL, SPIKE, Sight

UNKNOWN, QUIET = "unknown", "quiet"
VERDICTS: Final = (NORMAL, SPIKE, DROP, LEARNING, QUIET, UNKNOWN)
POINT: Final = 10 * MINUTE
_LOW, _HIGH = 0.025, 0.975
_NOTHING: Final = {"observed": None, "expected": None, "low": None, "high": None}
_NO_BAND: Final = (None, None, None)
_FIGURES: Final = ("expected", "low", "high")
_TITLES: Final = {TOTAL: "all channels"}


Band = tuple[float, int, int]
"""expected, low, high"""


class Reading(NamedTuple):
    """The volume of a channel over 30 minutes, whatever its verdict stands on."""

    verdict: str = UNKNOWN
    observed: int | None = None
    expected: float | None = None
    low: int | None = None
    high: int | None = None


class Screen:
    """The figures of every channel, made anew when something has changed.

    A band of the past is worked out once, as it was when its time was over.
    """

    def __init__(self, volumes: Volumes) -> None:
        self._volumes: Final = volumes
        self._made: dict[str, tuple[int, dict[str, Any]]] = {}
        self._bands: dict[str, dict[int, Band | None]] = {}

    def show(self, name: str) -> dict[str, Any]:
        """The `volume` object of a channel, or of all together (TOTAL)."""
        made = self._made.get(name)
        if made is None or made[0] != self._volumes.revision:
            made = self._made[name] = (self._volumes.revision, self._make(name))
        return made[1]

    def reading(self, name: str) -> Reading:
        """The same in figures alone."""
        shown, channel, at = self.show(name), self._volumes.channels[name], self._volumes.reached
        if at is None or not channel.since:
            return Reading()
        came = channel.count(at - LONGEST, at)
        if shown["expected"] is None or shown["over_seconds"] * 1000 == LONGEST:
            return Reading(shown["verdict"], came, *(shown[name] for name in _FIGURES))
        usual = channel.usual_spread(at - LONGEST, at)
        assert usual is not None  # else there would be no verdict
        return Reading(shown["verdict"], came, *band_of(channel, usual, at - LONGEST, at))

    def _make(self, name: str) -> dict[str, Any]:
        volumes, channel = self._volumes, self._volumes.channels.get(name)
        figures = volume_figures(volumes, name)
        if channel is None or volumes.reached is None or not channel.since:
            return figures
        return {**figures, "history": self._history(name, channel, volumes.reached)}

    def _history(
        self, name: str, channel: ChannelVolume, at: int
    ) -> list[list[float | int | None]]:
        """[epoch seconds, observed, expected, low, high] of the past hours, in ten minutes each."""
        known, bands = self._bands.get(name, {}), {}
        points: list[list[float | int | None]] = []
        for start, end in channel.points(at, POINT):
            band = known[start] if start in known else _past_band(channel, start, end, at)
            bands[start] = band
            points.append([start // 1000, channel.count(start, end), *(band or _NO_BAND)])
        self._bands[name] = bands
        return points


def unknown_volume(why: str) -> dict[str, Any]:
    """There is no saying."""
    return {"verdict": UNKNOWN, **_NOTHING, "explain": why}


def volume_figures(volumes: Volumes, name: str) -> dict[str, Any]:
    """The verdict on a channel and what it stands on; without the history."""
    channel, at = volumes.channels.get(name), volumes.reached
    title = _TITLES.get(name, name)
    if channel is None or at is None or not channel.since:
        return unknown_volume(f"{title}: no messages yet")
    sights = None if channel.is_learning(at) else channel.sights(at)
    if sights is None:
        return _learning(channel, title, at)
    verdict = channel.watch.verdict
    sight = sights[LONGEST]
    if verdict in (SPIKE, DROP):
        sight = min(sights.values(), key=lambda one: _chance(one, verdict))
    elif sight.usual.mean < volumes.setting.rules.limits.min_count:
        verdict = QUIET
    return _judged(channel, title, verdict, sight)


def _past_band(channel: ChannelVolume, start: int, end: int, at: int) -> Band | None:
    usual = None if channel.is_learning(at) else channel.usual_spread(start, end)
    return None if usual is None else band_of(channel, usual, start, end)


def _judged(channel: ChannelVolume, title: str, verdict: str, sight: Sight) -> dict[str, Any]:
    at = channel.judged
    expected, low, high = band_of(channel, sight.usual, at - sight.span, at)
    minutes = sight.span // MINUTE
    day = "day with other hours" if channel.season.is_irregular(at - MINUTE) else ""
    when = day or channel.season.words(at - MINUTE)
    text = (
        f"{title}: {sight.came} messages in {minutes} min, "
        f"{expected:.0f} usual on a {when} ({low}–{high})"
    )
    return {
        "verdict": verdict,
        "observed": sight.came,
        "expected": expected,
        "low": low,
        "high": high,
        "over_seconds": sight.span // 1000,
        "since": format_ms(channel.watch.since) if verdict in (SPIKE, DROP) else None,
        "explain": text + (", too few to tell a drop" if verdict == QUIET else ""),
    }


def _learning(channel: ChannelVolume, title: str, at: int) -> dict[str, Any]:
    observed = channel.count(at - LONGEST, at)
    until = channel.since + channel.rules.learn_for
    rest = f"until {format_ms(until)}" if until > at else "this time of the week"
    text = f"{title}: {observed} messages in 30 min, learning what is usual {rest}"
    return {
        **_NOTHING,
        "verdict": LEARNING,
        "observed": observed,
        "over_seconds": LONGEST // 1000,
        "since": None,
        "explain": text,
    }


def band_of(channel: ChannelVolume, usual: Spread, start: int, end: int) -> Band:
    """(expected, low, high) of a stretch of time."""
    resting = channel.resting_mean(start, end)
    low, high = usual.quantile(_LOW), usual.quantile(_HIGH)
    if resting is not None:  # anything between nothing and a usual day
        return round(min(resting, usual.mean), 1), 0, high
    return round(usual.mean, 1), low, high


def _chance(sight: Sight, verdict: str) -> float:
    usual = sight.usual
    return usual.at_least(sight.came) if verdict == SPIKE else usual.at_most(sight.came)
