"""Figures of `pegel backtest` over the real incident log: events a second, memory, reading alone."""

import resource
import time
from pathlib import Path

from stream_app.backtest import Backtest
from stream_app.policyfile import load_policy
from stream_app.replay import EventFile, load_mapping
from tests.oracle.real_log import real_log

EXAMPLES = Path(__file__).parents[2] / "examples"


def history() -> EventFile:
    return EventFile(real_log(), load_mapping(EXAMPLES / "volvo.yaml"), "incidents")


def test_backtest_speed() -> None:
    began = time.process_time()
    count = sum(1 for _ in history())
    reading = time.process_time() - began
    test = Backtest(load_policy(EXAMPLES / "volvo-policy.yaml"), lambda _event: None)
    began = time.process_time()
    test.run(history(), lambda: None)
    whole = time.process_time() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
    print(
        f"\nbacktest: {count:,} events at {count / whole:,.0f} a CPU-second "
        f"({count / reading:,.0f} for reading alone), {test.conversations:,} conversations kept, "
        f"peak {peak} MB"
    )
