"""What alerts say: languages, zones, escaping, a user's own templates and the mistakes in them."""

import json
from pathlib import Path
from typing import Any

import pytest
from jinja2 import UndefinedError
from jinja2.exceptions import SecurityError

from schemas.alert_rows import AlertRow
from schemas.instants import parse_ms
from stream_app.domain.alert_delivery import SINGLE
from stream_app.domain.alert_facts import Facts, facts_of
from stream_app.domain.alert_options import Life
from stream_app.domain.alert_view import Sum, Summary, view_of
from stream_app.domain.calendar import ALWAYS
from stream_app.domain.summary_notices import SETTLED, Part, summary_notice
from stream_app.errors import UserError
from stream_app.texts import Body, Texts, Voice, mistakes
from stream_app.texts.check import LINKS, samples
from stream_app.texts.words import duration, instant
from tests.support.alerts import T0, subject

EXPLAIN = {
    "clock": "first_reply",
    "is": "breached",
    "target": 300,
    "late_by": 90,
    "due": "2026-01-09T12:00:00Z",
    "created_at": "2026-01-09T11:55:00Z",
    "calendar": "office",
    "policy": "chat",
    "policy_hash": "0123456789abcdef",
    "resolved_by": "a public reply",
    "shift": "late",
}


def facts(kind: str = "firing", **more: Any) -> Facts:
    found = more.pop("subject", subject(url="https://desk.example/T-1", clock="first_reply"))
    row = AlertRow(1, "first_reply_breached", "acme", found, more.pop("state", "firing"), 1, T0, T0)
    row.explain, row.delivery = more.pop("explain", EXPLAIN), SINGLE
    row.label_severity, row.label_channel = "warning", "email"
    for name, value in more.items():
        setattr(row, name, value)
    return facts_of(view_of(row, Life(), ("v1-a", 0, T0), ()), kind, "v1-a.1.0")


def written(folder: Path, language: str = "en", **files: str) -> Texts:
    for name, text in files.items():
        (folder / name.replace("__", ".")).write_text(text)
    return Texts(Voice(language, "Europe/Berlin", str(folder)))


# ------------------------------------------------------------------------------ words


@pytest.mark.parametrize(
    ("seconds", "english", "german"),
    [
        (None, "", ""),
        (0, "0 s", "0 Sek."),
        (90, "1 min 30 s", "1 Min. 30 Sek."),
        (86_400, "1 day", "1 Tag"),
        (185_000, "2 days 3 h", "2 Tage 3 Std."),
    ],
)
def test_durations_have_two_units_at_most(seconds: float | None, english: str, german: str) -> None:
    assert duration(seconds, "en") == english
    assert duration(seconds, "de") == german


def test_instants_are_in_the_zone_of_who_reads_them_also_in_summer() -> None:
    winter, summer = parse_ms("2026-01-09T16:35:00Z"), parse_ms("2026-07-09T16:35:00Z")
    assert instant(winter, "en", "Europe/Berlin") == "Fri 9 Jan 2026, 17:35 CET"
    assert instant(summer, "de", "Europe/Berlin") == "Do, 09.07.2026, 18:35 Uhr (MESZ)"
    assert instant(None, "de", "Europe/Berlin") == ""


# ------------------------------------------------------------------------------ our templates


def test_an_alert_explains_itself_in_english() -> None:
    said = Texts(Voice("en", "Europe/Berlin")).write(facts())
    assert said.subject == "[warning] first reply breached: zendesk/acme/T-1"
    assert said.short == (
        "1 min 30 s late. Due Fri 9 Jan 2026, 13:00 CET. "
        "Resolved by a public reply, or solving the conversation."
    )
    for text in (
        *("Clock: first reply", "Target: 5 min", "Calendar: office", "Late by: 1 min 30 s"),
        *("Policy: chat", "Policy version: 0123456789abcdef", "Link: https://desk.example/T-1"),
        *("Resolved by: a public reply by an agent", "shift: late"),
    ):
        assert text in said.long


def test_an_alert_explains_itself_in_german() -> None:
    said = Texts(Voice("de", "Europe/Berlin")).write(facts("reminder"))
    assert said.subject == "Erinnerung: [Warnung] first reply breached: zendesk/acme/T-1"
    assert "1 Min. 30 Sek. überfällig. Fällig Fr, 09.01.2026, 13:00 Uhr (MEZ)." in said.short
    assert "Richtlinie: chat" in said.long
    assert '<html lang="de">' in said.html


@pytest.mark.parametrize("language", ["en", "de"])
def test_every_kind_of_alert_has_a_text_without_gaps(language: str) -> None:
    texts = Texts(Voice(language))
    for each in samples():
        said = texts.write(each, LINKS)
        assert said.subject
        assert said.short
        assert "None" not in said.long
        assert LINKS["snooze"] in said.long


def test_who_acknowledged_it_and_why_is_said() -> None:
    row = {"state": "acknowledged", "actor": "agent-7", "reason": "on it"}
    assert "Taken by agent-7: on it." in Texts(Voice()).write(facts("acknowledged", **row)).short


def test_the_end_says_how_long_it_lasted() -> None:
    said = Texts(Voice()).write(facts("resolved", state="resolved", since=T0 + 7_200_000))
    assert said.subject.startswith("Resolved: ")
    assert ", after 2 h." in said.short


def test_a_summary_says_how_many() -> None:
    summary = Summary("acme", "late", "email", "", "critical")
    notice = summary_notice([Part(summary, Sum(120, T0, T0, ()), None)], ALWAYS, T0 + SETTLED)
    assert notice is not None
    said = Texts(Voice()).write(facts_of(notice.view, notice.kind, notice.identity))
    assert said.subject == "[critical] 120 alerts late: email"
    assert "120 alerts fire at once" in said.short


def test_html_is_escaped_and_ids_from_elsewhere_make_no_lines() -> None:
    evil = subject("<script>\nFrom: x", url="javascript:alert(1)")
    said = Texts(Voice()).write(facts(subject=evil))
    assert "<script>" not in said.html
    assert "\nFrom" not in said.long
    assert "javascript" not in said.html
    assert "\n" not in said.subject


# ------------------------------------------------------------------------------ the user's own


def test_a_template_of_the_user_replaces_ours_and_the_others_stay(tmp_path: Path) -> None:
    texts = written(tmp_path, subject__txt="Attention {{ conversation }}")
    said = texts.write(facts())
    assert said.subject == "Attention T-1"
    assert "1 min 30 s late" in said.short


def test_a_template_cannot_reach_beyond_its_facts(tmp_path: Path) -> None:
    texts = written(tmp_path, subject__txt="{{ ''.__class__.__mro__ }}")
    with pytest.raises(SecurityError):
        texts.write(facts())
    with pytest.raises(UndefinedError):
        written(tmp_path, subject__txt="{{ no_such_fact }}").write(facts())


def test_an_unknown_language_and_a_missing_folder_are_said() -> None:
    with pytest.raises(UserError, match="en, de"):
        Texts(Voice("fr"))
    with pytest.raises(UserError, match="no such folder"):
        Texts(Voice("en", "UTC", "/nowhere/at/all"))


def test_mistakes_name_file_and_line(tmp_path: Path) -> None:
    written(tmp_path, long__txt="one\n{{ nonsense }}\n")
    [found] = mistakes(Voice("en", "UTC", str(tmp_path)))
    assert (found.path, found.line) == (str(tmp_path / "long.txt"), 2)
    assert "'nonsense' is undefined" in found.problem
    written(tmp_path, long__txt="one\n\n{% if %}\n")
    [found] = mistakes(Voice("en", "UTC", str(tmp_path)))
    assert (found.path, found.line) == (str(tmp_path / "long.txt"), 3)


def test_a_template_with_a_name_that_nobody_reads_is_a_mistake(tmp_path: Path) -> None:
    written(tmp_path, subjet__txt="x")
    [found] = mistakes(Voice("en", "UTC", str(tmp_path)))
    assert found.remedy.startswith("did you mean subject.txt?")


def test_a_folder_and_a_body_that_are_not_there_are_mistakes() -> None:
    assert mistakes(Voice("en", "UTC", "/nowhere"))[0].problem == "no such folder"
    assert mistakes(Voice(), "/nowhere.json")[0].problem == "no such file"


# ------------------------------------------------------------------------------ bodies


def test_a_body_has_the_texts_and_stays_json_whatever_the_values(tmp_path: Path) -> None:
    path = tmp_path / "task.json"
    path.write_text('{"name": {{ text.subject | tojson }}, "id": {{ conversation | tojson }}}')
    told = facts(subject=subject('a"b\\'))
    said = Texts(Voice()).write(told)
    body = json.loads(Body(Voice(), str(path)).render({**told, "text": said.facts()}))
    assert body["id"] == 'a"b\\'
    assert mistakes(Voice(), str(path)) == []


def test_a_body_that_is_no_json_is_a_mistake(tmp_path: Path) -> None:
    path = tmp_path / "task.json"
    path.write_text('{"id": "{{ conversation }}"}')
    [found] = mistakes(Voice(), str(path))
    assert "tojson" in found.remedy


def test_values_within_an_address_cannot_leave_their_place() -> None:
    told = facts(subject=subject("../x?y=1#z"))
    url = Body(Voice()).address("https://x.example/t/{{ conversation }}/labels", told)
    assert url == "https://x.example/t/..%2Fx%3Fy%3D1%23z/labels"
    [found] = mistakes(Voice(), "", "https://x.example/{{ nonsense }}")
    assert "nonsense" in found.problem
