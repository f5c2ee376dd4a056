"""Where the real incident log lies, for tests that need it: it is not part of this repository."""

from pathlib import Path

import pytest

_ROOT = Path(__file__).parents[2]
_PLACE = _ROOT.parent / "shared" / "real" / "volvo-incidents.csv.gz"


def real_log() -> Path:
    """The path of the log; without it the test is skipped and says why."""
    if not _PLACE.exists():
        pytest.skip(f"the real incident log is not beside the checkout ({_PLACE.name})")
    return _PLACE
