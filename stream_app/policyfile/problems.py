"""What is wrong with a policy file, said so that its author can mend it."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from difflib import get_close_matches
from typing import Literal

from stream_app.errors import UserError

Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands in a file. Lines and columns count from 1."""

    file: str
    line: int
    column: int
    path: str


@dataclass(frozen=True, slots=True)
class Problem:
    """One finding: where, what was found, what is allowed."""

    place: Place
    found: str
    allowed: str
    severity: Severity = "error"

    def __str__(self) -> str:
        """`file:line: path: what was found; what is allowed`, with `warning:` where it is one."""
        where = f"{self.place.file}:{self.place.line}: "
        path = f"{self.place.path}: " if self.place.path else ""
        mark = "warning: " if self.severity == "warning" else ""
        return f"{where}{mark}{path}{self.found}; {self.allowed}"

    def as_json(self) -> dict[str, object]:
        """The finding as flat JSON, for tools."""
        rest = {"severity": self.severity, "found": self.found, "allowed": self.allowed}
        return {**asdict(self.place), **rest, "message": str(self)}


class PolicyError(UserError):
    """A policy file that cannot be used; `problems` has every finding, in the order of the file."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        errors = [problem for problem in self.problems if problem.severity == "error"]
        more = len(errors) - 1
        remedy = f"and {more} more: `pegel policy check` lists them" if more else ""
        super().__init__(str(errors[0]), remedy)


class Report:
    """Collects the findings of one file."""

    def __init__(self) -> None:
        self._problems: list[Problem] = []

    def error(self, place: Place, found: str, allowed: str) -> None:
        self._problems.append(Problem(place, found, allowed))

    def warn(self, place: Place, found: str, allowed: str) -> None:
        self._problems.append(Problem(place, found, allowed, "warning"))

    @property
    def failed(self) -> bool:
        return any(problem.severity == "error" for problem in self._problems)

    def problems(self) -> tuple[Problem, ...]:
        """All findings without repetitions, in the order of the file."""
        distinct = dict.fromkeys(self._problems)
        return tuple(sorted(distinct, key=lambda found: (found.place.line, found.place.column)))


def quoted(text: str) -> str:
    """`text` in quotation marks, cut when it is long."""
    return f'"{text}"' if len(text) <= 60 else f'"{text[:57]}..."'


def listed(words: Iterable[str]) -> str:
    """`a, b or c`."""
    *rest, last = list(words) or ["nothing"]
    return f"{', '.join(rest)} or {last}" if rest else last


def nearest(word: str, choices: Iterable[str]) -> str | None:
    """The choice that was probably meant, if one is near."""
    folded = {choice.casefold(): choice for choice in choices}
    near = get_close_matches(word.casefold(), folded, n=1, cutoff=0.6)
    return folded[near[0]] if near else None


def suggestion(word: str, choices: Sequence[str], what: str) -> str:
    """`did you mean x?` where one is near, then what there is (only a few of many)."""
    near = nearest(word, choices)
    guess = f"did you mean {near}? " if near else ""
    if not choices:
        return f"this file defines no {what}"
    if len(choices) > 20:
        return f"{guess}{what}: {len(choices)} are known, such as {listed(choices[:3])}"
    return f"{guess}{what}: {listed(choices)}"
