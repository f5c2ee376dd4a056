"""Spikes and drops of one channel and of a tenant: when they begin, when they end, what is learnt."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from functools import cache
from random import Random
from zoneinfo import ZoneInfo

import msgspec

from schemas.volumerows import pack_volume, unpack_volume
from stream_app.domain.calendar import OfficeCalendar
from stream_app.domain.volume import Messages, Volumes, VolumeSetting
from stream_app.domain.volume_channel import Rules
from stream_app.domain.volume_season import MINUTE, STEP, TOTAL, Season
from stream_app.domain.volume_watch import Limits
from stream_app.domain.volume_words import Screen, volume_figures
from tests.support.volume_traffic import poisson

DAY = 86_400_000
HOUR = 3_600_000
START = int(datetime(2026, 1, 12, tzinfo=ZoneInfo("Europe/Berlin")).timestamp() * 1000)  # a Monday
OPEN = OfficeCalendar(
    "open", "Europe/Berlin", (((480, 1200),),) * 7, holidays=frozenset({date(2026, 1, 17)})
)
DAILY = Season(weekly=False, calendar=OPEN, zone="Europe/Berlin")
RULES = Rules(3 * DAY, Limits(10, 0.001), 10 * MINUTE)
SETTING = VolumeSetting(RULES, {"whatsapp": DAILY, TOTAL: DAILY})
LEARNT = START + 4 * DAY  # a Friday, 00:00; the day after it is a holiday
Rate = Callable[[int], float]


def steady(_at: int) -> float:
    return 4.0


def messages(start: int, end: int, rate: Rate = steady, seed: int = 1) -> Iterator[Messages]:
    random = Random(f"{seed}/{start}")
    for at in range(start, end, MINUTE):
        yield Messages(at, "whatsapp", poisson(rate(at), random))


def run(volumes: Volumes, until: int, rate: Rate = steady) -> Volumes:
    start = START if volumes.reached is None else volumes.reached
    volumes.advance(messages(start, until, rate), until, complete=True)
    return volumes


@cache
def lesson() -> tuple[Mapping[str, bytes], Sequence[Messages]]:
    """Four days of a steady channel: the rows that are kept of it, and the last minutes."""
    volumes = run(Volumes(SETTING), LEARNT)
    rows = {name: pack_volume(volumes.row(name)) for name in volumes.channels}
    return rows, [one for one in messages(START, LEARNT) if one.start >= volumes.keep_from]


def learnt() -> Volumes:
    rows, past = lesson()
    volumes = Volumes(SETTING, reached=LEARNT)
    assert all(volumes.load(name, unpack_volume(row)) for name, row in rows.items())
    volumes.resume(past, LEARNT)
    return volumes


def verdict(volumes: Volumes, channel: str = "whatsapp") -> str:
    return str(volume_figures(volumes, channel)["verdict"])


def minutes_until(volumes: Volumes, wanted: str, rate: Rate, at_most: int) -> int:
    """How many minutes of this rate it takes to come to a verdict."""
    assert volumes.reached is not None
    for minute in range(1, at_most + 1):
        run(volumes, volumes.reached + MINUTE, rate)
        if verdict(volumes) == wanted:
            return minute
    raise AssertionError(
        f"not {wanted} within {at_most} min: {volume_figures(volumes, 'whatsapp')}"
    )


def test_nothing_is_said_before_it_has_been_learnt() -> None:
    volumes = run(Volumes(SETTING), START + 3 * DAY - HOUR)
    assert verdict(volumes) == "learning"
    run(volumes, START + 3 * DAY - 1, lambda _at: 40.0)
    assert verdict(volumes) == "learning"
    assert (
        "learning what is usual until 2026-01-14T23:00:00Z"
        in volume_figures(volumes, "whatsapp")["explain"]
    )


def test_a_channel_without_messages_is_unknown_and_does_not_begin_to_learn() -> None:
    volumes = Volumes(SETTING)
    volumes.advance((), START + DAY, complete=True)
    shown = volume_figures(volumes, "whatsapp")
    assert (shown["verdict"], shown["explain"]) == ("unknown", "whatsapp: no messages yet")


def test_three_times_the_usual_is_a_spike_within_five_minutes_and_says_so_in_words() -> None:
    volumes = run(learnt(), LEARNT + 10 * HOUR)
    assert verdict(volumes) == "normal"
    assert minutes_until(volumes, "spike", lambda _at: 12.0, 5) <= 5
    shown = volume_figures(volumes, "whatsapp")
    assert shown["observed"] > 1.9 * shown["expected"]
    assert shown["observed"] > shown["high"] >= shown["expected"] >= shown["low"]
    minutes = shown["over_seconds"] // 60
    assert shown["explain"] == (
        f"whatsapp: {shown['observed']} messages in {minutes} min, {shown['expected']:.0f} usual "
        f"on a 10:00 ({shown['low']}–{shown['high']})"
    )


def test_a_spike_is_over_soon_after_it_and_does_not_come_back_by_its_own_echo() -> None:
    volumes = run(learnt(), LEARNT + 10 * HOUR)
    run(volumes, LEARNT + 10 * HOUR + 20 * MINUTE, lambda _at: 12.0)
    assert verdict(volumes) == "spike"
    assert minutes_until(volumes, "normal", steady, 30) >= 5
    for _ in range(40):
        assert volumes.reached is not None
        run(volumes, volumes.reached + MINUTE)
        assert verdict(volumes) == "normal"


def test_silence_in_open_hours_is_a_drop_within_ten_minutes() -> None:
    volumes = run(learnt(), LEARNT + 10 * HOUR)
    assert minutes_until(volumes, "drop", lambda _at: 0.0, 10) <= 10
    shown = volume_figures(volumes, "whatsapp")
    assert (shown["observed"], shown["since"]) != (None, None)
    assert verdict(volumes, TOTAL) == "drop"
    assert volume_figures(volumes, TOTAL)["explain"].startswith("all channels: ")


def test_no_drop_begins_in_closed_hours_and_one_ends_at_closing() -> None:
    volumes = run(learnt(), LEARNT + 3 * HOUR)
    run(volumes, LEARNT + 4 * HOUR, lambda _at: 0.0)
    assert verdict(volumes) == "normal"
    run(volumes, LEARNT + 19 * HOUR)
    run(volumes, LEARNT + 20 * HOUR - MINUTE, lambda _at: 0.0)
    assert verdict(volumes) == "drop"
    run(volumes, LEARNT + 20 * HOUR + 5 * MINUTE, lambda _at: 0.0)
    assert verdict(volumes) == "normal"


def test_a_holiday_is_no_drop_and_changes_nothing_of_what_is_usual() -> None:
    volumes = run(learnt(), LEARNT + DAY)
    before = volumes.channels["whatsapp"].usual.means[20]
    holiday_noon = LEARNT + DAY + 12 * HOUR
    run(volumes, holiday_noon, lambda _at: 0.3)
    shown = volume_figures(volumes, "whatsapp")
    assert (shown["verdict"], shown["low"]) == ("normal", 0)
    assert "on a day with other hours" in shown["explain"]
    run(volumes, LEARNT + 2 * DAY, lambda _at: 0.3)
    assert volumes.channels["whatsapp"].usual.means[20] == before


def test_an_outage_and_a_spike_change_little_of_what_is_usual() -> None:
    for factor in (0.0, 3.0):
        volumes = run(learnt(), LEARNT + 10 * HOUR)
        before = volumes.channels["whatsapp"].usual.means[20]
        run(volumes, LEARNT + 10 * HOUR + 45 * MINUTE, lambda _at, by=factor: 4.0 * by)  # type: ignore[misc]
        after = volumes.channels["whatsapp"].usual.means[20]
        assert after != before  # it was learnt, but
        assert abs(after - before) < 0.15 * before


def test_what_lasts_for_days_becomes_the_new_usual() -> None:
    volumes = run(learnt(), LEARNT + 2 * DAY + 9 * HOUR)
    double = LEARNT + 2 * DAY + 9 * HOUR
    run(volumes, double + HOUR, lambda _at: 10.0)
    assert verdict(volumes) == "spike"
    run(volumes, double + 4 * DAY, lambda _at: 10.0)
    assert verdict(volumes) == "normal"
    assert volume_figures(volumes, "whatsapp")["expected"] > 240


def test_small_numbers_are_quiet_and_never_a_verdict() -> None:
    volumes = run(Volumes(SETTING), LEARNT + 10 * HOUR, lambda _at: 0.1)
    assert verdict(volumes) == "quiet"
    assert volume_figures(volumes, "whatsapp")["explain"].endswith(", too few to tell a drop")
    run(volumes, LEARNT + 11 * HOUR, lambda _at: 0.0)
    assert verdict(volumes) == "quiet"
    volumes.advance(
        [Messages(LEARNT + 11 * HOUR, "whatsapp", 9)], LEARNT + 11 * HOUR + MINUTE, complete=True
    )
    assert verdict(volumes) == "quiet"  # nine are improbable, but fewer than `min_count`


def test_what_may_be_incomplete_is_neither_judged_nor_learnt() -> None:
    volumes = run(learnt(), LEARNT + 10 * HOUR)
    before = volumes.row("whatsapp")
    volumes.advance((), LEARNT + 12 * HOUR, complete=False)
    assert volumes.row("whatsapp") == before
    assert volumes.channels["whatsapp"].watch.verdict == "normal"


def test_time_may_move_by_minutes_or_by_days_at_once() -> None:
    def rate(at: int) -> float:
        return 12.0 if LEARNT <= at - 10 * HOUR < LEARNT + HOUR else 4.0

    once, often = Volumes(SETTING), Volumes(SETTING)
    all_of_it = list(messages(START, LEARNT + DAY, rate))
    once.advance(all_of_it, LEARNT + DAY, complete=True)
    for number, one in enumerate(all_of_it):
        often.advance([one], START + (number + 1) * MINUTE, complete=True)
    assert once.row("whatsapp") == often.row("whatsapp")
    assert once.row("whatsapp").verdict_since > 0


def test_late_input_corrects_what_was_counted() -> None:
    volumes = run(learnt(), LEARNT + 10 * HOUR)
    channel = volumes.channels["whatsapp"]
    ago = LEARNT + 10 * HOUR - 7 * MINUTE
    before = channel.count(ago, ago + MINUTE)
    volumes.correct(Messages(ago, "whatsapp", 5))
    volumes.correct(Messages(LEARNT + 10 * HOUR, "whatsapp", 5))  # will be counted when it is over
    assert channel.count(ago, ago + MINUTE) == before + 5
    assert channel.count(LEARNT + 10 * HOUR, LEARNT + 10 * HOUR + MINUTE) == 0


def test_a_new_owner_goes_on_as_if_nothing_had_been() -> None:
    def rate(at: int) -> float:
        return 12.0 if at >= LEARNT + 10 * HOUR else 4.0

    kept, lost = learnt(), learnt()
    middle = LEARNT + 10 * HOUR + 12 * MINUTE
    for volumes in (kept, lost):
        run(volumes, middle, rate)
    rows = {name: unpack_volume(pack_volume(lost.row(name))) for name in lost.channels}
    heir = Volumes(SETTING, reached=middle)
    for name, row in rows.items():
        assert heir.load(name, row)
    past = [
        Messages(step * STEP, "whatsapp", n)
        for step, n in lost.channels["whatsapp"].counts.items()
        if step * STEP >= heir.keep_from
    ]
    heir.resume(past, middle)
    for volumes in (kept, heir):
        run(volumes, LEARNT + 30 * HOUR, rate)
    assert kept.row("whatsapp") == heir.row("whatsapp")
    assert Screen(kept).show("whatsapp") == Screen(heir).show("whatsapp")


def test_a_row_of_other_slots_says_nothing() -> None:
    row = learnt().row("whatsapp")
    other = VolumeSetting(RULES, {"whatsapp": replace(DAILY, slot=HOUR), TOTAL: DAILY})
    assert not Volumes(other).load("whatsapp", row)
    assert not Volumes(SETTING).load("telex", row)


def test_a_row_is_small() -> None:
    learns_on = replace(RULES, learn_for=30 * DAY)
    weekly = VolumeSetting(learns_on, {"whatsapp": Season(), TOTAL: Season()})
    volumes = run(Volumes(weekly), START + 8 * DAY)
    assert len(pack_volume(volumes.row("whatsapp"))) < 4_000


def test_counts_are_forgotten_after_the_hours_that_are_shown() -> None:
    volumes = run(learnt(), LEARNT + DAY)
    assert len(volumes.channels["whatsapp"].counts) < 14 * 60


def test_the_history_has_a_point_for_ten_minutes_of_the_last_six_hours() -> None:
    volumes = run(learnt(), LEARNT + 10 * HOUR + 4 * MINUTE)
    history = Screen(volumes).show("whatsapp")["history"]
    assert len(history) == 36
    assert history[-1][0] * 1000 == LEARNT + 10 * HOUR - 10 * MINUTE
    assert all(low <= expected <= high for _at, _n, expected, low, high in history)
    assert sum(point[1] for point in history) == volumes.channels["whatsapp"].count(
        LEARNT + 4 * HOUR, LEARNT + 10 * HOUR
    )
    msgspec.json.encode(history)


def test_a_screen_is_made_anew_only_when_something_changed() -> None:
    volumes = learnt()
    screen = Screen(volumes)
    first = screen.show("whatsapp")
    assert screen.show("whatsapp") is first
    volumes.correct(Messages(LEARNT - MINUTE, "whatsapp", 1))
    assert screen.show("whatsapp")["observed"] == first["observed"] + 1
