"""A backtest in several processes says what one process says, to the byte."""

import random
from pathlib import Path
from typing import Any

import pytest

from schemas import events as wire
from schemas.events import Data, Event, encode_event
from schemas.instants import format_ms
from stream_app.backtest import Backtest, Span, processes_for, run_file, write_report
from stream_app.backtest.parts import parts_of, roots_of
from stream_app.errors import UserError
from stream_app.policyfile import parse_policy
from stream_app.replay import EventFile, Unreadable, load_mapping, stop
from tests.support.talk import MINUTE, clock

POLICY = """
apiVersion: pegel/v1
tenants: {history: {clock: event}, other: {clock: event}}
sla_events: all
sla: [{name: all, targets: {first_reply: {within: 1h, warn: [50%]}, full_resolution: 3h}}]
alerts:
  - {name: late, when: {clock: first_reply, is: breached}}
  - {name: old, when: {unresolved_for: 4h}}
state: {retention: 1d}
"""
TICKETS = 60


def event(number: int, kind: str, minute: int, **data: Any) -> Event:
    return Event(
        id=f"{number}:{kind}:{minute}",
        source="desk",
        type=kind,
        subject=f"T-{number}",
        time=format_ms(clock("00:00") + minute * MINUTE),
        tenant="other" if number % 7 == 0 else "history",
        data=Data(**data),
    )


def tickets(chance: random.Random) -> list[Event]:
    found = []
    for number in range(TICKETS):
        at = chance.randrange(3000)
        found += [
            event(number, wire.TICKET_CREATED, at, channel="email", created_by="customer"),
            event(number, wire.MESSAGE_CREATED, at + 90, direction="out", author="agent"),
            event(number, wire.TICKET_STATUS_CHANGED, at + 150, to="on_hold"),
            event(number, wire.TICKET_STATUS_CHANGED, at + chance.randrange(500), to="solved"),
        ]
        if number % 5 == 1:
            found.append(event(number, wire.TICKET_MERGED, at + 95, into=f"T-{number - 1}"))
    return sorted(found, key=lambda one: (one.time, chance.random()))


@pytest.fixture
def history(tmp_path: Path) -> Path:
    """Sixty tickets of two tenants: some merged, some events late, one of nobody, two bad lines."""
    chance = random.Random(7)
    events = tickets(chance)
    for _ in range(40):
        events.insert(chance.randrange(len(events)), events.pop(chance.randrange(len(events))))
    nobody = event(1, wire.MESSAGE_CREATED, 10, direction="in", author="customer")
    nobody.tenant = "nobody"
    lines = [encode_event(one) for one in [*events, nobody]]
    lines[30:30] = [b"{", b"[]"]
    path = tmp_path / "history.jsonl"
    path.write_bytes(b"\n".join(lines))
    return path


def report(history: Path, processes: int) -> tuple[bytes, Backtest, list[Unreadable]]:
    unreadable: list[Unreadable] = []
    out = history.with_name("out.json")

    def go(on_event: Any) -> tuple[Backtest, Span]:
        test = Backtest(parse_policy(POLICY), on_event)
        file = EventFile(history, on_unreadable=unreadable.append)
        return test, run_file(test, file, lambda *_: None, processes)

    done, _ = write_report(out, go)
    return out.read_bytes(), done, unreadable


@pytest.mark.parametrize("processes", [2, 3, 5])
def test_several_processes_write_the_report_of_one(history: Path, processes: int) -> None:
    alone, one, bad = report(history, 1)
    together, several, also_bad = report(history, processes)
    assert together == alone
    assert alone.count(b'"sla.') > TICKETS
    assert (several.events, several.left_out) == (one.events, one.left_out)
    assert several.counters == one.counters
    assert several.counters["unknown_tenant"] == 1
    assert several.conversations == one.conversations
    assert several.sla_events == one.sla_events
    assert also_bad == bad
    assert [row.line for row in bad] == [31, 32]


MAPPING = """
format: csv
time: at
conversation: id
status: {column: state, values: {O: open, S: solved}}
"""
ROWS = """id,at,state
A,2026-01-05T09:00:00Z,O
B,2026-01-05T09:30:00Z,O
A,2026-01-05T10:10:00Z,S
B,2026-01-05T10:15:00Z,X
B,2026-01-05T10:30:00Z,O
C,2026-01-05T10:05:00Z,O
"""


@pytest.mark.parametrize("processes", [1, 2, 3])
@pytest.mark.parametrize(
    ("given", "until", "late"),
    [
        (None, "10:30", ["A", "B"]),
        ("10:29:59", "10:29:59", ["A"]),
        ("12:00", "12:00", ["A", "B", "C"]),
    ],
)
def test_a_mapped_file_ends_with_its_last_row_also_if_that_changes_nothing(
    processes: int, given: str | None, until: str, late: list[str], tmp_path: Path
) -> None:
    table, columns = tmp_path / "log.csv", tmp_path / "map.yaml"
    table.write_text(ROWS)
    columns.write_text(MAPPING)
    end = None if given is None else clock(given)
    said: list[bytes] = []
    test = Backtest(parse_policy(POLICY), said.append, end)
    file = EventFile(table, load_mapping(columns), "history")
    span = run_file(test, file, lambda *_: None, processes)
    assert span == Span(clock("09:00"), clock(until))
    assert [alert["conversation"] for alert in test.episodes(span.until)] == late
    assert sum(b"sla.breached" in one for one in said) == len(late)
    assert (test.events, test.left_out, file.unreadable) == (4, 0, 1)


def test_rows_of_a_tenant_that_nobody_knows_have_no_end(tmp_path: Path) -> None:
    table, columns = tmp_path / "log.csv", tmp_path / "map.yaml"
    table.write_text(ROWS)
    columns.write_text(MAPPING)
    test = Backtest(parse_policy(POLICY))
    file = EventFile(table, load_mapping(columns), "nobody")
    assert run_file(test, file, lambda *_: None, 1) == Span(0, 0)
    assert test.counters == {"unknown_tenant": 4}


def test_an_unreadable_row_stops_all_processes_where_it_should(history: Path) -> None:
    test = Backtest(parse_policy(POLICY), lambda _event: None)
    with pytest.raises(UserError, match=r"history\.jsonl:31"):
        run_file(test, EventFile(history, on_unreadable=stop), lambda *_: None, 3)


def test_progress_counts_the_events_of_all_processes(
    history: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("stream_app.backtest.run.PROGRESS_EVERY", 10)
    told: list[tuple[int, int, int]] = []
    test = Backtest(parse_policy(POLICY), lambda _event: None)
    run_file(test, EventFile(history), lambda *at: told.append(at), 2)
    position, size, events = told[-1]
    assert position == size == history.stat().st_size
    assert events == test.events


def test_each_event_is_in_one_part_and_what_was_merged_in_the_same(history: Path) -> None:
    parts = parts_of(EventFile(history), 4)
    where = {}
    for one in EventFile(history):
        [where[one.subject]] = [part.number for part in parts if part.has(one.subject)]
    assert len(set(where.values())) == 4
    for number in range(1, TICKETS, 5):
        assert where[f"T-{number}"] == where[f"T-{number - 1}"]


def test_links_hang_together_over_chains_and_circles() -> None:
    roots = roots_of([("a", "b"), ("c", "d"), ("b", "c"), ("d", "a"), ("x", "y")])
    assert len({roots[name] for name in "abcd"}) == 1
    assert roots["x"] == roots["y"] != roots["a"]


def test_a_small_file_is_left_to_one_process(history: Path) -> None:
    assert processes_for(EventFile(history)) == 1
