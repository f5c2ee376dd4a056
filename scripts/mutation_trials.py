"""How a mutant is tried: in a copy of a process that has collected all tests already.

mutmut keeps all mutants of a function side by side and asks for the name of the one that is switched
on. This plugin of pytest answers. It runs all tests once to learn which of them reach which function,
then forks for each mutant and runs those that reach it, quick ones first, until one fails. Processor
time decides that a test does not end, not the clock, so that a busy machine makes no difference.
"""

import gc
import importlib
import json
import os
import signal
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from time import process_time
from typing import Final

import pytest
from _pytest.runner import runtestprotocol

NOTICED: Final = frozenset({"noticed", "endless"})
_RECORDING: Final = "stats"  # the name with which mutmut's functions say that they were called
_BROKEN: Final = 70  # the exit status of a trial that did not come to an end by itself
_PATIENCE: Final = (20, 3.0)  # a test may take so many times its time, and so many seconds


class Trials:
    """A plugin that tries mutants instead of running the tests."""

    def __init__(self, names: list[str]) -> None:
        self.names: Final = names
        self.verdicts: dict[str, str] = {}
        self._on = _RECORDING
        self._called: set[str] = set()
        self._at_import: frozenset[str] = frozenset()
        self._reach: dict[str, list[int]] = {}  # function -> tests by number, quick ones first
        self._seconds: list[float] = []
        trampoline = importlib.import_module("mutmut.mutation.trampoline")
        vars(trampoline)["get_mutant_under_test"] = lambda: self._on
        vars(trampoline)["record_trampoline_hit"] = lambda name, caller=None: self._called.add(name)

    def ran_at_import(self, name: str) -> bool:
        """Whether a mutant's function has done its work, or part of it, before it was switched on."""
        return _function(name) in self._at_import

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Learn what the tests reach, then try the mutants."""
        if session.testsfailed:
            raise session.Interrupted("tests could not be collected")
        self._at_import = frozenset(self._called)
        self._learn(session.items)
        gc.freeze()  # what all trials share is not looked through by each of them
        running: dict[int, str] = {}
        for name in self.names:
            if len(running) >= (os.cpu_count() or 1):
                self._await_one(running)
            running[_forked(partial(self._try, session.items, name))] = name
        while running:
            self._await_one(running)
        return True

    def _learn(self, items: list[pytest.Item]) -> None:
        found = Path("reached.json")
        child = _forked(partial(self._record, items, found))
        if os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]):
            pytest.exit(f"nothing has been changed, and yet there fails {found.read_text()}", 1)
        rows = json.loads(found.read_text())
        self._seconds = [seconds for seconds, _ in rows]
        for number in sorted(range(len(rows)), key=self._seconds.__getitem__):
            for function in rows[number][1]:
                self._reach.setdefault(function, []).append(number)
        print(f"{len(items)} tests reach {len(self._reach)} functions", flush=True)

    def _record(self, items: list[pytest.Item], into: Path) -> int:
        os.environ["MUTANT_UNDER_TEST"] = ""
        rows = []
        for item in items:
            self._called.clear()
            before = process_time()
            if not _passes(item):
                into.write_text(item.nodeid)
                return 1
            rows.append((process_time() - before, sorted(self._called)))
        into.write_text(json.dumps(rows))
        return 0

    def _try(self, items: list[pytest.Item], name: str) -> int:
        os.environ["MUTANT_UNDER_TEST"] = self._on = name
        times, extra = _PATIENCE
        for number in self._reach.get(_function(name), ()):
            signal.setitimer(signal.ITIMER_PROF, times * self._seconds[number] + extra)
            if not _passes(items[number]):
                return 1
        return 0

    def _await_one(self, running: dict[int, str]) -> None:
        pid, status = os.wait()
        name, code = running.pop(pid), os.waitstatus_to_exitcode(status)
        if code == _BROKEN:
            pytest.exit(f"could not be tried: {name}", 1)
        if code:
            self.verdicts[name] = "endless" if code == -signal.SIGPROF else "noticed"
        else:
            self.verdicts[name] = (
                "survived" if _function(name) in self._reach else "reached by none"
            )
        if self.verdicts[name] not in NOTICED:
            print(f"{self.verdicts[name]}: {name}", flush=True)
        done = len(self.verdicts)
        if done % 20 == 0:
            missed = sum(verdict not in NOTICED for verdict in self.verdicts.values())
            print(f"{done} of {len(self.names)} tried, {missed} missed", flush=True)


def _function(mutant: str) -> str:
    return mutant.rpartition("__mutmut_")[0]


def _passes(item: pytest.Item) -> bool:
    reports = runtestprotocol(item, nextitem=None, log=False)
    return not any(report.failed for report in reports)


def _forked(work: Callable[[], int]) -> int:
    sys.stdout.flush()
    pid = os.fork()
    if pid:
        return pid
    code = _BROKEN
    try:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, 1)
        os.dup2(nowhere, 2)
        code = work()
    finally:
        os._exit(code)
