"""Draws a week of one channel as SVG: what came, what was usual, and the verdicts."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from stream_app.domain.volume_channel import ChannelVolume, Rules
from stream_app.domain.volume_season import Season
from stream_app.domain.volume_usual import Usual
from stream_app.domain.volume_watch import DROP, Limits
from stream_app.domain.volume_words import band_of
from tests.support.volume_judging import LEARN, Episode, episodes_of
from tests.support.volume_traffic import DAY, MINUTE, STEP, WEEK, ZONE, Traffic

SLOT: Final = 30 * MINUTE
_WIDTH, _HEIGHT, _LEFT, _TOP, _BOTTOM = 1120, 374, 50, 60, 36
_COLOURS: Final = {"band": "#c9d8ea", "usual": "#5b7fa8", "came": "#1b2733", "grid": "#d8dde3"}
_MARKS: Final = {"spike": "#d55e00", "drop": "#7b3294"}


class Point(NamedTuple):
    """Half an hour: what came and the band of what is usual."""

    start: int
    came: int
    expected: float
    low: int
    high: int


def week_of(traffic: Traffic, number: int) -> tuple[list[Point], list[Episode]]:
    """The half-hours and the alarms of a week of this traffic, counted from 0."""
    season = Season(calendar=traffic.calendar, zone=ZONE)
    rules = Rules(LEARN, Limits(10, 0.001), 10 * MINUTE)
    channel = ChannelVolume(season, rules, Usual(season))
    begin, points, changes = traffic.start + number * WEEK, [], []
    for step, count in enumerate(traffic.steps, 1):
        at = traffic.start + step * STEP
        channel.add(at - STEP, count)
        _, change = channel.step(at)
        if change is not None:
            changes.append((change.at, change.verdict))
        usual = channel.usual_spread(at - SLOT, at) if at % SLOT == 0 else None
        if usual is not None and begin < at <= begin + WEEK:
            came = channel.count(at - SLOT, at)
            points.append(Point(at - SLOT, came, *band_of(channel, usual, at - SLOT, at)))
    return points, [e for e in episodes_of(changes, traffic.end) if begin <= e.start < begin + WEEK]


def draw(points: Sequence[Point], episodes: Sequence[Episode], title: str) -> str:
    """The picture."""
    first, most = points[0].start, max(max(p.came, p.high) for p in points)

    def across(at: int) -> float:
        return round(_LEFT + (at - first) / WEEK * (_WIDTH - _LEFT - 10), 1)

    def up(count: float) -> float:
        return round(_HEIGHT - _BOTTOM - count / most * (_HEIGHT - _TOP - _BOTTOM), 1)

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" '
        f'font-family="sans-serif" font-size="12"><title>{title}</title>',
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="#ffffff"/>',
        f'<text x="{_LEFT}" y="18" font-size="14" fill="#1b2733">{title}</text>',
        *_grid(points, across, up, most),
        *(_mark(episode, across, 6 + n % 2 * 13) for n, episode in enumerate(episodes)),
        _band(points, across, up),
        _line([(p.start, p.expected) for p in points], across, up, "usual"),
        _line([(p.start, p.came) for p in points], across, up, "came"),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


_Across = Callable[[int], float]
_Up = Callable[[float], float]


def _grid(points: Sequence[Point], across: _Across, up: _Up, most: float) -> list[str]:
    parts = []
    for count in range(0, int(most) + 1, max(10, int(most / 5) // 10 * 10)):
        y = up(count)
        parts.append(f'<path d="M{_LEFT} {y}H{_WIDTH - 10}" stroke="{_COLOURS["grid"]}"/>')
        parts.append(f'<text x="{_LEFT - 6}" y="{y + 4}" text-anchor="end">{count}</text>')
    for day in range(points[0].start, points[-1].start, DAY):
        text = (
            datetime.fromtimestamp(day / 1000, UTC).astimezone(ZoneInfo(ZONE)).strftime("%a %d %b")
        )
        x = across(day)
        parts.append(f'<path d="M{x} {_TOP}V{_HEIGHT - _BOTTOM}" stroke="{_COLOURS["grid"]}"/>')
        parts.append(f'<text x="{x + 4}" y="{_HEIGHT - 14}">{text}</text>')
    return parts


def _mark(episode: Episode, across: _Across, raised: int) -> str:
    left, right = across(episode.start), across(episode.end)
    colour, sign = _MARKS[episode.what], "▼" if episode.what == DROP else "▲"
    height = _HEIGHT - _TOP - _BOTTOM
    return (
        f'<rect x="{left}" y="{_TOP}" width="{max(2.0, right - left):.1f}" height="{height}" '
        f'fill="{colour}" fill-opacity="0.35"/>'
        f'<text x="{left}" y="{_TOP - raised}" fill="{colour}">{sign} {episode.what}</text>'
    )


def _band(points: Sequence[Point], across: _Across, up: _Up) -> str:
    there = [f"{across(p.start)},{up(p.high)}" for p in points]
    back = [f"{across(p.start)},{up(p.low)}" for p in reversed(points)]
    return (
        f'<polygon points="{" ".join(there + back)}" fill="{_COLOURS["band"]}" fill-opacity="0.8"/>'
    )


def _line(points: Sequence[tuple[int, float]], across: _Across, up: _Up, what: str) -> str:
    path = " ".join(f"{across(at)},{up(count)}" for at, count in points)
    dash = ' stroke-dasharray="4 3"' if what == "usual" else ""
    return f'<polyline points="{path}" fill="none" stroke="{_COLOURS[what]}" stroke-width="1.4"{dash}/>'
