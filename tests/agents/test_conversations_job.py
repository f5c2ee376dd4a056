"""The conversations job: records in; rows, panes, levels, outcomes and signals out."""

import json
from typing import Any

import pytest

from schemas import events as wire
from schemas.instants import format_ms
from stream_app.domain.calendar import ALWAYS
from stream_app.domain.policy import AlertRule, Policy
from tests.support.conversations import SOURCE, TOPIC, FakeRecord, JobRun
from tests.support.talk import HOUR, MINUTE, clock, make_policy, within

PANE = "engagement.pane.v1"
SLA = "engagement.sla.v1"
SIGNAL = "engagement.signal.v1"
UNRESOLVED = AlertRule("ticket_unresolved", {"unresolved_for": 48 * HOUR}, ALWAYS)


def policy(mode: str = "live") -> Policy:
    targets = {"first_reply": within(HOUR, 30 * MINUTE), "full_resolution": within(24 * HOUR)}
    made = make_policy(targets, (UNRESOLVED,))
    return Policy(made.hash, {"acme": mode, "beta": "event"}, made.channels, made.sla, made.alerts)


def run(mode: str = "live", partitions: int = 1) -> JobRun:
    return JobRun(policy(mode), partitions)


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


def test_a_log_that_holds_every_version_of_a_pane_is_restored_like_its_newest() -> None:
    job = run()
    for day in ("+0", "+1", "+3"):  # rolled after an hour, dropped after a day
        for second in (0, 11, 22):
            job.created(f"{day} 09:00:{second:02d}", f"T{day}-{second}")
            job.flush()
        job.restart()
        job.at_end(f"{day} 12:00")
        job.flush()
    job.restart()
    assert job.totals()["opened"] == 9
    panes = [pane for key in job.job.groups.states for pane in job.job.groups.panes(key)]
    kept = [(format_ms(start), resolution) for start, resolution, _ in panes]
    # The opening, and what broke at 10:00, of the last day; warnings count nowhere.
    assert kept == [("2026-01-08T09:00:00Z", 60_000), ("2026-01-08T10:00:00Z", 60_000)]
    assert job.rejected == []


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


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"value": b"{"}, "undecodable"),
        ({"value": None}, "undecodable"),
        ({"key": b"acme|helpdesk/acme|T-2"}, "subject_mismatch"),
        ({"timestamp": clock("08:54:59")}, "future_timestamp"),
    ],
)
def test_a_bad_record_goes_to_the_dead_letters(change: dict[str, object], code: str) -> None:
    job = run()
    record = job.event("09:00", wire.TICKET_CREATED, channel="email")
    job.take(record._replace(**change))  # type: ignore[arg-type]  # one field at a time
    assert [rejected.code for rejected in job.rejected] == [code]
    assert job.totals() == {}


@pytest.mark.parametrize(
    ("event_type", "fields", "code", "path"),
    [
        (wire.TICKET_STATUS_CHANGED, {}, "invalid_event", "$.data.to"),
        (wire.MESSAGE_CREATED, {"message": "m"}, "invalid_event", "$.data.direction"),
        (wire.TICKET_CREATED, {"tenant": "nobody"}, "unknown_tenant", "$.tenant"),
        ("support.ticket.sneezed.v1", {}, "unknown_type", "$.type"),
    ],
)
def test_a_rejection_names_the_place(
    event_type: str, fields: dict[str, Any], code: str, path: str
) -> None:
    job = run()
    job.take(job.event("09:00", event_type, **fields))
    assert [(r.code, r.path) for r in job.rejected] == [(code, path)]


def test_a_record_on_the_wrong_partition_is_rejected() -> None:
    job = run(partitions=12)
    for number in range(12):
        job.created("09:00", f"T-{number}")
    assert {rejected.code for rejected in job.rejected} == {"wrong_partition"}
    assert 0 < len(job.rejected) < 12


def test_the_fuse_stops_the_batch_where_it_trips() -> None:
    job = run()
    bad = [job.event("09:00", "nonsense") for _ in range(5)]
    assert job.job.apply(bad, lambda _rejected: False) == 1


def test_unknown_channels_become_other() -> None:
    job = run()
    job.created("09:00", channel="pigeon")
    assert [key[1] for key, _ in job.job.levels()] == ["other"]


def test_binary_mode_is_read_as_well() -> None:
    job = run()
    headers = {
        "ce_id": b"1",
        "ce_source": SOURCE.encode(),
        "ce_type": wire.TICKET_CREATED.encode(),
        "ce_subject": b"T-1",
        "ce_time": b"2026-01-05T09:00:00Z",
        "ce_tenant": b"acme",
    }
    value = json.dumps({"channel": "email", "created_by": "customer"}).encode()
    key = f"acme|{SOURCE}|T-1".encode()
    job.take(FakeRecord(TOPIC, 0, 1, clock("09:00"), key, value, tuple(headers.items())))
    assert job.rejected == []
    assert job.levels()["open"] == 1


def test_event_time_never_asks_the_wall_clock() -> None:
    job = run("event")
    job.created("09:00")
    job.at_end("12:00")
    assert "overdue" not in job.levels()
    job.take(job.control("09:00", wire.CLOCK_ADVANCE, "acme", until=format_ms(clock("10:00"))))
    assert job.levels()["overdue"] == 1


def test_another_conversations_event_moves_the_event_clock() -> None:
    job = run("event")
    job.created("09:00", "T-1")
    job.created("10:00:01", "T-2")
    assert job.levels()["overdue"] == 1


def test_clock_live_hands_a_tenant_over_to_live_time() -> None:
    job = run("event")
    job.created("09:00")
    job.take(job.control("10:00:01", wire.CLOCK_LIVE, "acme"))
    job.at_end("10:00:02")
    assert job.levels()["overdue"] == 1
    assert job.job.clocks()["acme"][2] == "live"


def test_heartbeats_name_every_tenant_on_every_partition() -> None:
    job = run(partitions=3)
    job.at_end("09:00")
    outputs = job.flush()
    beats = [o for o in outputs if o.topic == PANE and o.value and b"heartbeat" in o.value]
    assert [beat.partition for beat in beats] == [0, 1, 2]
    clocks = json.loads(beats[0].value or b"")["clocks"]
    assert set(clocks) == {"acme", "beta"}
    assert clocks["acme"] == {
        "watermark": "2026-01-05T09:00:00Z",
        "tick": "2026-01-05T09:00:00Z",
        "mode": "live",
    }


def test_a_merge_writes_absorbed_to_the_other_key_and_forwards_what_comes_later() -> None:
    job = run()
    job.created("09:00")
    job.take(job.event("09:10", wire.TICKET_MERGED, into="T-2"))
    job.asks("09:20", id="late-one")
    outputs = [output for output in job.flush() if output.topic == TOPIC]
    absorbed, forwarded = (json.loads(output.value or b"") for output in outputs)
    assert {output.key for output in outputs} == {f"acme|{SOURCE}|T-2".encode()}
    assert absorbed["type"] == wire.TICKET_ABSORBED
    assert absorbed["data"]["from"] == "T-1"
    assert absorbed["data"]["oldest_unanswered_at"] == "2026-01-05T09:00:00Z"
    assert (forwarded["id"], forwarded["subject"], forwarded["hops"]) == ("late-one", "T-2", 1)


def test_a_merge_chain_that_never_ends_is_cut_off() -> None:
    job = run()
    job.created("09:00")
    job.take(job.event("09:10", wire.TICKET_MERGED, into="T-2"))
    job.asks("09:20", hops=8)
    assert [rejected.code for rejected in job.rejected] == ["merge_loop"]


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
