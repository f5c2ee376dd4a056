"""Figures of `pegel backtest` over the real incident log: events a second, memory, reading alone.

`python -m tests.bench backtest` runs this on plain Python and, where there is a compiled build, on that.
Seconds are those of this machine; how many turns of a plain loop an event costs compares better.
"""

import gc
import os
import resource
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from stream_app.backtest import Backtest, run_file
from stream_app.cli.collector import collect_seldom
from stream_app.domain import fold
from stream_app.policyfile import load_policy
from stream_app.replay import EventFile, load_mapping
from tests.bench.core import plain_loop
from tests.oracle.real_log import real_log

EXAMPLES = Path(__file__).parents[2] / "examples"
RUNS = 3


def history() -> EventFile:
    return EventFile(real_log(), load_mapping(EXAMPLES / "volvo.yaml"), "incidents")


def backtest(processes: int) -> Backtest:
    test = Backtest(load_policy(EXAMPLES / "volvo-policy.yaml"))
    run_file(test, history(), lambda *_: None, processes)
    return test


def seconds(clock: Callable[[], float], work: Callable[[], object]) -> float:
    """Of the best of some runs."""
    found = []
    for _ in range(RUNS):
        gc.collect()
        began = clock()
        work()
        found.append(clock() - began)
    return min(found)


def peak(who: int) -> int:
    return resource.getrusage(who).ru_maxrss >> 10


def read() -> int:
    return sum(1 for _ in history().for_core(lambda _name: False))


def main() -> None:
    """Print the figures of one process and of as many as there are cores."""
    collect_seldom()  # as the command does
    kind = "plain Python" if fold.__file__.endswith(".py") else "compiled"
    processes = len(os.sched_getaffinity(0))
    together = seconds(time.perf_counter, lambda: backtest(processes))
    count = backtest(1).events
    memory = peak(resource.RUSAGE_SELF)
    loop, reading = plain_loop(), seconds(time.process_time, read)
    alone = seconds(time.process_time, lambda: backtest(1))
    loop = min(loop, plain_loop())
    print(
        f"{kind}: {count:,} events at {count / alone:,.0f} a CPU-second in one process "
        f"({count / reading:,.0f} for reading alone), peak {memory} MB\n"
        f"{kind}: an event costs {alone / count * 1e6:.1f} µs, "
        f"{alone / count * 1e9 / loop:,.0f} turns of a plain loop of {loop:.0f} ns\n"
        f"{kind}: {count / together:,.0f} events a second by the wall clock in {processes} processes, "
        f"each with a peak of {peak(resource.RUSAGE_CHILDREN)} MB at most; load {os.getloadavg()[0]:.0f}"
    )


if __name__ == "__main__":
    try:
        main()
    except pytest.skip.Exception as skipped:
        print(f"left out: {skipped}")
