"""What a person reads when an expectation does not hold."""

from pathlib import Path

import pytest

from stream_app.scenario.model import Instant
from stream_app.scenario.showing import shown_instant, shown_length
from tests.support.scenarios import EVENTS, differences

AT = "at: 2026-01-07T12:30:00+01:00"


def told(folder: Path, fields: str, events: str = EVENTS) -> list[str]:
    return differences(folder, f"  - {{{fields}}}", events)


def test_a_due_that_differs_is_explained_by_the_calendar(tmp_path: Path) -> None:
    fields = f"{AT}, clock: T-1/first_reply, due: 2026-01-07T13:00:00+01:00"
    assert told(tmp_path, fields) == [
        'expected due 13:00, got 14:00: the calendar "office" is closed 12:00–13:00'
    ]


def test_a_due_of_another_day_is_shown_with_its_date(tmp_path: Path) -> None:
    fields = f"{AT}, clock: T-1/first_reply, due: 2026-01-08T09:00:00+01:00"
    assert told(tmp_path, fields) == [
        "expected due Thu 2026-01-08 09:00, got 14:00: the calendar "
        '"office" is closed 12:00–13:00, 17:00–Thu 2026-01-08 09:00'
    ]


def test_a_length_that_differs_is_explained_by_what_was_left_out(tmp_path: Path) -> None:
    fields = f"{AT}, clock: T-1/first_reply, elapsed: 90m, late_by: 5m"
    assert told(tmp_path, fields) == [
        'expected elapsed 1h30m, got 1h: the calendar "office" is closed 12:00–13:00',
        'expected late_by 5m, got 0s: the calendar "office" is closed 12:00–13:00',
    ]


def test_a_state_that_differs_is_told_with_the_story_of_the_clock(tmp_path: Path) -> None:
    fields = f"{AT}, clock: T-1/first_reply, is: breached"
    assert told(tmp_path, fields) == [
        "expected is breached, got running: it began 11:00, has counted 1h, is due 14:00"
    ]


def test_a_clock_that_stands_still_says_so(tmp_path: Path) -> None:
    paused = EVENTS + (
        "  - {time: 2026-01-07T11:10:00+01:00, type: support.ticket.status_changed.v1, "
        "conversation: T-1, to: pending_customer}\n"
    )
    fields = f"{AT}, clock: T-1/requester_wait, is: running, due: 2026-01-07T14:00:00+01:00"
    state, due = told(tmp_path, fields, paused)
    assert state.endswith(
        'it stands still in status pending_customer; "desk" promises nothing for it'
    )
    assert due.startswith("expected due 14:00, got none: ")


def test_an_unknown_conversation_is_told_as_that(tmp_path: Path) -> None:
    fields = f"{AT}, clock: T-9/first_reply, is: running, policy: desk"
    assert told(tmp_path, fields) == [
        "expected is running, got idle: there is no conversation T-9 yet",
        'expected policy "desk", got none',
    ]


def test_an_instance_that_never_was_is_told_as_that(tmp_path: Path) -> None:
    assert told(tmp_path, f"{AT}, clock: T-1/next_reply, instance: 2, is: running") == [
        "expected instance 2, got 0: it never began"
    ]
    assert told(tmp_path, f"{AT}, clock: T-1/first_reply, instance: 2, is: running") == [
        "expected instance 2, got 0: the newest instance is 1"
    ]


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ("level: open, is: 2", "expected open 2, got 1"),
        ("level: open, team: a, is: 1", "expected open 1, got 0"),
        ("level: oldest_waiting, is: 1h", "expected oldest_waiting 1h, got 1h30m: since 11:00"),
        (
            "level: oldest_waiting, channel: sms, is: 60",
            "expected oldest_waiting 1m, got 0s: nobody waits",
        ),
        ("window: opened, over: 4h, count: 0", "expected count 0, got 1"),
        (
            "window: first_reply_seconds, over: 4h, p90: 5m",
            "expected p90 5m, got none: nothing was observed",
        ),
        (
            "window: first_reply_met_ratio, over: 4h, ratio: 0.5",
            "expected ratio 0.5, got none: nothing was observed",
        ),
        ("alert: old, is: firing", "expected is firing, got none"),
        ("alert: old, times: 1", "expected times 1, got 0"),
        ("alert: old, severity: info", "expected severity info, got none"),
        ("alert: old, since: 2026-01-07T12:00:00+01:00", "expected since 12:00, got none"),
    ],
)
def test_figures_and_alerts_are_told_as_numbers(fields: str, said: str, tmp_path: Path) -> None:
    assert told(tmp_path, f"{AT}, {fields}") == [said]


def test_an_alert_in_an_interval_of_silence_is_named(tmp_path: Path) -> None:
    fields = "no_alert: any, between: [2026-01-09T00:00:00+01:00, 2026-01-09T11:00:00+01:00]"
    assert told(tmp_path, fields) == ["expected no alert 00:00–11:00, got old for T-1 at 11:00"]


def test_an_alert_that_has_fired_says_when(tmp_path: Path) -> None:
    fields = "at: 2026-01-09T12:00:00+01:00, alert: old, conversation: T-1, is: resolved, times: 2"
    assert told(tmp_path, fields) == [
        "expected is resolved, got firing: T-1 fired 11:00",
        "expected times 2, got 1: T-1 fired 11:00",
    ]


def test_quantiles_may_be_off_by_one_percent_and_no_more(tmp_path: Path) -> None:
    answered = EVENTS + (
        "  - {time: 2026-01-07T11:50:00+01:00, type: support.message.created.v1, "
        "conversation: T-1, direction: out, author: agent}\n"
    )
    window = f"{AT}, window: first_reply_seconds, over: 4h"
    assert told(tmp_path, f"{window}, p50: 50m, max: 50m, sum: 50m, mean: 3000", answered) == []
    assert len(told(tmp_path, f"{window}, p50: 52m, sum: 3001", answered)) == 2


def test_instants_and_lengths_are_shown_in_words_of_the_file() -> None:
    noon = Instant(1_767_783_600_000, 3600)  # 2026-01-07 12:00 +01:00
    assert shown_instant(noon.ms, noon) == "12:00"
    assert shown_instant(noon.ms + 1_500, noon) == "12:00:01.500"
    assert shown_instant(noon.ms + 43_200_000, noon) == "Thu 2026-01-08 00:00"
    assert [shown_length(ms) for ms in (0, 250, 61_000, 60_250)] == [
        "0s",
        "250ms",
        "1m1s",
        "1m250ms",
    ]
