"""A backtest in several processes, each with its part of the conversations.

Each process reads the whole file, so that time goes the same way in all of them, and takes in what
belongs to its part. The result is that of one process, to the byte: every SLA event carries the place
at which it was said, and in the order of places they are put together again.

Not responsible for showing anything: what is worth telling goes to the first process through pipes.
"""

import multiprocessing
import os
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from heapq import merge
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from operator import itemgetter
from tempfile import TemporaryFile
from typing import IO, Any, Final, NamedTuple

import msgspec

from stream_app.backtest.parts import Part, parts_of
from stream_app.backtest.run import Backtest, Findings, Span
from stream_app.errors import UserError
from stream_app.replay import EventFile, Unreadable

_SMALL: Final = 1 << 18  # bytes of a file that one process has read before others are ready
_MOST: Final = 16

OnProgress = Callable[[int, int, int], None]
"""Bytes read, bytes in all, events taken in."""


class _At(NamedTuple):
    """How far a part has come."""

    number: int
    position: int
    size: int
    events: int


def processes_for(file: EventFile) -> int:
    """How many processes are worth the while for a file on this machine."""
    if sys.platform != "linux" or file.path.stat().st_size < _SMALL:
        return 1  # elsewhere a process cannot be forked safely
    return min(_MOST, len(os.sched_getaffinity(0)))


def run_file(test: Backtest, file: EventFile, on_progress: OnProgress, processes: int) -> Span:
    """Run a backtest over a file, in as many processes as given."""
    if processes > 1:
        return _Together(test, file, on_progress).run(parts_of(file, processes))
    found = file.for_core(test.part.has)
    return test.run(found, lambda: on_progress(*file.progress(), test.events))


class _Together:
    """The first process: starts the others, hears them, and puts together what they have found."""

    def __init__(self, test: Backtest, file: EventFile, on_progress: OnProgress) -> None:
        self._test = test
        self._file = file
        self._on_progress = on_progress
        self._at: dict[int, _At] = {}
        self._found: list[Findings] = []

    def run(self, parts: Sequence[Part]) -> Span:
        with ExitStack() as stack:
            spools = [stack.enter_context(TemporaryFile()) for _ in parts]
            pipes = [self._start(stack, *both) for both in zip(parts, spools, strict=True)]
            while pipes:
                for pipe in wait(pipes):
                    assert isinstance(pipe, Connection)
                    if not self._hear(pipe):
                        pipes.remove(pipe)
            for found in self._found:
                self._test.add(found)
            if keep := self._test.on_sla_event:
                for _, event in merge(*map(_spoken, spools), key=itemgetter(0)):
                    keep(event)
        return self._found[0].span

    def _start(self, stack: ExitStack, part: Part, spool: IO[bytes]) -> Connection:
        ours, theirs = multiprocessing.Pipe(duplex=False)
        fork = multiprocessing.get_context("fork")
        work = _Work(self._test, self._file, part, spool, theirs)
        process = fork.Process(target=work.run, daemon=True)
        process.start()
        theirs.close()
        stack.callback(_end, process)
        return ours

    def _hear(self, pipe: Connection) -> bool:
        """Take one message; False when it was the last."""
        try:
            said = pipe.recv()
        except EOFError:
            raise RuntimeError("a process of the backtest has ended before its time") from None
        if isinstance(said, Findings):
            self._found.append(said)
            return False
        if isinstance(said, UserError):
            raise said
        if isinstance(said, Unreadable):
            self._file.skip(said)
        elif isinstance(said, _At):
            self._at[said.number] = said
            at = list(self._at.values())
            read = sum(one.position for one in at) // len(at)
            self._on_progress(read, said.size, sum(one.events for one in at))
        return True


class _Work(NamedTuple):
    """What one of the processes does."""

    test: Backtest  # it has not begun
    file: EventFile
    part: Part
    spool: IO[bytes]
    pipe: Connection

    def run(self) -> None:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # the first process ends the others
        first = self.part.number == 0
        file = self.file.reported_to(self.pipe.send if first else _ignore)
        test = self.test.for_part(self.part, self._keep)
        try:
            span = test.run(file.for_core(self.part.has), lambda: self._tell(file, test))
            self.spool.flush()
            self.pipe.send(test.findings(span))
        except UserError as error:
            self.pipe.send(error)

    def _keep(self, place: tuple[Any, ...], event: bytes) -> None:
        self.spool.write(_encode(place) + b"\t" + event + b"\n")

    def _tell(self, file: EventFile, test: Backtest) -> None:
        self.pipe.send(_At(self.part.number, *file.progress(), test.events))


_encode: Final = msgspec.json.Encoder().encode
_decode: Final = msgspec.json.Decoder().decode


def _spoken(spool: IO[bytes]) -> Iterator[tuple[Any, bytes]]:
    spool.seek(0)
    for line in spool:
        place, _, event = line.rstrip(b"\n").partition(b"\t")
        yield _decode(place), event


def _ignore(_unreadable: Unreadable) -> None:
    """Another process says it."""


def _end(process: BaseProcess) -> None:
    process.terminate()
    process.join()
