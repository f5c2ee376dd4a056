"""Templates to text. Templates are sandboxed: they see the facts of one alert and nothing else."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NamedTuple
from urllib.parse import quote

from jinja2 import FileSystemLoader, StrictUndefined, select_autoescape
from jinja2.sandbox import ImmutableSandboxedEnvironment

from stream_app.errors import UserError
from stream_app.texts.words import LANGUAGES, filters

HOME: Final = Path(__file__).parent / "templates"
NAMES: Final = ("subject.txt", "short.txt", "long.txt", "long.html")
MOST_CHARACTERS: Final = 100_000


class Written(NamedTuple):
    """An alert in words."""

    subject: str
    short: str
    long: str
    html: str

    def facts(self) -> dict[str, str]:
        """For templates that build on these texts."""
        return {"subject": self.subject, "short": self.short, "long": self.long}


@dataclass(frozen=True, slots=True)
class Voice:
    """How one receiver is spoken to. `folder` has templates that replace ours, name by name."""

    language: str = "en"
    zone: str = "UTC"
    folder: str = ""


def environment(voice: Voice, *folders: Path) -> ImmutableSandboxedEnvironment:
    """A sandbox in which a name that does not exist is an error; HTML is escaped."""
    found = ImmutableSandboxedEnvironment(
        loader=FileSystemLoader(folders),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        auto_reload=False,
        keep_trailing_newline=False,
    )
    found.filters.update(filters(voice.language, voice.zone))
    return found


def folders(voice: Voice) -> tuple[Path, ...]:
    """Where templates are looked for; the first that has a name wins."""
    ours = HOME / voice.language
    return (Path(voice.folder), ours) if voice.folder else (ours,)


class Texts:
    """The texts of one receiver."""

    def __init__(self, voice: Voice) -> None:
        if voice.language not in LANGUAGES:
            raise UserError(f"no texts in {voice.language!r}", f"languages: {', '.join(LANGUAGES)}")
        if voice.folder and not Path(voice.folder).is_dir():
            raise UserError(f"{voice.folder}: no such folder", "it holds templates for alerts")
        self._environment = environment(voice, *folders(voice))

    def write(self, facts: Mapping[str, Any], links: Mapping[str, str] | None = None) -> Written:
        """Subject and short text are one line each. Raises jinja2's errors for a bad template."""
        told = {**facts, "links": dict(links or {})}
        subject = " ".join(self._render("subject.txt", told).split())[:200]
        short = " ".join(self._render("short.txt", told).split())
        told |= {"subject": subject, "short": short}
        long = self._render("long.txt", told).strip() + "\n"
        return Written(subject, short, long, self._render("long.html", told))

    def _render(self, name: str, facts: Mapping[str, Any]) -> str:
        return self._environment.get_template(name).render(facts)[:MOST_CHARACTERS]


class Body:
    """The body of a request as a user's template says it, and addresses with values in them."""

    def __init__(self, voice: Voice, path: str = "") -> None:
        self._environment = environment(voice, Path(path).parent if path else HOME)
        self._name = Path(path).name
        # Values may hold anything; within an address they must stay one part of it.
        self._addresses = self._environment.overlay(
            autoescape=False, finalize=lambda value: quote(str(value), safe="")
        )

    def render(self, facts: Mapping[str, Any]) -> str:
        """The body."""
        return self._environment.get_template(self._name).render(facts)[:MOST_CHARACTERS]

    def address(self, url: str, facts: Mapping[str, Any]) -> str:
        """The address; `{{ conversation }}` and the like are filled in, percent-encoded."""
        return self._addresses.from_string(url).render(facts) if "{{" in url else url
