"""Input that comes later than the lateness, from the future, or from a backfill."""

from schemas import events as wire
from schemas.instants import parse_ms
from stream_app.domain.calendar import ALWAYS
from stream_app.domain.policy import AlertRule
from tests.support.conversations import JobRun
from tests.support.talk import HOUR, clock, make_policy, within

PANE, SLA, SIGNAL = "engagement.pane.v1", "engagement.sla.v1", "engagement.signal.v1"


def run() -> JobRun:
    old = AlertRule("ticket_unresolved", {"unresolved_for": 48 * HOUR}, ALWAYS)
    return JobRun(make_policy({"first_reply": within(HOUR)}, (old,)))


def answered_in_time() -> JobRun:
    """A question at 09:00 opens it, the answer comes at 09:50; promised is one hour."""
    job = run()
    job.asks("09:00", channel="email")
    job.replies("09:50")
    job.at_end("10:30")
    job.flush()
    return job


def test_a_creation_heard_of_an_hour_late_corrects_what_was_said_of_the_first_reply() -> None:
    job = answered_in_time()
    [met] = job.sent(SLA, type="sla.fulfilled")
    job.outputs.clear()
    job.created("08:40", arrives="10:30")
    job.at_end("10:31")
    job.flush()
    corrected = [one["corrects"] for one in job.sent(SLA, type="sla.corrected")]
    assert met["id"] in corrected
    [breach] = job.sent(SLA, type="sla.breached", clock="first_reply")
    assert breach["time"] == breach["due"] == "2026-01-05T09:40:00Z"
    [late] = job.sent(SLA, type="sla.fulfilled", clock="first_reply")
    assert (late["elapsed"], late["late_by"]) == (70 * 60, 10 * 60)


def test_a_creation_heard_of_an_hour_late_changes_no_closed_window_and_is_counted() -> None:
    job = answered_in_time()
    job.outputs.clear()
    job.created("08:40", arrives="10:30")
    job.at_end("10:31")
    job.flush()
    assert job.job.counters == {"refolded": 1, "late_events": 1}
    assert job.sent(PANE, kind="pane") == []
    assert job.totals()["opened"] == 1
    assert job.totals().get("first_reply_missed", 0) == 0


def test_an_age_rule_follows_a_creation_that_is_heard_of_after_its_age_was_reached() -> None:
    job = run()
    job.asks("09:00", channel="email")
    job.at_end("+2 08:59")
    job.flush()
    assert job.sent(SIGNAL, rule="ticket_unresolved") == []
    job.created("08:30", arrives="+2 08:59")
    job.at_end("+2 08:59:01")
    job.flush()
    [signal] = job.sent(SIGNAL, rule="ticket_unresolved")
    assert signal["active"]
    assert clock("+2 08:30") <= parse_ms(signal["since"]) <= clock("+2 08:59:01")


def test_a_late_creation_ends_alike_after_a_restart() -> None:
    def ids(*, crash: bool) -> set[str]:
        job = answered_in_time()
        if crash:
            job.restart()
        job.created("08:40", arrives="10:30", id="late")
        job.flush()
        return {one["id"] for one in job.sent(SLA)}

    assert ids(crash=True) == ids(crash=False)


def test_a_backfill_over_live_data_changes_nothing() -> None:
    job = answered_in_time()
    job.outputs.clear()
    job.created("08:40", arrives="10:30", ingest="import")
    job.asks("08:41", arrives="10:30", ingest="import")
    job.flush()
    assert job.job.counters == {"import_overlap": 2}
    assert job.sent(SLA) == job.sent(PANE, kind="pane") == []


def test_what_claims_to_be_from_the_future_changes_nothing_and_moves_no_watermark() -> None:
    job = run()
    job.created("09:00")
    before = dict(job.levels()), job.job.ticks["acme"].watermark
    job.take(job.event("09:10", wire.MESSAGE_CREATED, arrives="09:04:59", message="m",
                       direction="out", author="agent"))  # fmt: skip
    assert [rejected.code for rejected in job.rejected] == ["future_timestamp"]
    assert (dict(job.levels()), job.job.ticks["acme"].watermark) == before
    job.replies("09:10", arrives="09:05")
    assert len(job.rejected) == 1
    assert job.levels() == {"open": 1, "unassigned": 1}
