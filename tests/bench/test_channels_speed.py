"""What the channels agent costs: µs per pane record, ms per view, rows and bytes, recovery.

Prints the figures (CPU time) for 160 groups and 12 source partitions.
"""

import random
import time
import tracemalloc
from collections.abc import Callable
from functools import partial

from agents.channels import ChannelsJob
from schemas.instants import format_ms
from stream_app.domain.histogram import bucket_of
from stream_app.domain.views import view_of
from tests.support.panes import T0, FakeRecord, Log, Teller, new_job, record, refuse_nothing

PARTITIONS = 12
GROUPS = [
    (channel, f"team{team}", priority)
    for channel in (
        "email",
        "webchat",
        "whatsapp",
        "instagram",
        "facebook",
        "phone",
        "sms",
        "portal",
    )
    for team in range(5)
    for priority in ("low", "normal", "high", "urgent")
]
CHANCE = random.Random(7)


def timed(work: Callable[[], object]) -> float:
    begin = time.process_time()
    work()
    return time.process_time() - begin


def pane(teller: Teller, group: tuple[str, str, str], start: int, step: int) -> FakeRecord:
    """A busy pane: five messages, two replies, a resolution."""
    ms = [int(CHANCE.lognormvariate(13, 1.5)) for _ in range(3)]
    hist = {"first_reply": {bucket_of(ms[0]): 1, bucket_of(ms[1]): 1}}
    said = teller.say(
        "pane",
        tenant="acme",
        channel=group[0],
        team=group[1],
        priority=group[2],
        resolution=step,
        start=format_ms(start),
        counts={
            "messages_in": 5,
            "messages_out": 3,
            "opened": 2,
            "solved": 1,
            "first_reply_met": 2,
        },
        sums={"first_reply_ms": ms[0] + ms[1], "full_resolution_ms": ms[2]},
        hist={**hist, "full_resolution": {bucket_of(ms[2]): 1}},
    )
    teller.told.clear()
    return record(said)


def history(job: ChannelsJob, tellers: list[Teller], hours: int) -> int:
    """A past of 60 s panes, in every group of every second source partition, told as a snapshot."""
    count = 0
    for teller in tellers:
        job.apply([record(teller.begin())], refuse_nothing)
        for minute in range(hours * 60):
            start = T0 - 3_600_000 - minute * 60_000
            some = [pane(teller, group, start, 60) for group in GROUPS[teller.partition % 2 :: 2]]
            count += job.apply(some, refuse_nothing)
        job.apply([record(teller.end()), record(teller.heartbeat(T0))], refuse_nothing)
    return count


def everything_dirty(job: ChannelsJob) -> None:
    tenant = job.tenants["acme"]
    for scope in tenant.board.tallies:
        for total in tenant.board.tallies[scope].totals:
            total.rendered = None
        view_of(tenant, scope)


def test_what_the_channels_agent_costs() -> None:
    job, tellers = new_job(PARTITIONS), [Teller(p) for p in range(PARTITIONS)]
    tracemalloc.start()
    rows = history(job, tellers, hours=1)
    memory = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    print(f"memory             {memory / rows:8.0f} bytes per pane, its row key not yet flushed")
    first = timed(lambda: job.turn(1_000, {}))
    print(f"first windows      {first * 1e6 / rows:8.2f} µs per pane")
    fresh = [pane(t, g, T0 - T0 % 10_000, 10) for _ in range(4) for t in tellers for g in GROUPS]
    print(
        f"pane record        {timed(lambda: job.apply(fresh, refuse_nothing)) * 1e6 / len(fresh):8.2f} µs"
    )
    views = len(job.tenants["acme"].board.tallies)
    print(
        f"view refresh       {timed(lambda: everything_dirty(job)) * 1e3 / views:8.3f} ms each, {views} scopes"
    )
    job.turn(2_000, {})
    job.turn(3_000, {})
    bytes_out = sum(len(o.value or b"") for o in job.collect().outputs) / max(1, len(job.views))
    print(f"view record        {bytes_out:8.0f} bytes")
    beats = [record(t.heartbeat(T0 + 1_000)) for t in tellers]
    print(
        f"heartbeat          {timed(lambda: job.apply(beats, refuse_nothing)) * 1e6 / 12:8.2f} µs"
    )
    move = timed(lambda: job.tenants["acme"].judge(()))
    print(f"a second moves on  {move * 1e3:8.3f} ms")
    recovery(job, tellers)


def recovery(job: ChannelsJob, tellers: list[Teller]) -> None:
    log = Log()
    for teller in tellers[:2]:
        teller.epoch, teller.seq = 2, 0
    history(job, tellers[:2], hours=1)
    changes = job.collect()
    took = timed(partial(log.write, changes))
    print(
        f"rows in a flush    {len(changes.rows):8d}, {took * 1e6 / len(changes.rows):.2f} µs each to log"
    )
    size = sum(len(k) + len(v) for k, v in log.rows.items()) / len(log.rows)
    print(f"row                {size:8.0f} bytes with its key")
    back = timed(lambda: log.restart(PARTITIONS))
    print(f"recovery           {len(log.rows) / back:8.0f} rows/s")
