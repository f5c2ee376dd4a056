"""What every calendar can do. `stream_app.domain.calendar` has the calendars.

Stands alone because readers of policies ask at run time whether something is a calendar, which a
compiled protocol does not answer (`scripts/compile.sh`).
"""

from typing import Protocol, runtime_checkable


@runtime_checkable
class Calendar(Protocol):
    """Business time. Instants and durations are milliseconds; instants are UTC."""

    @property
    def name(self) -> str: ...

    def due(self, start: int, duration: int) -> int:
        """The first instant at which `duration` of open time has passed since `start`."""
        ...

    def elapsed(self, start: int, end: int) -> int:
        """Open time in [start, end); 0 when `end` is not after `start`."""
        ...
