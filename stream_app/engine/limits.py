"""The bounds that the engine keeps: how often it flushes, what it refuses, when it gives up."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FuseLimits:
    """A partition stops when it would send nearly everything to the dead-letter topic."""

    run: int = 50  # trips above this many rejected records in a row
    ratio: float = 0.05  # ... or above this share of the last `window` records or more
    window: int = 1_000


@dataclass(frozen=True, slots=True)
class Limits:
    """Every bound of the engine with its default."""

    flush_seconds: float = 0.25
    flush_events: int = 20_000
    turn_seconds: float = 0.05  # longest wait for records, so the longest pause between turns
    poll_records: int = 1_000  # applied without a pause: heartbeats and /metrics wait for it
    replay_records: int = 20_000  # records of one poll while state is being restored
    record_bytes: int = 1 << 20  # a larger input record goes to the dead-letter topic unread
    row_bytes: int = 512 << 10  # a larger row ends the process: it would not stay readable
    batch_bytes: int = 900_000  # of one record batch; brokers refuse more than 1 MiB by default
    retry_seconds: float = 20.0  # a flush that has not succeeded by then ends the process
    transaction_seconds: float = 10.0
    revoke_seconds: float = 8.0  # wait for flushes when partitions are taken away
    drain_seconds: float = 8.0  # ... and when the process is asked to stop
    watchdog_seconds: float = 60.0
    fuse: FuseLimits = FuseLimits()
