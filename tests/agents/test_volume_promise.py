"""What is promised of spikes and drops, on one week of two channels that nothing was tuned with.

Two weeks are learnt; from every half-hour of the third in open hours on, the channel goes on twice: with three times
the messages, and with none. The whole judgement, with weeks of truth and rivals, is a bench
(`tests.bench.volume`).
"""

from collections.abc import Iterator
from copy import deepcopy

import pytest

from stream_app.domain.volume_channel import ChannelVolume, Rules
from stream_app.domain.volume_season import MINUTE, STEP, Season
from stream_app.domain.volume_usual import Usual
from stream_app.domain.volume_watch import DROP, NORMAL, SPIKE, Limits
from tests.support.volume_judging import ENOUGH_FOR_SPIKES, LEARN, OUTAGE_WITHIN, SPIKE_WITHIN
from tests.support.volume_traffic import HOUR, JUDGING, KINDS, WEEK, ZONE, Kind, Traffic, traffic

PROMISED = 0.95


def followed(made: Traffic) -> Iterator[tuple[int, ChannelVolume]]:
    """The channel at every half-hour of the third week: learnt, and up to that instant."""
    season = Season(calendar=made.calendar, zone=ZONE)
    channel = ChannelVolume(season, Rules(LEARN, Limits(10, 0.001), 10 * MINUTE), Usual(season))
    for number, count in enumerate(made.steps):
        at = made.start + number * STEP
        if at % (HOUR // 2) == 0 and at >= made.start + LEARN:
            yield at, channel
        channel.add(at, count)
        channel.step(at + STEP)


def noticed(channel: ChannelVolume, made: Traffic, start: int, end: int, factor: float) -> str:
    """What is said up to `end` when the rate is another one from `start` on."""
    other = deepcopy(channel, {id(channel.season): channel.season})
    for number, count in enumerate(made.altered(start, end, factor)):
        at = start + number * STEP
        other.add(at, count)
        _, change = other.step(at + STEP)
        if change is not None:
            return change.verdict
    return NORMAL


def undisturbed(made: Traffic, at: int) -> bool:
    """Whether nothing unusual happens for hours around an instant of the traffic itself."""
    return all(at < event.start - HOUR or at > event.end + 2 * HOUR for event in made.events)


@pytest.mark.parametrize("kind", KINDS[-2:], ids=lambda kind: kind.name)
def test_spikes_and_outages_are_noticed_in_time(kind: Kind) -> None:
    made = traffic(kind, JUDGING[0], 3, calm_weeks=2)
    spikes, outages, channel = [], [], None
    for at, channel in followed(made):
        opened = made.calendar.elapsed(at, at + HOUR) == HOUR and channel.watch.verdict == NORMAL
        enough = made.expected(at, at + HOUR // 2) >= ENOUGH_FOR_SPIKES
        if enough and opened and undisturbed(made, at):
            spikes.append(noticed(channel, made, at, at + SPIKE_WITHIN, 3.0) == SPIKE)
            outages.append(noticed(channel, made, at, at + OUTAGE_WITHIN, 0.0) == DROP)
    assert channel is not None
    alarms = [begun for begun, _ in channel.watch.episodes if undisturbed(made, begun)]
    assert len(spikes) > 60
    assert sum(spikes) >= PROMISED * len(spikes)
    assert sum(outages) >= PROMISED * len(outages)
    assert len(alarms) <= (made.end - made.start - LEARN) / WEEK
