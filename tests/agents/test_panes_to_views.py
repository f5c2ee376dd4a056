"""What the conversations agent says of its groups is what the channels agent shows."""

from collections.abc import Iterable

from agents.channels import ChannelsJob
from agents.conversations.publish import Publisher
from stream_app.domain.facts import Counted, Observed
from stream_app.domain.groups import Groups
from stream_app.domain.ticks import TenantTick
from stream_app.engine.job import Output
from tests.support.panes import (
    EMAIL,
    PHONE,
    T0,
    FakeRecord,
    Observation,
    expected_window,
    new_job,
    refuse_nothing,
)

TOPIC = "engagement.pane.v1"
HOUR = 3_600_000
SEEN = [
    Observation(source, group, T0 - HOUR * age - 7_000 * source, elapsed)
    for source in (0, 1)
    for group in (EMAIL, PHONE)
    for age, elapsed in enumerate([None, 60_000, None, 5_400_000, 1, None])
]


def groups_of(source: int) -> Groups:
    groups = Groups({"first_reply": (60_000, 3_600_000)}, lateness=600_000)
    for one in SEEN:
        if one.source == source and one.elapsed is None:
            groups.count("acme", Counted("messages_in", one.time, one.group))
        elif one.source == source:
            assert one.elapsed is not None
            groups.observe("acme", Observed("first_reply", one.time, one.group, one.elapsed))
    return groups


def receive(job: ChannelsJob, outputs: Iterable[Output]) -> None:
    """Deliver what was written to the pane topic, as its broker would."""
    mine = [o for o in outputs if o.topic == TOPIC and o.partition in {None, 0}]
    records = [FakeRecord(output.value, key=output.key) for output in mine]
    assert job.apply(records, refuse_nothing) == len(records)


def check(job: ChannelsJob, as_of: int, coarse_before: int) -> None:
    for name, span in (("1m", 60_000), ("1h", HOUR), ("4h", 4 * HOUR), ("24h", 24 * HOUR)):
        shown = job.views["acme", ""].windows[name]
        expected = expected_window(SEEN, as_of, span, coarse_before)
        assert shown["messages_in"] == expected["messages_in"]
        assert shown["first_reply_seconds"]["count"] == expected["count"]
        assert shown["first_reply_seconds"]["sum"] == expected["sum"] / 1000


def test_windows_equal_what_happened_before_and_after_minutes_are_rolled_up() -> None:
    job, tick = new_job(), TenantTick("live", T0, T0, at_end=True)
    sources = [groups_of(0), groups_of(1)]
    publishers = [Publisher(p, 2, TOPIC, "engagement.signal.v1", epoch=1) for p in (0, 1)]
    for groups, publisher in zip(sources, publishers, strict=True):
        receive(job, publisher.snapshot(groups, {"acme": tick}))
        receive(job, publisher.heartbeat({"acme": tick}, 0))
    job.turn(1_000, {})
    check(job, T0, coarse_before=0)
    later = TenantTick("live", T0 + 90_000, T0 + 90_000, at_end=True)
    for groups, publisher in zip(sources, publishers, strict=True):
        groups.advance("acme", later.watermark)
        receive(job, publisher.changes(groups, {"acme": later}))
        receive(job, publisher.heartbeat({"acme": later}, 0))
    job.turn(4_000, {})
    check(job, later.watermark, coarse_before=later.watermark - HOUR - 600_000 - 120_000)
    assert job.views["acme", ""].complete
