"""Backtests: a policy against history. The core of the workers, in event time, without Kafka."""

from stream_app.backtest.report import write_report
from stream_app.backtest.run import Backtest, Span
from stream_app.backtest.side_by_side import processes_for, run_file

__all__ = ["Backtest", "Span", "processes_for", "run_file", "write_report"]
