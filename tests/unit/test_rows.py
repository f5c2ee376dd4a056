"""Rows of a foreign file become events: the first creates, later ones say what differs."""

from pathlib import Path

import pytest

from schemas.events import Event
from stream_app.replay.fields import Cells, FieldError
from stream_app.replay.mapping import load_mapping
from stream_app.replay.rows import RowTranslator

TICKETS = """
format: csv
time: at
conversation: id
channel: {const: portal}
team: team
priority: {column: prio, values: {L: low, H: high}}
status: {column: state, values: {N: new, O: open, S: solved}}
"""
MESSAGES = """
format: jsonl
time: at
conversation: id
channel: channel
team: team
direction: {column: dir, values: {in: in, out: out}}
author: {column: who, values: {c: customer, a: agent, b: bot}}
kind: {column: kind, values: {n: note, r: reaction}, default: text}
"""
T1, T2, T3 = "2026-01-01T10:00:00Z", "2026-01-01T11:00:00Z", "2026-01-01T12:00:00Z"


@pytest.fixture
def tickets(tmp_path: Path) -> RowTranslator:
    return translator(tmp_path, TICKETS)


@pytest.fixture
def messages(tmp_path: Path) -> RowTranslator:
    return translator(tmp_path, MESSAGES)


def translator(directory: Path, mapping: str) -> RowTranslator:
    path = directory / "map.yaml"
    path.write_text(mapping)
    return RowTranslator(load_mapping(path), "acme", "replay/test")


def row(at: str, state: str = "", team: str = "", prio: str = "", case: str = "A") -> Cells:
    return (case, at, team, prio, state)


def types(events: list[Event]) -> list[str]:
    return [event.type.removeprefix("support.").removesuffix(".v1") for event in events]


def test_the_first_row_creates_the_ticket_with_its_status_team_and_priority(
    tickets: RowTranslator,
) -> None:
    [created] = tickets.translate(row(T1, "O", "desk", "H"))
    assert created.type == "support.ticket.created.v1"
    assert (created.tenant, created.source, created.subject) == ("acme", "replay/test", "A")
    assert created.time == T1
    data = created.data
    assert (data.channel, data.status, data.team) == ("portal", "open", "desk")
    assert (data.priority, data.created_by) == ("high", "customer")


def test_a_row_in_which_nothing_differs_yields_nothing(tickets: RowTranslator) -> None:
    tickets.translate(row(T1, "O", "desk", "H"))
    assert tickets.translate(row(T2, "O", "desk", "H")) == []


def test_what_differs_comes_as_team_then_priority_then_status(tickets: RowTranslator) -> None:
    tickets.translate(row(T1, "N", "desk", "L"))
    events = tickets.translate(row(T2, "S", "lab", "H"))
    assert types(events) == ["ticket.assigned", "ticket.priority_changed", "ticket.status_changed"]
    team, priority, status = (event.data for event in events)
    assert team.team == "lab"
    assert (priority.to, priority.from_) == ("high", "low")
    assert (status.to, status.from_) == ("solved", "new")


def test_a_row_is_compared_with_the_one_before_and_not_with_the_first(
    tickets: RowTranslator,
) -> None:
    tickets.translate(row(T1, "N"))
    tickets.translate(row(T2, "O"))
    assert types(tickets.translate(row(T3, "N"))) == ["ticket.status_changed"]


def test_conversations_do_not_mix(tickets: RowTranslator) -> None:
    tickets.translate(row(T1, "O", case="A"))
    assert types(tickets.translate(row(T1, "S", case="B"))) == ["ticket.created"]
    assert tickets.translate(row(T2, "O", case="A")) == []


def test_an_empty_cell_changes_nothing(tickets: RowTranslator) -> None:
    tickets.translate(row(T1, "O", "desk", "H"))
    assert tickets.translate(row(T2)) == []
    assert tickets.translate(row(T3, "O", "desk", "H")) == []


def test_a_ticket_without_a_status_is_new_until_one_comes(tickets: RowTranslator) -> None:
    [created] = tickets.translate(row(T1))
    assert created.data.status == "new"
    assert tickets.translate(row(T2, "N")) == []


def test_a_row_that_cannot_be_read_changes_nothing(tickets: RowTranslator) -> None:
    tickets.translate(row(T1, "O"))
    with pytest.raises(FieldError, match="priority"):
        tickets.translate(row(T2, "S", prio="?"))
    assert types(tickets.translate(row(T3, "S"))) == ["ticket.status_changed"]


def test_a_row_without_a_conversation_cannot_be_read(tickets: RowTranslator) -> None:
    with pytest.raises(FieldError, match="conversation: id is empty"):
        tickets.translate(row(T1, "O", case=""))


def test_the_creator_can_be_mapped(tmp_path: Path) -> None:
    mapped = translator(tmp_path, TICKETS + "created_by: {const: agent}\n")
    assert mapped.translate(row(T1, "O"))[0].data.created_by == "agent"


def test_the_same_rows_give_the_same_ids_and_no_two_events_share_one(tmp_path: Path) -> None:
    rows = [row(T1, "O"), row(T1, "N"), row(T1, "O"), row(T1, "N", "desk"), row(T2, "O")]
    runs = [
        [event.id for one in rows for event in run.translate(one)]
        for run in (translator(tmp_path, TICKETS), translator(tmp_path, TICKETS))
    ]
    assert runs[0] == runs[1]
    assert len(runs[0]) == len(set(runs[0])) == 6


def test_an_id_tells_the_conversation_the_change_and_the_time(tickets: RowTranslator) -> None:
    tickets.translate(row(T1, "O"))
    assert tickets.translate(row(T2, "S"))[0].id == f"A:status=solved:{T2}"


def message(at: str, direction: str = "", who: str = "", kind: str = "") -> Cells:
    return ("M", at, "sms", "", direction, who, kind)


def test_a_message_history_creates_the_conversation_by_its_first_author(
    messages: RowTranslator,
) -> None:
    created, first = messages.translate(message(T1, "out", "a"))
    assert created.data.created_by == "agent"
    assert (created.data.channel, created.data.status) == ("sms", "new")
    assert first.type == "support.message.created.v1"
    assert (first.data.direction, first.data.author) == ("out", "agent")


def test_direction_author_and_kind_are_mapped(messages: RowTranslator) -> None:
    messages.translate(message(T1, "in", "c"))
    [bot] = messages.translate(message(T2, "out", "b"))
    assert (bot.data.direction, bot.data.author, bot.data.kind) == ("out", "bot", "text")
    [reaction] = messages.translate(message(T3, "in", "c", "r"))
    assert (reaction.data.kind, reaction.data.visibility) == ("reaction", "public")


def test_a_note_is_private(messages: RowTranslator) -> None:
    messages.translate(message(T1, "in", "c"))
    [note] = messages.translate(message(T2, "out", "a", "n"))
    assert (note.data.kind, note.data.visibility) == ("note", "private")


@pytest.mark.parametrize(
    ("direction", "who", "expected"),
    [
        ("in", "", ("in", "customer")),
        ("out", "", ("out", "agent")),
        ("", "c", ("in", "customer")),
        ("", "b", ("out", "bot")),
    ],
)
def test_direction_and_author_follow_from_each_other(
    messages: RowTranslator, direction: str, who: str, expected: tuple[str, str]
) -> None:
    data = messages.translate(message(T1, direction, who))[1].data
    assert (data.direction, data.author) == expected


def test_a_row_with_neither_direction_nor_author_is_no_message(messages: RowTranslator) -> None:
    messages.translate(message(T1, "in"))
    assert messages.translate(message(T2)) == []


def test_two_messages_of_one_instant_are_two(messages: RowTranslator) -> None:
    messages.translate(message(T1, "in"))
    [second] = messages.translate(message(T1, "in"))
    [third] = messages.translate(message(T1, "in"))
    assert second.id != third.id
    assert second.data.message != third.data.message
