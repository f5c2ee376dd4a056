"""How a goal stands: reached, missed, on the way, or unknown and why."""

from dataclasses import replace

import pytest

from stream_app.domain.goals import Ground, ledger_for, progress
from stream_app.domain.ledger import HOUR_MS
from stream_app.domain.measures import flatten
from stream_app.domain.policy import Goal

WEEK = 7 * 24 * HOUR_MS
NOW = 100 * WEEK
FULL = Ground(NOW, NOW - 2 * WEEK, complete=True)


def counts(**named: int) -> dict[int, int]:
    return flatten(named, {}, {})


@pytest.mark.parametrize(
    ("metric", "target", "values", "state"),
    [
        ("first_reply_met_ratio", 0.8, counts(first_reply_met=8, first_reply_missed=2), "met"),
        ("first_reply_met_ratio", 0.8, counts(first_reply_met=7, first_reply_missed=2), "missed"),
        ("solved", 500.0, counts(solved=500), "met"),
        ("solved", 500.0, counts(solved=499), "missed"),
        ("first_reply_breached", 10.0, counts(first_reply_breached=10), "met"),
        ("first_reply_breached", 10.0, counts(first_reply_breached=11), "missed"),
        ("reopened", 3.0, counts(reopened=4), "missed"),
        ("first_reply_met_ratio", 0.8, {}, "unknown"),
        ("csat_ratio", 0.8, {}, "unknown"),
        ("csat_count", 10.0, {}, "unknown"),
    ],
)
def test_the_state_of_a_goal(
    metric: str, target: float, values: dict[int, int], state: str
) -> None:
    shown = progress(Goal("goal", metric, WEEK, target), values, FULL)
    assert shown["state"] == state
    assert (shown.get("reason") == "no data") == (state == "unknown")
    assert ("value" in shown) == (state != "unknown")


def test_a_time_is_a_goal_not_to_be_passed_and_stands_in_seconds() -> None:
    values = flatten({}, {"first_reply_ms": 120_000}, {"first_reply": {585: 1}})
    goal = Goal("fast", "first_reply_mean_seconds", WEEK, 180_000.0)
    shown = progress(goal, values, FULL)
    assert shown == {
        "name": "fast",
        "metric": "first_reply_mean_seconds",
        "over": "7d",
        "target": 180.0,
        "count": 1,
        "value": 120.0,
        "state": "met",
    }
    assert progress(replace(goal, target=60_000.0), values, FULL)["state"] == "missed"


def test_a_count_is_on_track_while_its_pace_would_reach_the_target() -> None:
    two_days = Ground(NOW, NOW - 2 * 24 * HOUR_MS, complete=True)
    goal = Goal("solved", "solved", WEEK, 500.0)
    assert progress(goal, counts(solved=150), two_days)["state"] == "on_track"
    assert progress(goal, counts(solved=140), two_days)["state"] == "missed"
    assert progress(goal, counts(solved=150), FULL)["state"] == "missed"


def test_a_goal_is_unknown_while_figures_are_incomplete() -> None:
    shown = progress(
        Goal("g", "solved", WEEK, 1.0), counts(solved=9), FULL._replace(complete=False)
    )
    assert (shown["state"], shown["reason"]) == ("unknown", "source partitions are missing")
    assert "value" not in shown


def test_hours_are_kept_only_for_goals_beyond_the_longest_window() -> None:
    assert ledger_for([Goal("g", "solved", 24 * HOUR_MS, 1.0)], 24 * HOUR_MS) is None
    assert ledger_for([Goal("g", "solved", WEEK, 1.0)], 24 * HOUR_MS) is not None
