"""The conversations job: records in; rows, panes, levels, outcomes and signals out."""

from schemas import events as wire
from tests.support.conversations import SOURCE
from tests.support.talk import clock
from tests.support.two_tenants import PANE, SIGNAL, SLA, run


def test_a_breach_is_told_with_all_that_is_needed_to_check_it() -> None:
    job = run()
    job.created("09:00")
    job.at_end("10:00")
    job.flush()
    [breach] = job.sent(SLA, type="sla.breached")
    assert breach["id"]
    assert breach == {
        "id": breach["id"],
        "type": "sla.breached",
        "tenant": "acme",
        "source": SOURCE,
        "conversation": "T-1",
        "clock": "first_reply",
        "instance": 1,
        "time": "2026-01-05T10:00:00Z",
        "due": "2026-01-05T10:00:00Z",
        "target": 3600.0,
        "elapsed": 3600.0,
        "late_by": 0.0,
        "channel": "email",
        "team": "tier1",
        "priority": "normal",
        "calendar": "always",
        "policy": {"name": "everyone", "hash": "v1"},
        "caused_by": breach["caused_by"],
    }
    assert len(breach["caused_by"][0]) == 16


def test_unresolved_for_48_h_is_signalled_and_ends_with_the_solve() -> None:
    job = run()
    job.created("09:00")
    job.at_end("+2 08:59")
    job.flush()
    assert job.sent(SIGNAL, rule="ticket_unresolved") == []
    job.at_end("+2 09:00")
    job.status("+2 10:00", "solved")
    job.at_end("+2 10:00")  # until then it could be reopened at this very instant
    job.flush()
    on, off = job.sent(SIGNAL, rule="ticket_unresolved")
    assert (on["active"], on["since"]) == (True, "2026-01-07T09:00:00Z")
    assert (off["active"], off["since"]) == (False, "2026-01-07T10:00:00Z")
    assert on["subject"] == {
        "kind": "conversation",
        "source": SOURCE,
        "id": "T-1",
        "channel": "email",
        "team": "tier1",
        "priority": "normal",
    }
    assert on["threshold"] == 48 * 3600
    assert on["explain"]["calendar"] == "always"
    assert off["seq"] > on["seq"]


def test_panes_carry_absolute_figures_of_their_group() -> None:
    job = run()
    job.created("09:00:01")
    job.asks("09:00:05")
    job.flush()
    job.replies("09:00:08")
    job.flush()
    panes = job.sent(PANE, kind="pane", start="2026-01-05T09:00:00Z")
    assert panes[-1]["counts"] == {
        "opened": 1,
        "messages_in": 1,
        "messages_out": 1,
        "first_reply_met": 1,
    }
    assert panes[-1]["sums"] == {"first_reply_ms": 7000}
    assert sum(panes[-1]["hist"]["first_reply"].values()) == 1
    assert panes[-1]["resolution"] == 10
    assert panes[-1]["tenant"] == "acme"


def test_levels_follow_the_conversation_and_end_at_zero() -> None:
    job = run()
    job.created("09:00")
    assert job.levels() == {"open": 1, "waiting": 1, "unassigned": 1, "unattended": 1}
    job.at_end("09:30")
    assert job.levels()["at_risk"] == 1
    job.at_end("10:00")
    assert job.levels()["overdue"] == 1
    assert "at_risk" not in job.levels()
    job.replies("10:10")
    assert job.levels() == {"open": 1, "unassigned": 1}
    job.status("10:20", "solved")
    assert job.levels() == {}
    job.flush()
    [level] = job.sent(PANE, kind="level")
    assert set(level["levels"].values()) == {0}


def test_a_conversation_that_changes_team_leaves_the_old_groups_levels() -> None:
    job = run()
    job.created("09:00")
    job.take(job.event("09:10", wire.TICKET_ASSIGNED, team="tier2", assignee="p1"))
    job.flush()
    by_team = {level["team"]: level["levels"]["open"] for level in job.sent(PANE, kind="level")}
    assert by_team == {"tier1": 0, "tier2": 1}


def test_oldest_waiting_is_the_oldest_unanswered_message() -> None:
    job = run()
    job.created("09:00", "T-1")
    job.created("09:05", "T-2")
    job.flush()
    job.replies("09:06", "T-1")
    job.flush()
    since = [level["levels"]["oldest_waiting_since"] for level in job.sent(PANE, kind="level")]
    assert since == [clock("09:00"), clock("09:05")]


def test_a_restart_goes_on_where_the_rows_stood_and_sends_a_snapshot_first() -> None:
    job = run()
    job.created("09:00")
    job.created("09:01", "T-2")
    job.flush()
    before = dict(job.levels())
    job.restart()
    assert job.levels() == before
    job.outputs.clear()
    job.at_end("10:00")
    job.flush()
    kinds = [value["kind"] for value in job.sent(PANE)]
    assert kinds[0] == "snapshot_begin"
    assert kinds.index("snapshot_end") > kinds.index("pane")
    assert {value["epoch"] for value in job.sent(PANE)} == {2}
    assert len(job.sent(SLA, type="sla.breached")) == 1


def test_the_same_fact_has_the_same_id_after_a_crash() -> None:
    def ids(*, crash: bool) -> set[str]:
        job = run()
        job.created("09:00")
        job.flush()
        if crash:
            job.restart()
        job.at_end("10:00")
        job.replies("10:05")
        job.flush()
        return {event["id"] for event in job.sent(SLA)}

    assert ids(crash=True) == ids(crash=False)
    assert len(ids(crash=False)) == 3  # at risk, breached, fulfilled


def test_late_input_takes_back_a_breach_that_never_was() -> None:
    job = run()
    job.created("09:00")
    job.at_end("10:00:05")
    job.flush()
    job.replies("09:59:59", arrives="10:00:06")
    job.flush()
    [breach] = job.sent(SLA, type="sla.breached")
    [corrected] = job.sent(SLA, type="sla.corrected")
    assert corrected["corrects"] == breach["id"]
    panes = job.sent(PANE, kind="pane", start="2026-01-05T10:00:00Z")
    assert panes[-1]["counts"] == {"first_reply_breached": 0, "first_reply_missed": 0}
    assert job.totals()["first_reply_missed"] == 1  # counters never go back
    assert job.totals()["corrections_first_reply_missed"] == 1
    assert job.job.counters == {"refolded": 1}


def test_a_signal_is_taken_back_when_the_solve_came_late() -> None:
    job = run()
    job.created("09:00")
    job.at_end("+2 09:00:05")
    job.status("+2 08:59:58", "solved", arrives="+2 09:00:06")
    job.flush()
    on, off = job.sent(SIGNAL, rule="ticket_unresolved")
    assert (on["active"], off["active"]) == (True, False)
    assert off["since"] <= on["since"]


def test_duplicates_change_nothing_and_are_counted() -> None:
    job = run()
    record = job.event("09:00", wire.TICKET_CREATED, channel="email", created_by="customer")
    job.take(record)
    job.take(record._replace(offset=99))
    assert job.totals()["opened"] == 1
    assert job.job.counters == {"duplicate": 1}


def test_events_later_than_the_lateness_move_no_closed_window() -> None:
    job = run()
    job.created("09:00", "T-1")
    job.asks("10:00", "T-2")
    job.flush()
    job.asks("09:01", "T-1", arrives="10:00:01")
    job.flush()
    assert job.job.counters["late_events"] == 1
    assert job.sent(PANE, kind="pane", start="2026-01-05T09:01:00Z") == []


def test_solved_rows_become_tombstones_after_the_retention() -> None:
    job = run()
    job.created("09:00")
    job.status("09:30", "solved")
    job.flush()
    job.at_end("+30 09:31")
    job.flush()
    rows = job.rows("conversations")
    assert list(rows.values()) == [None]
    assert job.job.store.rows == {}


def test_panes_roll_into_minutes_and_leave_after_a_day() -> None:
    job = run()
    job.created("09:00:15")
    job.asks("09:00:45")
    job.flush()
    job.at_end("10:30")
    job.flush()
    coarse = job.sent(PANE, kind="pane", resolution=60, start="2026-01-05T09:00:00Z")
    assert coarse[-1]["counts"] == {"opened": 1, "messages_in": 1}
    job.at_end("+1 09:30")
    job.flush()
    minute = f"p|{clock('09:00')}|acme|email|tier1|normal".encode()
    assert job.rows("groups")[minute] is None


def test_explain_shows_clocks_and_timeline() -> None:
    job = run()
    job.created("09:00")
    job.replies("09:30:01")
    shown = job.job.explain("acme", SOURCE, "T-1")
    assert shown is not None
    clocks = {c["clock"]: c for c in shown["clocks"]}
    assert clocks["first_reply"]["is"] == "fulfilled"
    assert clocks["first_reply"]["elapsed"] == 1801
    assert clocks["full_resolution"]["due"] == "2026-01-06T09:00:00Z"
    assert [line["what"] for line in shown["timeline"]] == [
        "opened",
        "first_reply at_risk",
        "messages_out",
        "first_reply_met",
        "first_reply fulfilled",
    ]
    assert job.job.explain("acme", SOURCE, "T-404") is None
    assert job.job.explain("nobody", SOURCE, "T-1") is None


def test_a_closed_job_holds_nothing() -> None:
    job = run()
    job.created("09:00")
    job.job.closed()
    assert job.levels() == {}
    assert job.job.store.rows == {}
