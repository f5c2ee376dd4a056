"""Figures of a team are shown once enough people have worked in it, from assignments to views."""

from dataclasses import replace
from typing import Any

from schemas.outputs import View
from stream_app.domain.policy import Policy
from tests.support.conversations import JobRun
from tests.support.panes import FakeRecord, new_job, refuse_nothing
from tests.support.talk import HOUR, make_policy, within

PANE = "engagement.pane.v1"


def policy(least: int) -> Policy:
    return replace(make_policy({"first_reply": within(HOUR)}), min_group_size=least)


def work(job: JobRun, people: int, team: str = "tier1") -> None:
    """Each of so many people answers one customer."""
    for number in range(people):
        name = f"{team}-{number}"
        job.created("09:00", name, team=team)
        job.take(
            job.event("09:01", "support.ticket.assigned.v1", name, assignee=f"person-{number}")
        )
        job.replies("09:10", name)
    job.at_end("09:30")
    job.flush()


def views_of(job: JobRun, least: int) -> dict[str, View]:
    channels = new_job(partitions=1, min_group_size=least)
    records = [FakeRecord(o.value, key=o.key) for o in job.outputs if o.topic == PANE]
    channels.apply(records, refuse_nothing)
    channels.turn(1_000, {})
    return {scope: view for (_, scope), view in channels.views.items()}


def hour_of(view: View) -> dict[str, Any]:
    return view.windows["1h"]


def test_a_team_of_four_shows_its_queue_and_not_its_times() -> None:
    job = JobRun(policy(5))
    work(job, 4)
    views = views_of(job, 5)
    for scope in (
        "team=tier1",
        "channel=email,team=tier1",
        "channel=email,team=tier1,priority=normal",
    ):
        hour = hour_of(views[scope])
        assert "fewer than 5 people" in hour["suppressed"]
        assert not [name for name in hour if name.startswith("first_reply")]
        assert hour["messages_out"] == 4
        assert views[scope].levels["open"] == 4
    assert hour_of(views["channel=email"])["first_reply_seconds"]["count"] == 4
    assert "suppressed" not in hour_of(views[""])


def test_a_team_of_five_shows_everything_also_after_a_restart() -> None:
    job = JobRun(policy(5))
    work(job, 5)
    assert "suppressed" not in hour_of(views_of(job, 5)["team=tier1"])
    job.restart()
    job.outputs.clear()
    job.at_end("09:31")
    job.flush()
    hour = hour_of(views_of(job, 5)["team=tier1"])
    assert hour["first_reply_met_ratio"] == 1
    assert "suppressed" not in hour


def test_nobody_is_known_of_a_team_without_assignments() -> None:
    job = JobRun(policy(2))
    job.created("09:00")
    job.replies("09:10")
    job.at_end("09:30")
    job.flush()
    assert "suppressed" in hour_of(views_of(job, 2)["team=tier1"])
    assert "suppressed" not in hour_of(views_of(job, 1)["team=tier1"])


def test_what_is_written_names_nobody() -> None:
    job = JobRun(policy(5))
    work(job, 5)
    assert not [o for o in job.outputs if o.topic == PANE and b"person-" in (o.value or b"")]
