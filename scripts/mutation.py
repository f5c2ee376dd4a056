"""Tries a sample of all mutants of the core and says how many of them some test notices.

mutmut makes the mutants; this script chooses among them, tries them and counts. How one is tried
stands in `mutation_trials.py`. A mutant that no test reaches counts as missed, and so does one in code
that builds a table at import: it is tried once more in a process that has it from the start.
"""

import importlib
import json
import os
import random
import subprocess
import sys
import tomllib
from math import sqrt
from pathlib import Path
from typing import Final

import pytest
from mutation_trials import NOTICED, Trials

HOME: Final = Path("mutants")
Z: Final = 1.96  # of a confidence of 95 %


def main(count: int = 300, seed: int = 7) -> int:
    """Make all mutants, try a sample, print what no test noticed, and the share that one did."""
    _make_mutants()
    names = _names()
    sample = random.Random(seed).sample(names, min(count, len(names)))
    print(f"{len(sample)} of {len(names)} mutants, seed {seed}", flush=True)
    verdicts = _tried(sample)
    missed = sorted(name for name in sample if verdicts[name] not in NOTICED)
    print("\n".join(f"missed: {name}  ({verdicts[name]})" for name in missed))
    noticed, share = len(sample) - len(missed), 1 - len(missed) / len(sample)
    low, high = interval(noticed, len(sample))
    endless = sum(verdict == "endless" for verdict in verdicts.values())
    print(f"noticed: {noticed} of {len(sample)}, {endless} of them because a test did not end")
    print(f"score: {share:.1%}, 95 % interval {low:.1%} to {high:.1%} (seed {seed})")
    return 0 if share >= 0.8 else 1


def interval(found: int, of: int) -> tuple[float, float]:
    """Between which shares the true one lies with a confidence of 95 % (Wilson)."""
    share, spread = found / of, Z * Z / of
    middle = share + spread / 2
    half = Z * sqrt(share * (1 - share) / of + spread / of / 4)
    return (middle - half) / (1 + spread), (middle + half) / (1 + spread)


def _make_mutants() -> None:
    HOME.mkdir()
    tool = importlib.import_module("mutmut.__main__")
    tool.copy_src_dir()
    tool.copy_also_copy_files()
    tool.create_mutants(os.cpu_count() or 1)


def _names() -> list[str]:
    found: list[str] = []
    for path in (HOME / "stream_app/domain").glob("*.meta"):
        found += json.loads(path.read_text())["exit_code_by_key"]
    return sorted(found)


def _tried(sample: list[str]) -> dict[str, str]:
    settings = tomllib.loads(Path("pyproject.toml").read_text())["tool"]["mutmut"]
    arguments = [*settings["pytest_add_cli_args"], *settings["pytest_add_cli_args_test_selection"]]
    os.environ["HYPOTHESIS_PROFILE"] = "mutation"
    os.chdir(HOME)
    sys.path.insert(0, os.getcwd())
    trials = Trials(sample)
    code = pytest.main(
        ["-s", "-qq", "--assert=plain", "--tb=native", "-o", "timeout=0", *arguments],
        plugins=[trials],
    )
    if code or len(trials.verdicts) < len(sample):
        sys.exit(f"the trials did not end well: {code!r}")
    again = [n for n in sample if trials.ran_at_import(n) and trials.verdicts[n] not in NOTICED]
    return trials.verdicts | {name: _fresh(name, arguments) for name in again}


def _fresh(name: str, arguments: list[str]) -> str:
    print(f"from the start: {name}", flush=True)
    try:
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-x", "-qq", *arguments],
            check=False,
            capture_output=True,
            env={**os.environ, "MUTANT_UNDER_TEST": name},
            timeout=3600,
        )
    except subprocess.TimeoutExpired:
        return "endless"
    return "noticed" if done.returncode else "survived"


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
