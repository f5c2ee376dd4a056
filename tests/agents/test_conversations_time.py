"""The conversations job and time: event time, live time, heartbeats, merges."""

import json

from schemas import events as wire
from schemas.instants import format_ms
from tests.support.conversations import SOURCE, TOPIC
from tests.support.talk import clock
from tests.support.two_tenants import PANE, run


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
