"""Lists of the most urgent conversations, from events to the view, and levels that time alone moves."""

from dataclasses import replace

import pytest

from schemas.outputs import View
from stream_app.domain.policy import Match
from tests.support.conversations import JobRun
from tests.support.panes import FakeRecord, new_job, refuse_nothing
from tests.support.talk import HOUR, MINUTE, make_policy, within

PANE = "engagement.pane.v1"


def run() -> JobRun:
    return JobRun(make_policy({"first_reply": within(HOUR, 30 * MINUTE)}))


def lists(job: JobRun) -> dict[str, list[str]]:
    """Those of the last level record."""
    top = job.sent(PANE, kind="level")[-1].get("top", {})
    return {name: [item["conversation"] for item in items] for name, items in top.items()}


def view_of(job: JobRun) -> View:
    """What the channels agent makes of all that was written."""
    channels = new_job(partitions=1)
    records = [FakeRecord(o.value, key=o.key) for o in job.outputs if o.topic == PANE]
    channels.apply(records, refuse_nothing)
    channels.turn(1_000, {})
    return channels.views["acme", ""]


def test_a_conversation_goes_from_waiting_to_at_risk_to_overdue_and_off_the_lists() -> None:
    job = run()
    job.created("09:00", url="https://desk.example/T-1")
    job.flush()
    assert lists(job) == {"waiting": ["T-1"]}
    job.at_end("09:30")
    job.flush()
    assert lists(job) == {"waiting": ["T-1"], "at_risk": ["T-1"]}
    job.at_end("10:00")
    job.flush()
    assert lists(job) == {"waiting": ["T-1"], "overdue": ["T-1"]}
    [item] = view_of(job).top["overdue"]
    assert item == {
        "conversation": "T-1",
        "source": "helpdesk/acme",
        "url": "https://desk.example/T-1",
        "channel": "email",
        "team": "tier1",
        "priority": "normal",
        "clock": "first_reply",
        "due": "2026-01-05T10:00:00Z",
        "since": "2026-01-05T09:00:00Z",
    }
    job.replies("10:05")
    job.flush()
    assert lists(job) == {}
    assert view_of(job).top == {"overdue": [], "at_risk": [], "waiting": []}


def test_the_ten_that_are_due_first_are_listed_over_all_groups_and_the_level_is_the_total() -> None:
    job = run()
    for number in range(24):
        job.created(f"09:{number:02}", f"T-{number:02}", team=f"team{number % 3}")
    job.at_end("10:30")
    job.flush()
    view = view_of(job)
    assert [item["conversation"] for item in view.top["overdue"]] == [
        f"T-{n:02}" for n in range(10)
    ]
    assert view.levels["overdue"] == 24
    assert view.top["at_risk"] == []


def test_a_packed_conversation_is_described_from_its_row() -> None:
    job = run()
    job.created("09:00")
    job.flush()
    job.restart()
    job.at_end("10:00")
    job.flush()
    [item] = view_of(job).top["overdue"]
    assert (item["conversation"], item["clock"]) == ("T-1", "first_reply")
    job.restart()
    job.at_end("10:01")
    job.flush()
    assert lists(job) == {"waiting": ["T-1"], "overdue": ["T-1"]}


def test_a_new_promise_shows_in_the_lists_although_no_level_changes() -> None:
    normal, fast = within(4 * HOUR), within(HOUR)
    policy = make_policy({"first_reply": normal})
    [everyone] = policy.sla
    high = replace(
        everyone, name="high", targets={"first_reply": fast}, match=Match(tags=frozenset({"vip"}))
    )
    job = JobRun(replace(policy, sla=(high, everyone)))
    job.created("09:00")
    job.flush()
    job.take(job.event("09:10", "support.ticket.tagged.v1", added=["vip"]))
    job.flush()
    [item] = view_of(job).top["waiting"]
    assert item["due"] == "2026-01-05T10:00:00Z"


@pytest.mark.parametrize(("at", "old"), [("+2 08:59:59", 0), ("+2 09:00", 1), ("+3 00:00", 1)])
def test_a_conversation_is_unresolved_after_48_hours_without_any_event(at: str, old: int) -> None:
    job = JobRun(make_policy())
    job.created("09:00")
    job.at_end("09:01")
    job.flush()
    job.at_end(at)
    job.flush()
    view = view_of(job)
    assert view.levels["unresolved_48h"] == old
    assert view.levels["longest_open_since"] == "2026-01-05T09:00:00Z"


def test_levels_by_age_end_with_the_conversation() -> None:
    job = JobRun(make_policy())
    job.created("09:00")
    job.at_end("+3 09:00")
    job.status("+3 09:01", "solved")
    job.flush()
    levels = view_of(job).levels
    assert (levels["unresolved_48h"], levels["longest_open_seconds"]) == (0, 0)
    assert "longest_open_since" not in levels
