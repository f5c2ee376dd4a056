"""Figures of `pegel backtest` over the real incident log: events a second, memory, reading alone.

Seconds are those of this machine; how many turns of a plain loop an event costs compares better.
"""

import os
import resource
import time
from collections.abc import Callable
from pathlib import Path

from stream_app.backtest import Backtest, run_file
from stream_app.policyfile import load_policy
from stream_app.replay import EventFile, load_mapping
from tests.bench.core import plain_loop
from tests.oracle.real_log import real_log

EXAMPLES = Path(__file__).parents[2] / "examples"


def history() -> EventFile:
    return EventFile(real_log(), load_mapping(EXAMPLES / "volvo.yaml"), "incidents")


def backtest(processes: int) -> Backtest:
    test = Backtest(load_policy(EXAMPLES / "volvo-policy.yaml"), lambda _event: None)
    run_file(test, history(), lambda *_: None, processes)
    return test


def seconds(clock: Callable[[], float], work: Callable[[], object]) -> float:
    began = clock()
    work()
    return clock() - began


def peak(who: int) -> int:
    return resource.getrusage(who).ru_maxrss >> 10


def test_backtest_speed() -> None:
    loop = plain_loop()
    count = sum(1 for _ in history())
    reading = seconds(time.process_time, lambda: sum(1 for _ in history()))
    whole = seconds(time.process_time, lambda: backtest(1))
    loop = min(loop, plain_loop())
    print(
        f"\nbacktest: {count:,} events at {count / whole:,.0f} a CPU-second in one process "
        f"({count / reading:,.0f} for reading alone), peak {peak(resource.RUSAGE_SELF)} MB; "
        f"an event costs {whole / count * 1e9 / loop:,.0f} turns of a plain loop of {loop:.0f} ns"
    )


def test_backtest_speed_in_several_processes() -> None:
    processes = len(os.sched_getaffinity(0))
    began = time.perf_counter()
    test = backtest(processes)
    took = time.perf_counter() - began
    print(
        f"\nbacktest: {test.events / took:,.0f} events a second by the wall clock in {processes} "
        f"processes, each with a peak of {peak(resource.RUSAGE_CHILDREN)} MB at most"
    )
    assert test.sla_events == backtest(1).sla_events
