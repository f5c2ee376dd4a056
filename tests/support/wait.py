"""Waiting for a condition with a deadline: the only place in the tests that ever sleeps.

A condition is any callable; what it returns is handed back as soon as it is truthy. An assertion
that fails inside a condition counts as "not yet", and is what the reader sees at the deadline.
"""

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar, overload

T = TypeVar("T")
_never = threading.Event()


class DeadlineExceeded(AssertionError):
    """A condition that did not come true in time."""


def eventually(
    condition: Callable[[], T | None],
    deadline: float = 10.0,
    *,
    every: float = 0.05,
    what: str = "",
) -> T:
    """Poll `condition` until it is truthy and return what it gave.

    Raises DeadlineExceeded, naming `what` and the last answer, when `deadline` seconds have gone.
    """
    end = time.monotonic() + deadline
    while True:
        answer, error = _try(condition)
        if error is None and answer:
            return answer
        if time.monotonic() >= end:
            raise _failure(deadline, what, answer, error) from error
        _never.wait(every)


@overload
async def eventually_async(
    condition: Callable[[], Awaitable[T | None]],
    deadline: float = ...,
    *,
    every: float = ...,
    what: str = ...,
) -> T: ...
@overload
async def eventually_async(
    condition: Callable[[], T | None], deadline: float = ..., *, every: float = ..., what: str = ...
) -> T: ...
async def eventually_async(
    condition: Callable[[], Any], deadline: float = 10.0, *, every: float = 0.05, what: str = ""
) -> Any:
    """`eventually` for a running event loop; the condition may be a coroutine function or plain."""
    end = time.monotonic() + deadline
    while True:
        answer, error = await _try_async(condition)
        if error is None and answer:
            return answer
        if time.monotonic() >= end:
            raise _failure(deadline, what, answer, error) from error
        await asyncio.sleep(every)


def _try(condition: Callable[[], T | None]) -> tuple[T | None, AssertionError | None]:
    try:
        return condition(), None
    except AssertionError as error:
        return None, error


async def _try_async(condition: Callable[[], Any]) -> tuple[Any, AssertionError | None]:
    try:
        answer = condition()
        return (await answer if isinstance(answer, Awaitable) else answer), None
    except AssertionError as error:
        return None, error


def _failure(
    deadline: float, what: str, answer: object, error: AssertionError | None
) -> DeadlineExceeded:
    last = f"last failure: {error}" if error else f"last answer: {answer!r}"
    return DeadlineExceeded(f"not within {deadline:g} s: {what or 'the condition'}; {last}")
