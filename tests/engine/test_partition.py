from dataclasses import replace

import pytest

from stream_app.engine.errors import FatalError
from stream_app.engine.job import Changes, Row
from stream_app.engine.meta import META_KEY, decode_meta
from stream_app.engine.partition import Partition, State
from stream_app.testing import CountingJob
from tests.engine.harness import LIMITS, LOGS, make_setting, records_of

GOOD = b'{"k":"a1","n":2}'
BAD = b"no json"
LARGE = b'{"k":"' + b"x" * 300 + b'","n":1}'


@pytest.fixture
def partition() -> Partition:
    part = Partition(make_setting(), 0)
    part.state = State.RUNNING
    return part


def test_applied_records_move_the_offset_behind_the_last(partition: Partition) -> None:
    assert partition.apply("in", records_of([GOOD] * 3, start=7)) == 3
    assert partition.offsets == {"in": 10}


def test_records_that_were_applied_are_skipped(partition: Partition) -> None:
    partition.apply("in", records_of([GOOD] * 3))
    assert partition.apply("in", records_of([GOOD] * 5)) == 2
    assert partition.apply("in", records_of([GOOD] * 5)) == 0
    assert job_of(partition).applied == 5


def test_sources_have_offsets_of_their_own(partition: Partition) -> None:
    partition.apply("in", records_of([GOOD], start=9))
    partition.apply("more", records_of([GOOD], "more", start=3))
    assert partition.offsets == {"in": 10, "more": 4}


def test_a_frozen_partition_takes_nothing_and_goes_on_afterwards(partition: Partition) -> None:
    partition.freeze()
    assert partition.apply("in", records_of([GOOD])) == 0
    partition.start()
    assert partition.apply("in", records_of([GOOD])) == 1


def test_a_large_record_is_rejected_unread_between_others(partition: Partition) -> None:
    assert partition.apply("in", records_of([GOOD, LARGE, GOOD, LARGE, BAD])) == 5
    assert partition.dead_letters == {"oversized": 2, "undecodable": 1}
    assert job_of(partition).applied == 2


def test_a_dead_letter_carries_bytes_key_partition_and_reason(partition: Partition) -> None:
    partition.apply("in", records_of([GOOD, BAD], start=40))
    letter = partition.collect().outputs[-1]
    headers = dict(letter.headers)
    assert (letter.topic, letter.key, letter.value, letter.partition) == ("in.dlq", b"k", BAD, 0)
    assert headers["dlq.original.topic"] == b"in"
    assert headers["dlq.original.offset"] == b"41"
    assert headers["dlq.error.code"] == b"undecodable"
    assert headers["dlq.consumer.group"] == b"app"
    assert headers["dlq.app.version"] == b"1.0"


def test_the_fuse_stops_right_after_the_record_that_trips_it(partition: Partition) -> None:
    assert partition.apply("in", records_of([GOOD] + [BAD] * 9 + [GOOD])) == 7
    assert partition.offsets == {"in": 7}
    assert partition.apply("in", records_of([GOOD], start=7)) == 0


def test_rejections_with_good_records_between_them_are_no_run(partition: Partition) -> None:
    values = [BAD, GOOD, GOOD] * 12
    assert partition.apply("in", records_of(values)) == len(values)


def test_a_run_goes_on_over_fetches(partition: Partition) -> None:
    for offset in range(5):
        partition.apply("in", records_of([BAD], start=offset))
    assert partition.apply("in", records_of([BAD, GOOD], start=5)) == 1
    assert partition.fuse.tripped


def test_a_lifted_fuse_is_something_to_write(partition: Partition) -> None:
    partition.apply("in", records_of([BAD] * 6))
    before = decode_meta(meta_of(partition))
    assert (bool(before.fuse.tripped), is_dirty(partition)) == (True, False)
    assert partition.resume()
    assert is_dirty(partition)
    assert decode_meta(meta_of(partition)).fuse.tripped == ""
    assert not partition.resume()


def test_a_flush_has_the_meta_row_last_in_every_changelog(partition: Partition) -> None:
    partition.apply("in", records_of([GOOD], start=4))
    flush = partition.collect()
    assert [rows[-1][0] for rows in flush.changelogs.values()] == [META_KEY, META_KEY]
    assert tuple(flush.changelogs) == LOGS
    meta = decode_meta(flush.changelogs[LOGS[0]][-1][1] or b"")
    assert (meta.offsets, meta.seq, meta.base, meta.job) == ({"in": 5}, 1, 0, b"1")
    assert flush.events == 1


def test_offsets_are_durable_only_when_the_flush_is(partition: Partition) -> None:
    partition.apply("in", records_of([GOOD]))
    flush = partition.collect()
    partition.apply("in", records_of([GOOD], start=1))
    assert partition.durable == {}
    partition.committed(flush)
    assert partition.durable == {"in": 1}
    assert job_of(partition).commits == 1


def test_records_without_effect_still_move_the_written_offset(partition: Partition) -> None:
    job_of(partition).collect()
    partition.apply("in", records_of([BAD]))
    assert partition.dirty


def test_a_row_over_the_cap_is_fatal_and_named(partition: Partition) -> None:
    job = job_of(partition)
    job.collect = lambda: Changes([Row("toy-counts", b"key-1", b"x" * 1001)])  # type: ignore[method-assign]
    with pytest.raises(FatalError, match=r"row of table toy-counts has 1001 bytes.*key-1"):
        partition.collect()


def test_a_complete_partition_is_never_loaded_into(partition: Partition) -> None:
    partition.restore(LOGS[0], records_of([b"rubbish"]))
    assert job_of(partition).counts == {}


def test_state_behind_the_committed_offset_is_fatal(partition: Partition) -> None:
    partition.apply("in", records_of([GOOD]))
    partition.check_committed("in", 1)
    partition.check_committed("in", None)
    with pytest.raises(FatalError, match="2 was committed"):
        partition.check_committed("in", 2)


def test_a_fused_partition_is_never_at_its_end(partition: Partition) -> None:
    partition.turn(5, {"in": 4})
    assert job_of(partition).at_end_ms == 4
    partition.apply("in", records_of([BAD] * 6))
    partition.turn(9, {"in": 8})
    assert job_of(partition).at_end_ms == 4


def test_closing_twice_tells_the_job_once() -> None:
    part = Partition(make_setting(replace(LIMITS, record_bytes=10)), 3)
    part.close()
    job_of(part).is_closed = False
    part.close()
    assert not job_of(part).is_closed


def job_of(partition: Partition) -> CountingJob:
    assert isinstance(partition.job, CountingJob)
    return partition.job


def is_dirty(partition: Partition) -> bool:
    return partition.dirty


def meta_of(partition: Partition) -> bytes:
    return partition.collect().changelogs[LOGS[0]][-1][1] or b""
