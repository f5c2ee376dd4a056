"""Backtests: a policy against history. The core of the workers, in event time, without Kafka."""

from stream_app.backtest.report import write_report
from stream_app.backtest.run import Backtest, Span

__all__ = ["Backtest", "Span", "write_report"]
