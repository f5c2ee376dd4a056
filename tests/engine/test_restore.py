import pytest

from stream_app.engine.errors import FatalError
from stream_app.engine.meta import CLAIM_KEY, META_KEY, FuseState, Meta, decode_meta, encode_meta
from stream_app.engine.restore import TableReader, settle
from stream_app.testing import CountingJob, MemoryRecord

NONCE = b"ours"
TABLES = ["counts", "letters"]


def meta(seq: int, base: int | None = None) -> tuple[bytes, bytes]:
    built_on = seq - 1 if base is None else base
    row = Meta(1, 1, seq, built_on, TABLES, {"in": seq * 10}, FuseState(), {}, b"0")
    return META_KEY, encode_meta(row)


def letter(name: str, count: int) -> tuple[bytes, bytes]:
    return name.encode(), bytes([count])  # a small integer in MessagePack is itself


def read(reader: TableReader, job: CountingJob, *rows: tuple[bytes, bytes | None]) -> None:
    start = reader.position + 1
    reader.read([MemoryRecord("log", 0, start + i, 0, k, v) for i, (k, v) in enumerate(rows)], job)


def reader(table: str = "letters", *, grouped: bool = True) -> tuple[TableReader, CountingJob]:
    return TableReader(table, NONCE, grouped), CountingJob(0)


def test_a_table_is_complete_at_our_own_claim_row_and_at_no_other() -> None:
    table, job = reader()
    read(table, job, letter("a", 1), meta(1), (CLAIM_KEY, b"theirs"))
    assert not table.complete
    read(table, job, (CLAIM_KEY, NONCE))
    assert table.complete


def test_what_stands_behind_our_claim_row_is_not_read() -> None:
    table, job = reader(grouped=False)
    read(table, job, letter("a", 1), meta(1), (CLAIM_KEY, NONCE), letter("a", 9), meta(2))
    assert job.letters == {"a": 1}


def test_rows_that_were_read_before_are_skipped_when_reading_starts_over() -> None:
    table, job = reader(grouped=False)
    read(table, job, letter("a", 1), letter("b", 1))
    table.read([MemoryRecord("log", 0, 1, 0, *letter("b", 7))], job)
    assert job.letters == {"a": 1, "b": 1}
    assert table.rows == 2


def test_without_transactions_rows_count_only_when_their_meta_row_came() -> None:
    table, job = reader()
    read(table, job, letter("a", 1), meta(1), letter("a", 2), (CLAIM_KEY, NONCE))
    settle([table], True, job)
    assert job.letters == {"a": 1}


def test_a_flush_that_reached_one_table_of_two_is_left_out() -> None:
    first, job = reader("letters")
    second = TableReader("counts", NONCE, True)
    read(first, job, letter("a", 1), meta(1), letter("a", 2), meta(2), (CLAIM_KEY, NONCE))
    read(second, job, meta(1), (CLAIM_KEY, NONCE))
    chosen = settle([first, second], True, job)
    assert chosen is not None
    assert (chosen.seq, job.letters) == (1, {"a": 1})


def test_a_flush_that_a_later_one_did_not_build_upon_stays_left_out() -> None:
    table, job = reader()
    read(table, job, letter("a", 1), meta(1), letter("b", 5), meta(2), (CLAIM_KEY, b"theirs"))
    read(table, job, letter("a", 3), meta(2, base=1), (CLAIM_KEY, NONCE))
    settle([table], True, job)
    assert job.letters == {"a": 3}


def test_a_torn_first_flush_leaves_nothing() -> None:
    first, job = reader("letters")
    second = TableReader("counts", NONCE, True)
    read(first, job, letter("a", 1), meta(1), (CLAIM_KEY, NONCE))
    read(second, job, (CLAIM_KEY, NONCE))
    assert settle([first, second], True, job) is None
    assert job.letters == {}


def test_with_transactions_tables_that_end_differently_are_fatal() -> None:
    first, job = reader("letters", grouped=False)
    second = TableReader("counts", NONCE, False)
    read(first, job, meta(5), (CLAIM_KEY, NONCE))
    read(second, job, meta(4), (CLAIM_KEY, NONCE))
    with pytest.raises(FatalError, match="do not end with the same flush"):
        settle([first, second], False, job)


def test_a_table_without_a_meta_row_that_had_one_is_fatal() -> None:
    first, job = reader("letters", grouped=False)
    second = TableReader("counts", NONCE, False)
    read(first, job, meta(5), (CLAIM_KEY, NONCE))
    read(second, job, (CLAIM_KEY, NONCE))
    with pytest.raises(FatalError, match="changelog of counts has lost its rows"):
        settle([first, second], False, job)


def test_a_table_that_is_new_in_this_version_may_be_empty() -> None:
    first, job = reader("letters", grouped=False)
    second = TableReader("fresh", NONCE, False)
    read(first, job, meta(5), (CLAIM_KEY, NONCE))
    read(second, job, (CLAIM_KEY, NONCE))
    chosen = settle([first, second], False, job)
    assert chosen is not None
    assert chosen.seq == 5


def test_state_of_a_newer_version_is_refused() -> None:
    row = Meta(2, 1, 1, 0, TABLES, {}, FuseState(), {}, b"")
    with pytest.raises(FatalError, match="format 2"):
        decode_meta(encode_meta(row))


def test_a_meta_row_that_is_none_is_refused() -> None:
    with pytest.raises(FatalError, match="cannot be read"):
        decode_meta(b"\xc1")
