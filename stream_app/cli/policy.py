"""`pegel policy`: check a policy file, print it in full, test it, activate it, print its JSON Schema."""

from pathlib import Path
from typing import Annotated

import typer

from stream_app.cli.options import JsonOption, examples
from stream_app.cli.output import print_json
from stream_app.cli.policy_apply import EPILOG, apply_command
from stream_app.cli.policy_test import run_files
from stream_app.errors import UserError
from stream_app.policyfile import (
    Examination,
    check_files,
    default_policy,
    examine,
    load_policy,
    policy_schema,
    read_text,
    show,
)

app = typer.Typer(
    rich_markup_mode="rich",
    no_args_is_help=True,
    help="Check, show and activate policy files: what is promised, to whom, by when, and who hears of it.",
    epilog=examples(
        "pegel policy show > policy.yaml  # a first policy to edit",
        "pegel policy check policy.yaml",
        "pegel policy show policy.yaml  # with everything that was left out",
        "pegel policy test scenarios/*.yaml  # what should happen, and does it",
        "pegel policy apply policy.yaml  # let it hold from now on, for all workers",
        "pegel policy schema > pegel-policy.schema.json  # for your editor",
    ),
)

app.command(name="apply", epilog=EPILOG)(apply_command)
FileArgument = Annotated[Path, typer.Argument(metavar="FILE", help="The policy file")]
FilesArgument = Annotated[list[Path], typer.Argument(metavar="FILE…", help="Scenario files")]
OptionalFile = Annotated[
    Path | None,
    typer.Argument(metavar="[FILE]", help="The policy file; without one, the defaults"),
]


@app.command(
    name="check",
    epilog=examples("pegel policy check policy.yaml", "pegel policy check policy.yaml --json")
    + '\n\n  [dim]policy.yaml:14: sla\\[chat].targets.first_reply: "48" has no unit; write a '
    "duration such as 30s, 5m, 1h30m or 3d; 48h is hours[/dim]",
)
def check_command(file: FileArgument, as_json: JsonOption = False) -> None:
    """Say everything that is wrong with a policy file, and which version it is.

    One line per finding: file, line, path, what was found, what is allowed. The exit code is 0
    when the file can be used (warnings do not count), 1 when it cannot.
    """
    try:
        seen = _examined(file)
    except UserError as error:
        if not as_json:
            raise
        print_json(_unreadable(file, error))
        raise typer.Exit(1) from error
    if as_json:
        print_json(_as_json(file, seen))
    else:
        for problem in seen.problems:
            typer.echo(str(problem))
        typer.echo(_summary(file, seen))
    if seen.policy is None:
        raise typer.Exit(1)


@app.command(
    name="show",
    epilog=examples(
        "pegel policy show > policy.yaml  # a first policy to edit",
        "pegel policy show policy.yaml",
    ),
)
def show_command(file: OptionalFile = None) -> None:
    """Print a policy as YAML with everything written down that was left out."""
    policy = load_policy(file) if file else default_policy()
    typer.echo(f"# version {policy.hash}\n{show(policy)}", nl=False)


@app.command(
    name="schema",
    epilog=examples("pegel policy schema > pegel-policy.schema.json")
    + "\n\n  then, as the first line of the policy file:"
    + "\n\n  [dim]# yaml-language-server: $schema=pegel-policy.schema.json[/dim]",
)
def schema_command() -> None:
    """Print the JSON Schema of policy files, with which editors complete and check as you type."""
    print_json(policy_schema())


@app.command(
    name="test",
    epilog=examples("pegel policy test scenarios/*.yaml", "pegel policy test weekend.yaml --json")
    + "\n\n  [dim]line 14: clock T-1/first_reply at 10:31: expected due 09:30, got 10:30: the "
    'calendar "office" is closed 08:00–09:00[/dim]',
)
def run_command(files: FilesArgument, as_json: JsonOption = False) -> None:
    """Run scenario files: unit tests for a policy, with a clock of their own and no Kafka.

    The exit code is 0 when everything is as expected, 1 when something is not, 2 when a file is
    invalid.
    """
    code = run_files(files, as_json=as_json)
    if code:
        raise typer.Exit(code)


def _examined(file: Path) -> Examination:
    """The policy, and the files that its receivers name, which only this machine can look at."""
    text = read_text(file)
    seen = examine(text, str(file))
    found = check_files(text, str(file), seen.policy) if seen.policy else ()
    return Examination(None, (*seen.problems, *found)) if found else seen


def _unreadable(file: Path, error: UserError) -> dict[str, object]:
    finding = {"file": str(file), "line": 1, "severity": "error", "message": str(error)}
    return {"file": str(file), "valid": False, "version": None, "problems": [finding]}


def _as_json(file: Path, seen: Examination) -> dict[str, object]:
    return {
        "file": str(file),
        "valid": seen.policy is not None,
        "version": seen.policy.hash if seen.policy else None,
        "problems": [problem.as_json() for problem in seen.problems],
    }


def _summary(file: Path, seen: Examination) -> str:
    errors = sum(problem.severity == "error" for problem in seen.problems)
    pairs = ((errors, "error"), (len(seen.problems) - errors, "warning"))
    counts = " and ".join(_count(number, word) for number, word in pairs if number)
    if seen.policy is None:
        return f"{file} cannot be used: {counts}"
    return f"{file} is valid{f', with {counts}' if counts else ''}: version {seen.policy.hash}"


def _count(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"
