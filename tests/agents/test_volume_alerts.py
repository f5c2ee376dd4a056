"""Spikes and drops from panes to alerts: learnt and judged by the channels agent, kept by the alerts agent."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from schemas.instants import format_ms
from stream_app.domain.policy import Volume
from tests.support.alerts import policy as alert_policy
from tests.support.figure_alerts import HOUR, MINUTE, Desk, rule
from tests.support.panes import EMAIL, T0

DAY = 24 * HOUR
LEARNT = T0 + 3 * DAY
USUAL = 4  # messages a minute
Rate = Callable[[int], int]


def usually(minute: int) -> int:
    return USUAL + (minute * 7 % 3 - 1)


def write(it: Desk, start: int, end: int, rate: Rate) -> None:
    """One pane for each minute in which something comes."""
    channel, team, priority = EMAIL
    for at in range(start, end, MINUTE):
        came = rate(at // MINUTE)
        if came:
            it.hear(
                it.tellers[0].say(
                    "pane", tenant="acme", channel=channel, team=team, priority=priority,
                    resolution=60, start=format_ms(at), counts={"messages_in": came},
                )
            )  # fmt: skip


def pass_minutes(it: Desk, minutes: int, rate: Rate, *, silent: int | None = None) -> None:
    for _ in range(minutes):
        write(it, it.now, it.now + MINUTE, rate)
        it.go(it.now + MINUTE, silent=silent)


@pytest.fixture
def it() -> Desk:
    """A desk that knows what is usual at each half-hour of a day."""
    rules = [rule("flood", {"volume": "spike"}), rule("silence", {"volume": "drop"})]
    volume = Volume(season="daily", learn_for=2 * DAY)
    found = Desk(replace(alert_policy(*rules), volume=volume))
    write(found, T0, LEARNT, usually)
    found.go(LEARNT)
    assert found.job.views["acme", "channel=email"].volume["verdict"] == "normal"
    return found


def alerts_of(it: Desk, name: str) -> list[str]:
    assert it.alerts.rejected == []
    return [a.state for a in it.alerts.alerts if a.rule == name and a.subject["kind"] == "channel"]


def test_three_times_the_usual_is_an_alert_that_explains_itself_and_ends(it: Desk) -> None:
    pass_minutes(it, 5, lambda minute: 3 * usually(minute))
    assert alerts_of(it, "flood") == ["firing"]
    told = next(one for one in it.said if one["rule"] == "flood" and one["active"])
    assert format_ms(LEARNT) < told["since"] <= format_ms(it.now)
    assert told["explain"]["explain"].startswith("email: ")
    assert "usual on a " in told["explain"]["explain"]
    assert told["value"] > 1.9 * told["threshold"]
    assert "history" not in told["explain"]
    pass_minutes(it, 25, usually)
    assert alerts_of(it, "flood") == ["firing", "resolved"]
    assert alerts_of(it, "silence") == []


def test_an_alert_goes_on_under_a_new_owner_as_if_nothing_had_been(it: Desk) -> None:
    pass_minutes(it, 5, lambda minute: 3 * usually(minute))
    it.restart()
    pass_minutes(it, 3, lambda minute: 3 * usually(minute))
    assert alerts_of(it, "flood") == ["firing"]
    pass_minutes(it, 25, usually)
    assert alerts_of(it, "flood") == ["firing", "resolved"]


def test_silence_is_an_alert_within_ten_minutes(it: Desk) -> None:
    pass_minutes(it, 10, lambda _minute: 0)
    assert alerts_of(it, "silence") == ["firing"]


def test_a_dead_worker_is_no_silence(it: Desk) -> None:
    pass_minutes(it, 30, lambda _minute: 0, silent=1)
    assert alerts_of(it, "silence") == []
    assert it.job.views["acme", "channel=email"].volume["verdict"] == "unknown"
