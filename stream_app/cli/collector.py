"""How often Python looks for reference cycles while events are made, read, sent and folded."""

import gc
from typing import Final

_THRESHOLDS: Final = (100_000, 50, 100)


def collect_seldom() -> None:
    """Look for cycles a hundred times less often than usual.

    Events and conversations refer to each other in no cycle; looking through all of them again and
    again took a third of the time of a simulation.
    """
    gc.set_threshold(*_THRESHOLDS)
