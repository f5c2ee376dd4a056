"""`pegel alerts` without a broker: which alerts are meant, their history, and how they look."""

import io
from typing import Any

import pytest
from rich.console import Console

from schemas.commands import ACKNOWLEDGE, RELEASE, SNOOZE, Command
from schemas.outputs import Alert
from stream_app.adapters.alert_topic import Told
from stream_app.cli.alert_history import (
    Episode,
    Filters,
    as_data,
    chosen,
    episodes,
    named,
    refusal,
    shows,
)
from stream_app.cli.alert_tables import show_list, show_one
from stream_app.cli.main import run
from stream_app.errors import UserError
from tests.support.wall import alert, alert_key

NOON = 1_768_219_200_000  # 2026-01-12T12:00:00Z
Captured = pytest.CaptureFixture[str]


def told(said: Alert, seconds: int = 0) -> Told:
    return Told(alert_key(said), said, NOON + seconds * 1000)


def command(action: str = ACKNOWLEDGE, **more: Any) -> Command:
    return Command(action=action, alert=alert(1).alert, actor="cli/shift-lead", **more)


def shown(found: Episode | list[Episode]) -> str:
    out = Console(file=io.StringIO(), width=200, highlight=False)
    show_one(found, out) if isinstance(found, Episode) else show_list(found, out)
    text = out.file
    assert isinstance(text, io.StringIO)
    return text.getvalue()


def test_the_newest_record_of_an_episode_is_what_it_is_now() -> None:
    found = episodes([told(alert(1, "pending")), told(alert(2)), told(alert(1, "firing"))])
    assert {name: each.alert.state for name, each in found.items()} == {
        alert(1).alert: "firing",
        alert(2).alert: "firing",
    }
    assert found[alert(1).alert].key == alert_key(alert(1))


def test_what_is_over_is_listed_only_when_asked_for() -> None:
    found = episodes([told(alert(1)), told(alert(2, "resolved")), told(alert(3, "snoozed"))])
    assert [each.alert.alert for each in chosen(found, Filters())] == [
        alert(1).alert,
        alert(3).alert,
    ]
    assert [e.alert.alert for e in chosen(found, Filters(state="resolved"))] == [alert(2).alert]


@pytest.mark.parametrize(
    ("filters", "left"),
    [
        (Filters(tenant="other"), {2}),
        (Filters(rule="late"), {3}),
        (Filters(channel="chat"), {4}),
        (Filters(state="acknowledged"), {5}),
        (Filters(tenant="acme", channel="email"), {1, 3, 5}),
        (Filters(tenant="nobody"), set()),
    ],
)
def test_each_filter_narrows_the_list(filters: Filters, left: set[int]) -> None:
    said = [
        alert(1),
        alert(2, tenant="other", subject={"kind": "channel", "channel": "fax"}),
        alert(3, rule="late"),
        alert(4, subject={"kind": "channel", "channel": "chat"}),
        alert(5, "acknowledged"),
    ]
    found = chosen(episodes(map(told, said)), filters)
    assert {each.alert.alert for each in found} == {alert(number).alert for number in left}


def test_the_gravest_and_the_oldest_come_first() -> None:
    said = [
        alert(1, severity="info"),
        alert(2, opened_at="2026-01-12T08:40:00Z"),
        alert(3),
        alert(4, severity="warning"),
    ]
    order = [int(e.alert.alert[3:], 16) for e in chosen(episodes(map(told, said)), Filters())]
    assert order == [3, 2, 4, 1]


def test_the_history_says_who_did_what_why_and_when_and_passes_over_repetitions() -> None:
    said = [
        told(alert(1, notified=["support"])),
        told(
            alert(
                1, "acknowledged", actor="cli/shift-lead", reason="calling", since="2026-01-12T09:00:00Z"
            ),
            60,
        ),
        told(
            alert(
                1, "acknowledged", actor="cli/shift-lead", reason="calling", since="2026-01-12T09:00:00Z"
            ),
            86_400,
        ),
        told(alert(1, "firing", reason="expired", since="2026-01-12T13:00:00Z"), 86_500),
    ]  # fmt: skip
    (episode,) = episodes(said).values()
    steps = episode.trail()
    assert [(s["state"], s["actor"], s["reason"]) for s in steps] == [
        ("firing", None, None),
        ("acknowledged", "cli/shift-lead", "calling"),
        ("firing", None, "expired"),
    ]
    assert (steps[0]["notified"], steps[0]["written"]) == (["support"], "2026-01-12T12:00:00Z")
    assert (steps[1]["since"], steps[1]["written"]) == (
        "2026-01-12T09:00:00Z",
        "2026-01-12T12:01:00Z",
    )
    text = shown(episode)
    for words in ("cli/shift-lead", "calling", "expired", "support", "2026-01-12 13:00:00"):
        assert words in text


def test_the_beginning_of_an_identity_is_enough_while_it_means_one() -> None:
    one, other = alert(1, alert="v1-abcdef00"), alert(2, alert="v1-abce0000")
    found = episodes([told(one), told(other)])
    assert named(found, "v1-abcdef00").alert is one
    assert named(found, "v1-abcd").alert is one
    assert named(found, "abce").alert is other
    for name, words in (("v1-abc", "no alert"), ("v1-zzzz", "no alert"), ("", "no alert")):
        with pytest.raises(UserError, match=words):
            named(found, name)
    with pytest.raises(UserError, match="2 alerts begin with"):
        named(episodes([told(one), told(alert(3, alert="v1-abcdff"))]), "abcd")


def test_words_from_outside_are_no_markup_and_no_json_is_lost() -> None:
    nasty = alert(
        1, rule="[red]x[/red]", explain={"due": "[bold]", "caused_by": ["a", "b"]}, actor="[/]"
    )
    (episode,) = episodes([told(nasty)]).values()
    assert "[red]x[/red]" in shown([episode])
    assert "a, b" in shown(episode)
    assert as_data(nasty)["explain"] == {"due": "[bold]", "caused_by": ["a", "b"]}


@pytest.mark.parametrize(
    ("asked", "said", "effect"),
    [
        (command(), alert(1, "acknowledged", actor="cli/shift-lead"), True),
        (command(), alert(1, "acknowledged", actor="wall/lobby"), False),
        (command(), alert(1, "snoozed", actor="cli/shift-lead"), False),
        (command(), alert(2, "acknowledged", actor="cli/shift-lead"), False),
        (command(), alert(1, "resolved"), True),
        (command(SNOOZE), alert(1, "snoozed", actor="cli/shift-lead"), True),
        (command(SNOOZE), alert(1, "firing"), False),
        (command(RELEASE), alert(1, "firing", actor="cli/shift-lead"), True),
        (command(RELEASE), alert(1, "snoozed", actor="wall/lobby"), False),
    ],
)
def test_the_effect_of_a_command_is_told_from_what_else_happens(
    asked: Command, said: Alert, effect: bool
) -> None:
    assert (shows(asked, [said]) is said) is effect


@pytest.mark.parametrize(
    ("asked", "state", "words"),
    [
        (command(), "resolved", "is over since"),
        (command(SNOOZE), "pending", "wait until it fires"),
        (command(RELEASE), "firing", "nothing to take back"),
        (command(RELEASE), "snoozed", None),
        (command(), "acknowledged", None),
    ],
)
def test_what_can_change_nothing_is_refused_beforehand(
    asked: Command, state: str, words: str | None
) -> None:
    found = refusal(asked, alert(1, state))
    assert words in str(found) if words else found is None


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["snooze", "v1-1"], "--for"),
        (["snooze", "v1-1", "--for", "soon"], "--for"),
        (["snooze", "v1-1", "--for", "0s"], "--for"),
        (["ack", "v1-1", "--as", "x" * 101], "--as"),
        (["ack", "v1-1", "--as", "two\nlines"], "--as"),
        (["ack", "v1-1", "--reason", "x" * 501], "--reason"),
        (["list", "--state", "open"], "--state"),
    ],
)
def test_what_is_mistyped_is_named_before_anything_is_written(
    arguments: list[str], words: str, capsys: Captured
) -> None:
    assert run(["alerts", *arguments]) == 2
    (line,) = capsys.readouterr().err.strip().splitlines()
    assert words in line
