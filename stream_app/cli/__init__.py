"""The command line: what people type. Says at once when the Python is too old to run it."""

import sys

MINIMUM = (3, 11)


def complaint(version: tuple[int, int]) -> str | None:
    """One line about a Python that is too old, or None."""
    if version >= MINIMUM:
        return None
    found = ".".join(map(str, version))
    return (
        f"pegel: this is Python {found}, and Pegel needs 3.11 or newer — "
        "make a virtual environment with a newer one: python3.11 -m venv .venv"
    )


if (_too_old := complaint(sys.version_info[:2])) is not None:
    raise SystemExit(_too_old)
