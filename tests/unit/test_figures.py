"""What a window and levels look like in a view."""

from typing import Any

import pytest

from schemas.panerows import LevelRow
from stream_app.domain import measures
from stream_app.domain.figures import RATIOS, ratio_parts, window_figures
from stream_app.domain.group_levels import add_levels, level_figures, most_urgent
from stream_app.domain.histogram import bucket_of, estimate
from stream_app.domain.measures import flatten
from stream_app.domain.spans import span_name


def replies(*ms: int, met: int = 0, missed: int = 0) -> dict[int, int]:
    hist: dict[int, int] = {}
    for one in ms:
        hist[bucket_of(one)] = hist.get(bucket_of(one), 0) + 1
    counts = {"first_reply_met": met, "first_reply_missed": missed}
    return flatten(counts, {"first_reply_ms": sum(ms)}, {"first_reply": hist})


def test_an_empty_window_has_count_and_sum_zero_and_nothing_else() -> None:
    figures = window_figures({})
    assert figures["first_reply_seconds"] == {"count": 0, "sum": 0}
    assert figures["messages_in"] == 0
    assert "first_reply_met_ratio" not in figures


def test_clocks_that_were_never_observed_are_left_out_but_for_the_first_three() -> None:
    shown = {name for name in window_figures({}) if name.endswith("_seconds")}
    assert shown == {"first_reply_seconds", "next_reply_seconds", "full_resolution_seconds"}
    waited = flatten({}, {"requester_wait_ms": 5}, {"requester_wait": {1: 1}})
    assert window_figures(waited)["requester_wait_seconds"]["count"] == 1


def test_statistics_of_three_replies() -> None:
    figures = window_figures(replies(60_000, 120_000, 600_000))["first_reply_seconds"]
    assert (figures["count"], figures["sum"], figures["mean"]) == (3, 780.0, 260.0)
    assert figures["p50"] == pytest.approx(120, rel=0.01)
    assert figures["p90"] == figures["p99"] == figures["max"] == pytest.approx(600, rel=0.01)


def test_six_met_two_late_one_unanswered_is_two_thirds() -> None:
    assert window_figures(replies(met=6, missed=3))["first_reply_met_ratio"] == 6 / 9


def counted(**counts: int) -> dict[str, Any]:
    return window_figures(flatten({f"first_reply_{name}": n for name, n in counts.items()}, {}, {}))


def test_service_level_has_three_readings_and_none_of_nothing() -> None:
    figures = counted(met=6, missed=3, late=2, abandoned=3)
    assert figures["first_reply_met_ratio"] == 6 / 9
    assert figures["first_reply_answered_ratio"] == 6 / 8
    assert figures["first_reply_offered_ratio"] == 6 / 12
    abandoned = counted(abandoned=2)
    assert abandoned["first_reply_offered_ratio"] == 0
    assert "first_reply_met_ratio" not in abandoned
    assert "first_reply_answered_ratio" not in abandoned


@pytest.mark.parametrize("name", RATIOS)
def test_every_ratio_of_a_window_is_the_quotient_of_its_parts(name: str) -> None:
    codes = {code: 2 + code % 3 for code in measures.COUNT_CODES.values()}
    clock = measures.CLOCKS.index("first_resolution")
    values = codes | {measures.bucket_code(clock, bucket): 5 for bucket in (-1, 0, 700)}
    part, whole = ratio_parts(values, name)
    assert window_figures(values)[name] == part / whole
    assert ratio_parts({}, name) == (0, 0)


def test_shares_of_solves_are_left_out_while_nothing_was_solved() -> None:
    figures = window_figures(flatten({"self_served": 1}, {}, {}))
    assert "self_service_ratio" not in figures


def test_a_duration_of_zero_is_an_observation() -> None:
    figures = window_figures(replies(0, 0))["first_reply_seconds"]
    assert (figures["count"], figures["sum"], figures["max"]) == (2, 0.0, 0.0)


def test_clocks_do_not_run_into_each_other() -> None:
    values = flatten(
        {},
        {"first_reply_ms": 9, "next_reply_ms": 70},
        {"first_reply": {3: 1}, "next_reply": {-1: 2}},
    )
    figures = window_figures(values)
    assert figures["first_reply_seconds"]["count"] == 1
    assert figures["first_reply_seconds"]["max"] == pytest.approx(estimate(3) / 1000, rel=1e-5)
    assert figures["next_reply_seconds"]["count"] == 2


def test_levels_add_up_and_the_oldest_wait_is_the_earliest() -> None:
    both = add_levels(
        [
            {"open": 2, "waiting": 1, "oldest_waiting_since": 5_000},
            {"open": 3, "waiting": 0, "oldest_waiting_since": 0},
            {"open": 1, "waiting": 1, "oldest_waiting_since": 4_000},
        ]
    )
    assert both == {"open": 6, "waiting": 2, "oldest_waiting_since": 4_000}


def test_the_oldest_wait_is_shown_as_an_age_and_as_an_instant() -> None:
    figures = level_figures({"open": 1, "oldest_waiting_since": 60_000}, as_of=90_500)
    assert figures["oldest_waiting_seconds"] == 30.5
    assert figures["oldest_waiting_since"] == "1970-01-01T00:01:00Z"
    assert figures["overdue"] == 0


def test_when_nobody_waits_the_age_is_zero_and_there_is_no_instant() -> None:
    figures = level_figures({}, as_of=90_500)
    assert figures["oldest_waiting_seconds"] == 0
    assert "oldest_waiting_since" not in figures


def test_a_wait_that_began_after_the_instant_of_the_view_has_no_negative_age() -> None:
    assert level_figures({"oldest_waiting_since": 99}, as_of=98)["oldest_waiting_seconds"] == 0


def test_the_most_urgent_conversations_come_first_and_are_few() -> None:
    rows = [
        LevelRow(
            1, {}, {"overdue": [{"conversation": f"c{n}", "due": f"2026-01-01T00:00:{n:02}Z"}]}
        )
        for n in range(20, 5, -1)
    ]
    rows.append(
        LevelRow(1, {}, {"overdue": [{"conversation": "x", "due": "2026-01-01T00:00:06.5Z"}]})
    )
    names = [item["conversation"] for item in most_urgent(rows)["overdue"]]
    assert names[:3] == ["c6", "x", "c7"]
    assert len(names) == 10


@pytest.mark.parametrize(
    ("ms", "name"), [(60_000, "1m"), (900_000, "15m"), (86_400_000, "24h"), (90_000, "90s")]
)
def test_spans_are_named_as_in_the_policy(ms: int, name: str) -> None:
    assert span_name(ms) == name
