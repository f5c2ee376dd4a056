"""A channel between two whole minutes: verdicts every ten seconds, and the quick look that comes first."""

from copy import deepcopy
from dataclasses import replace
from functools import cache
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from stream_app.domain.tails import Spread
from stream_app.domain.volume import Messages, Volumes, VolumeSetting
from stream_app.domain.volume_channel import ChannelVolume, Rules
from stream_app.domain.volume_season import MINUTE, STEP, Season
from stream_app.domain.volume_usual import SPANS, Usual
from stream_app.domain.volume_watch import (
    DROP,
    NORMAL,
    SPIKE,
    Limits,
    Sight,
    spans_at,
    unusual,
    worth_a_look,
)
from tests.support.volume_traffic import DAY, HOUR, poisson

START = 1_767_571_200_000  # a Monday, 00:00 UTC
LEARNT = START + 2 * DAY + 10 * HOUR
LIMITS = Limits(10, 0.001)
RATE = 2.0  # messages in a step


@cache
def lesson() -> ChannelVolume:
    season = Season(weekly=False)
    channel = ChannelVolume(season, Rules(DAY, LIMITS, 10 * MINUTE), Usual(season))
    random = Random("steps")
    for at in range(START, LEARNT, STEP):
        channel.add(at, poisson(RATE, random))
        channel.step(at + STEP)
    assert channel.watch.verdict == NORMAL
    return channel


def learnt() -> ChannelVolume:
    return deepcopy(lesson())


def first_verdict(channel: ChannelVolume, messages: int, until: int) -> tuple[int, str]:
    """When and what is said while so many come in every step."""
    for at in range(channel.judged, until, STEP):
        channel.add(at, messages)
        _, change = channel.step(at + STEP)
        if change is not None:
            return change.at - LEARNT, change.verdict
    return until - LEARNT, NORMAL


def test_a_verdict_does_not_wait_for_a_whole_minute() -> None:
    spikes = [first_verdict(learnt(), messages, LEARNT + HOUR) for messages in (6, 9, 12, 30)]
    assert {what for _, what in spikes} == {SPIKE}
    assert any(after % MINUTE for after, _ in spikes)
    assert sorted(spikes, reverse=True) == spikes  # the more, the sooner
    silence = first_verdict(learnt(), 0, LEARNT + HOUR)
    assert silence[1] == DROP
    assert silence[0] <= 10 * MINUTE


def test_steps_and_minutes_that_are_passed_over_change_nothing() -> None:
    """Over a day on which clocks are put forward, out of learning, through a spike and an outage."""
    start = 1_774_569_600_000  # a Friday, 2026-03-27 00:00 UTC
    season = Season(weekly=False, zone="Europe/Berlin")
    rules = Rules(3 * DAY + 7 * HOUR, LIMITS, 10 * MINUTE)
    by_step = ChannelVolume(season, rules, Usual(season))
    volumes = Volumes(VolumeSetting(rules, {"phone": season}))
    random, said = Random("lazy"), set()
    for hour in range(start, start + 5 * DAY, HOUR):
        factor = {4 * DAY + HOUR: 3.0, 4 * DAY + 9 * HOUR: 0.0}.get(hour - start, 1.0)
        came = [
            Messages(
                at, "phone", poisson(RATE * factor * (2 if hour % DAY > 8 * HOUR else 1), random)
            )
            for at in range(hour, hour + HOUR, STEP)
        ]
        for one in came:
            by_step.add(one.start, one.came)
            by_step.step(one.start + STEP)
            said.add(by_step.watch.verdict)
        volumes.advance(came, hour + HOUR, complete=True)
        at_once = volumes.channels["phone"]
        assert replace(at_once, idle_until=0) == replace(by_step, idle_until=0)
    assert said == {NORMAL, SPIKE, DROP}


def test_half_an_hour_is_judged_on_whole_minutes_alone() -> None:
    assert tuple(spans_at(LEARNT)) == SPANS
    assert tuple(spans_at(LEARNT + STEP)) == SPANS[:-1]


def test_late_input_counts_in_the_next_step() -> None:
    channel = learnt()
    channel.step(LEARNT + STEP)
    channel.add(LEARNT - MINUTE, 80)
    _, change = channel.step(LEARNT + 2 * STEP)
    assert change is not None
    assert change.verdict == SPIKE


def test_what_comes_and_is_taken_back_changes_no_verdict() -> None:
    touched, plain = learnt(), learnt()
    touched.add(LEARNT - 2 * MINUTE, 500)
    touched.add(LEARNT - 2 * MINUTE, -500)
    for channel in (touched, plain):
        assert first_verdict(channel, 5, LEARNT + HOUR)[1] == SPIKE
    assert touched.watch == plain.watch


@given(
    span=st.sampled_from(SPANS),
    came=st.integers(0, 3000),
    mean=st.floats(0.05, 2000),
    scatter=st.floats(1, 3),
    ten=st.integers(0, 3000),
)
def test_the_quick_look_misses_nothing_that_is_unusual(
    span: int, came: int, mean: float, scatter: float, ten: int
) -> None:
    usual = Spread(mean, mean * scatter)
    sights = {other: Sight(other, ten, Spread(50.0, 60.0), True) for other in SPANS}
    sights[span] = Sight(span, came, usual, True)
    if unusual(span, sights, LIMITS) != NORMAL:
        assert worth_a_look(span, came, mean, LIMITS)
        # What is expected may be a few per cent off when the look is quick.
        assert worth_a_look(span, came, mean * 1.02, LIMITS)
        assert worth_a_look(span, came, mean * 0.98, LIMITS)
