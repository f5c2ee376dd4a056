"""Codes of what is counted: each name has its own, and stored codes never change their meaning."""

import pytest

from stream_app.domain import measures


def test_no_two_names_share_a_code() -> None:
    codes = [*measures.COUNT_CODES.values(), *measures.SUM_CODES.values()]
    assert len(codes) == len(set(codes))
    assert max(codes) < measures.HIST_BASE


def test_codes_that_stand_in_changelogs_are_what_they_were() -> None:
    assert measures.COUNT_CODES["messages_in"] == 0
    assert measures.COUNT_CODES["reopened"] == 4
    assert measures.COUNT_CODES["first_reply_met"] == 64
    assert measures.COUNT_CODES["next_reply_missed"] == 81
    assert measures.SUM_CODES["full_resolution_ms"] == 111
    assert measures.bucket_code(0, -1) == 1024
    assert measures.bucket_code(2, 500) == 1024 + 2 * 2048 + 501


@pytest.mark.parametrize("bucket", [-1, 0, 1200, measures.MAX_BUCKET])
@pytest.mark.parametrize("clock", range(len(measures.CLOCKS)))
def test_a_bucket_can_be_read_from_its_code(clock: int, bucket: int) -> None:
    assert measures.bucket_of_code(measures.bucket_code(clock, bucket)) == (clock, bucket)


@pytest.mark.parametrize("bucket", [-2, measures.MAX_BUCKET + 1])
def test_a_number_that_is_no_bucket_is_refused(bucket: int) -> None:
    with pytest.raises(ValueError, match="no histogram bucket"):
        measures.bucket_code(0, bucket)


def test_a_pane_becomes_one_mapping_without_zeros() -> None:
    values = measures.flatten(
        {"messages_in": 3, "solved": 0, "first_reply_met": 1},
        {"first_reply_ms": 90},
        {"first_reply": {7: 1, 8: 0}},
    )
    assert values == {0: 3, 64: 1, 79: 90, measures.bucket_code(0, 7): 1}


def test_names_of_a_newer_agent_are_left_out() -> None:
    assert measures.flatten({"yawns": 3}, {"yawn_ms": 4}, {"yawn": {1: 1}}) == {}
