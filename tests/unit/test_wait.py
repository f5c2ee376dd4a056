"""Waiting with a deadline."""

import pytest

from tests.support.wait import DeadlineExceeded, eventually, eventually_async


def test_the_first_truthy_answer_is_handed_back() -> None:
    answers = iter([0, "", 42])
    assert eventually(lambda: next(answers), 5, every=0) == 42


def test_the_deadline_names_what_was_waited_for_and_the_last_answer() -> None:
    with pytest.raises(DeadlineExceeded, match=r"not within 0 s: the tide; last answer: \[\]"):
        eventually(lambda: [], 0, what="the tide")


def test_a_failing_assertion_counts_as_not_yet() -> None:
    levels = iter([1, 2, 3])

    def high_enough() -> bool:
        level = next(levels)
        assert level >= 3
        return True

    assert eventually(high_enough, 5, every=0)


def test_the_last_failed_assertion_is_what_the_reader_sees() -> None:
    def dry() -> bool:
        raise AssertionError("no water")

    with pytest.raises(DeadlineExceeded, match="last failure: no water"):
        eventually(dry, 0)


def test_another_exception_ends_the_waiting_at_once() -> None:
    with pytest.raises(ZeroDivisionError):
        eventually(lambda: 1 // 0, 5)


async def test_coroutine_functions_and_plain_ones_can_be_awaited() -> None:
    answers = iter([None, "flood"])

    async def ask() -> str | None:
        return next(answers)

    assert await eventually_async(ask, 5, every=0) == "flood"
    assert await eventually_async(lambda: 7, 5) == 7


async def test_the_deadline_holds_for_coroutines_too() -> None:
    async def never() -> bool:
        return False

    with pytest.raises(DeadlineExceeded, match="last answer: False"):
        await eventually_async(never, 0)
