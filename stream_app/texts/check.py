"""Finds what is wrong with a user's templates, with file and line: by rendering alerts of all kinds."""

import json
from collections.abc import Callable, Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final, NamedTuple

from jinja2 import TemplateError, TemplateSyntaxError

from schemas.alert_rows import AlertRow
from stream_app.domain.alert_delivery import SINGLE
from stream_app.domain.alert_facts import Facts, facts_of
from stream_app.domain.alert_options import Life
from stream_app.domain.alert_view import Sum, Summary, view_of
from stream_app.domain.calendar import ALWAYS
from stream_app.domain.summary_notices import SETTLED, Part, summary_notice
from stream_app.texts.render import NAMES, Body, Texts, Voice

LINKS: Final = {"acknowledge": "https://pegel.example/a/1", "snooze": "https://pegel.example/a/2"}
_NOON: Final = 1_767_960_000_000


class Mistake(NamedTuple):
    """What is wrong, where. Line 0: with all of it."""

    path: str
    line: int
    problem: str
    remedy: str


def mistakes(voice: Voice, body: str = "", url: str = "") -> list[Mistake]:
    """Of the folder of texts, of the file that makes a request's body, and of an address."""
    found = list(_in_folder(voice)) if voice.folder else []
    if found:
        return found
    if body:
        found += _in_body(voice, body)
    if "{{" in url:
        found += _tried(url, lambda facts: Body(voice).address(url, facts))
    return found


def samples() -> Iterator[Facts]:
    """Facts of alerts of all kinds, full ones and bare ones."""
    explain = {
        "clock": "first_reply", "is": "breached", "target": 300, "late_by": 90,
        "due": "2026-01-09T12:00:00Z", "created_at": "2026-01-09T11:55:00Z",
        "calendar": "office", "policy": "chat", "policy_hash": "0123456789abcdef",
    }  # fmt: skip
    conversation = {
        "kind": "conversation", "source": "zendesk/acme", "id": 'T-1"\n<', "channel": "email",
        "team": "", "priority": "high", "url": "https://desk.example/1", "clock": "first_reply",
    }  # fmt: skip
    channel = {"kind": "channel", "channel": "email"}
    figure = {"value": 0.5, "threshold": 0.8, "window": "first_reply_met_ratio"}
    for state in ("firing", "resolved", "acknowledged"):
        yield _facts(conversation, explain, state)
        yield _facts(channel, figure, state)
        yield _facts({"kind": "source", "source": "zendesk/acme"}, {}, state)
    summary = Summary("acme", "", "", "support", "critical")
    part = Part(summary, Sum(120, _NOON, _NOON, ()), None)
    notice = summary_notice([part], ALWAYS, _NOON + SETTLED)
    assert notice is not None
    yield facts_of(notice.view, notice.kind, notice.identity)


def _facts(subject: dict[str, str], explain: dict[str, Any], state: str) -> Facts:
    row = AlertRow(1, "late_reply", "acme", subject, state, 1, _NOON, _NOON - 60_000)
    row.severity = row.label_severity = "warning"
    row.explain, row.delivery = explain, SINGLE
    view = view_of(row, Life(), ("v1-sample", 0, _NOON), ())
    return facts_of(view, state, "v1-sample.1.0")


def _in_folder(voice: Voice) -> Iterator[Mistake]:
    folder = Path(voice.folder)
    if not folder.is_dir():
        yield Mistake(voice.folder, 0, "no such folder", "name a folder with templates")
        return
    for path in sorted(folder.iterdir()):
        if path.suffix in (".txt", ".html") and path.name not in NAMES:
            near = get_close_matches(path.name, NAMES, n=1)
            guess = f"did you mean {near[0]}? " if near else ""
            remedy = f"{guess}templates are {', '.join(NAMES)}"
            yield Mistake(str(path), 0, "no template has this name", remedy)
    texts = Texts(voice)
    yield from _tried(voice.folder, lambda facts: texts.write(facts, LINKS))


def _in_body(voice: Voice, path: str) -> Iterator[Mistake]:
    if not Path(path).is_file():
        yield Mistake(path, 0, "no such file", "name a template for the body of the request")
        return
    texts = Texts(voice)

    def render(facts: Facts) -> None:
        told = {**facts, "text": texts.write(facts, LINKS).facts(), "links": LINKS}
        json.loads(Body(voice, path).render(told))

    yield from _tried(path, render)


def _tried(path: str, render: Callable[[Facts], object]) -> Iterator[Mistake]:
    for facts in samples():
        try:
            render(facts)
        except json.JSONDecodeError as error:
            yield Mistake(
                path, 0, f"the body is no JSON: {error}", "write values as {{ x | tojson }}"
            )
            return
        except TemplateSyntaxError as error:
            place = error.filename or path
            yield Mistake(place, error.lineno, str(error.message), "see docs/notifications.md")
            return
        except (TemplateError, UnicodeDecodeError, TypeError, ValueError, ArithmeticError) as error:
            yield _at_fault(path, error, facts)
            return


def _at_fault(path: str, error: Exception, facts: Mapping[str, Any]) -> Mistake:
    place, line = path, 0
    trace = error.__traceback__
    while trace is not None:
        name = trace.tb_frame.f_code.co_filename
        if name.startswith(str(Path(path))):  # jinja2 puts the template's own lines there
            place, line = name, trace.tb_lineno
        trace = trace.tb_next
    return Mistake(place, line, str(error), f"templates know {', '.join(sorted(facts))}")
