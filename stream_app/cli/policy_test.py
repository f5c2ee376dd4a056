"""`pegel policy test`: runs scenario files and says what is not as expected."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import typer

from stream_app.cli.output import print_json
from stream_app.errors import UserError
from stream_app.policyfile import PolicyError
from stream_app.scenario import Scenario, Verdict, load_scenario, run_scenario
from stream_app.scenario.showing import shown_instant

PASSED, FAILED, INVALID = 0, 1, 2


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one file: mistakes when it could not be run, else its verdicts."""

    file: Path
    scenario: Scenario | None = None
    verdicts: tuple[Verdict, ...] = ()
    mistakes: tuple[str, ...] = ()

    @property
    def failed(self) -> list[Verdict]:
        """The expectations that do not hold."""
        return [verdict for verdict in self.verdicts if not verdict.holds]

    @property
    def code(self) -> int:
        """The exit code that this file alone would give."""
        if self.scenario is None:
            return INVALID
        return FAILED if self.failed else PASSED


def run_files(files: Sequence[Path], *, as_json: bool) -> int:
    """Run every file, print what became of them, and return the exit code."""
    outcomes = [run_file(file) for file in files]
    code = max(outcome.code for outcome in outcomes)
    if as_json:
        print_json({"passed": code == PASSED, "files": [_as_json(each) for each in outcomes]})
        return code
    for outcome in outcomes:
        for line in _lines(outcome):
            typer.echo(line)
    typer.echo(_summary(outcomes))
    return code


def run_file(file: Path) -> Outcome:
    """Read and run one file; mistakes become part of the outcome."""
    try:
        scenario = load_scenario(file)
    except PolicyError as error:
        return Outcome(file, mistakes=tuple(str(problem) for problem in error.problems))
    except UserError as error:
        return Outcome(file, mistakes=(str(error),))
    return Outcome(file, scenario, run_scenario(scenario))


def _lines(outcome: Outcome) -> list[str]:
    if outcome.scenario is None:
        return list(outcome.mistakes)
    failed, name = outcome.failed, outcome.scenario.name
    if not failed:
        return [f"ok      {outcome.file}: {name}"]
    lines = [f"FAILED  {outcome.file}: {name}"]
    for verdict in failed:
        where = _where(verdict)
        lines += [f"  {where}: {difference}" for difference in verdict.differences]
    return lines


def _where(verdict: Verdict) -> str:
    expectation = verdict.expectation
    at = shown_instant(expectation.at.ms, expectation.at)
    return f"line {expectation.place.line}: {expectation.kind} {expectation.subject} at {at}"


def _summary(outcomes: Sequence[Outcome]) -> str:
    verdicts = [verdict for outcome in outcomes for verdict in outcome.verdicts]
    holding = sum(verdict.holds for verdict in verdicts)
    invalid = sum(outcome.scenario is None for outcome in outcomes)
    files = f"{len(outcomes)} file{'' if len(outcomes) == 1 else 's'}"
    words = f"{holding} of {len(verdicts)} expectations hold in {files}"
    return f"{words}; {invalid} cannot be used" if invalid else words


def _as_json(outcome: Outcome) -> dict[str, Any]:
    return {
        "file": str(outcome.file),
        "name": outcome.scenario.name if outcome.scenario else None,
        "valid": outcome.scenario is not None,
        "passed": outcome.code == PASSED,
        "mistakes": list(outcome.mistakes),
        "expectations": [_verdict_json(verdict) for verdict in outcome.verdicts],
    }


def _verdict_json(verdict: Verdict) -> dict[str, Any]:
    expectation = verdict.expectation
    return {
        "line": expectation.place.line,
        "kind": expectation.kind,
        "subject": expectation.subject,
        "holds": verdict.holds,
        "differences": [
            {**difference._asdict(), "message": str(difference)}
            for difference in verdict.differences
        ],
    }
