"""Runs mutmut on a sample of all mutants of the core and says how many were noticed.

A mutant that no test reaches counts as missed. Those in what runs once at import are left out: they
are made when a mutant is switched on, which is too late for them.
"""

import json
import os
import random
import subprocess
import sys
from pathlib import Path
from typing import Final

MUTANTS: Final = Path("mutants/stream_app/domain")
MUTMUT: Final = [str(Path(sys.executable).with_name("mutmut")), "run"]
SURVIVED, NO_TESTS = 0, 33
AT_IMPORT: Final = ("figures.x__clock_", "clocks.x__", "measures.x_")  # build tables of constants


def main(count: int = 300, seed: int = 7) -> int:
    """Make all mutants, try a sample, print the score and what survived."""
    _mutmut(["stream_app.domain.none"])
    names = sorted(name for name in _verdicts() if not any(part in name for part in AT_IMPORT))
    sample = random.Random(seed).sample(names, min(count, len(names)))
    print(f"{len(sample)} of {len(names)} mutants", flush=True)
    _mutmut(["--max-children", str(os.cpu_count() or 1), *sample])
    verdicts = _verdicts()
    missed = sorted(name for name in sample if verdicts[name] in {SURVIVED, NO_TESTS, None})
    print("\n".join(missed))
    share = 1 - len(missed) / len(sample)
    print(f"noticed: {len(sample) - len(missed)} of {len(sample)}, {share:.1%} (seed {seed})")
    return 0 if share >= 0.8 else 1


def _mutmut(arguments: list[str]) -> None:
    environment = {**os.environ, "HYPOTHESIS_PROFILE": "mutation"}
    subprocess.run([*MUTMUT, *arguments], check=False, env=environment)


def _verdicts() -> dict[str, int | None]:
    found: dict[str, int | None] = {}
    for path in MUTANTS.glob("*.meta"):
        found |= json.loads(path.read_text())["exit_code_by_key"]
    return found


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
