"""Laws of reading and sending history, and of the naive program that judges it."""

import csv
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from io import StringIO
from operator import itemgetter
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import example, given
from hypothesis import strategies as st

from schemas.events import Event
from schemas.instants import format_ms, parse_ms
from stream_app.domain.steps import Step, to_step
from stream_app.records.causes import cause_of
from stream_app.replay import Mapping, load_mapping, read_events
from stream_app.replay.outbox import EventTime, Outbox
from stream_app.replay.rows import RowTranslator, everybody
from tests.oracle.volvo import Row, answer
from tests.support.input import MemoryWriter, event

MAPPING = """
format: {format}
time: at
conversation: id
channel: {{const: portal}}
team: team
priority: {{column: prio, values: {{L: low, H: high}}}}
status: {{columns: [state, more], values: {{N/: new, O/: open, S/done: solved}}, default: on_hold}}
"""
TICKETS = MAPPING.format(format="csv")
MESSAGES = """
format: csv
time: at
conversation: id
status: {column: state, values: {N: new, O: open, S: solved, "?": snoozed}}
author: {column: team, values: {desk: agent, lab: customer}}
kind: {column: prio, values: {L: note}, default: text}
"""
LOCAL = TICKETS.replace(
    "time: at", 'time: {column: at, format: "%Y-%m-%dT%H:%M:%S", zone: Europe/Rome}'
)
Cells = dict[str, str]
ROW = st.fixed_dictionaries(
    {
        "id": st.sampled_from(["A", "B", "C|d"]),
        "state": st.sampled_from(["N", "O", "S", "?"]),
        "more": st.sampled_from(["", "done"]),
        "team": st.sampled_from(["", "desk", "lab"]),
        "prio": st.sampled_from(["", "L", "H"]),
    }
)
TIMED = st.lists(st.tuples(st.integers(0, 3), ROW), max_size=30)


def rows_of(steps: list[tuple[int, Cells]], unit: int = 1000) -> list[Cells]:
    """Rows with times that never go back and often stay."""
    time, rows = 1_767_571_200_000, []
    for step, cells in steps:
        time += step * unit
        rows.append({**cells, "at": format_ms(time)})
    return rows


def mapping_of(text: str) -> Mapping:
    with TemporaryDirectory() as home:
        path = Path(home) / "map.yaml"
        path.write_text(text)
        return load_mapping(path)


def translate(rows: list[Cells], text: str = TICKETS) -> list[Event]:
    mapping = mapping_of(text)
    translator, cells = RowTranslator(mapping, "t", "s"), itemgetter(*mapping.cells())
    return [e for row in rows for e in translator.translate(cells(row))]


def steps(
    rows: list[Cells], text: str, ours: Callable[[str], bool] = everybody
) -> list[tuple[str, int, list[Step]]]:
    """Of each row that changes something its conversation, its time and its steps."""
    mapping = mapping_of(text)
    translator, cells = RowTranslator(mapping, "t", "s", ours), itemgetter(*mapping.cells())
    found = [translator.steps(cells(row)) for row in rows]
    made = [row for row in found if row]
    assert all(key[:2] == ("t", "s") for _, key, _ in made)
    return [(key.id, time, steps) for time, key, steps in made]


def step_of(one: Event) -> Step:
    step = to_step(one, parse_ms(one.time), cause_of(one))
    assert step is not None
    return step


@given(TIMED, st.sampled_from([TICKETS, MESSAGES, LOCAL]), st.booleans())
def test_the_steps_of_a_row_are_those_of_its_events(
    timed: list[tuple[int, Cells]], text: str, exact: bool
) -> None:
    rows = rows_of(timed, 1000 if exact else 1037)
    if text == LOCAL:
        rows = [{**row, "at": row["at"][:19]} for row in rows]
    events = translate(rows, text)
    found = steps(rows, text)
    assert [step for _, _, steps in found for step in steps] == [step_of(e) for e in events]
    assert [name for name, _, steps in found for _ in steps] == [e.subject for e in events]


@given(TIMED, st.sampled_from([TICKETS, MESSAGES]))
def test_of_other_conversations_only_the_time_is_told(
    timed: list[tuple[int, Cells]], text: str
) -> None:
    everything = steps(rows_of(timed), text)
    some = steps(rows_of(timed), text, lambda name: name != "B")
    assert some == [(name, at, [] if name == "B" else found) for name, at, found in everything]


@given(TIMED, st.sampled_from([TICKETS, MESSAGES]), st.booleans())
def test_rows_with_and_without_change_together_reach_the_latest_time(
    timed: list[tuple[int, Cells]], text: str, as_steps: bool
) -> None:
    rows, mapping = rows_of(timed)[::-1], mapping_of(text)
    translator, cells = RowTranslator(mapping, "t", "s", lambda name: name != "B"), mapping.cells()
    make, reached = translator.steps if as_steps else translator.translate, 0
    for row in rows:
        time = parse_ms(row["at"])
        changed = bool(make(itemgetter(*cells)(row)))
        reached = max(reached, time if changed else 0)
        assert changed or translator.silent_until >= time
    latest = max((parse_ms(row["at"]) for row in rows), default=0)
    assert max(reached, translator.silent_until) == latest


@given(TIMED)
def test_the_events_of_a_file_add_up_to_its_last_rows(steps: list[tuple[int, Cells]]) -> None:
    words = {"N/": "new", "O/": "open", "S/done": "solved"}
    said: dict[str, dict[str, str | None]] = {}
    for row in rows_of(steps):
        known = said.setdefault(row["id"], {"team": None, "priority": None})
        known["status"] = words.get(f"{row['state']}/{row['more']}", "on_hold")
        known["team"] = row["team"] or known["team"]
        known["priority"] = {"L": "low", "H": "high"}.get(row["prio"], known["priority"])
    folded: dict[str, dict[str, str | None]] = {}
    for one in translate(rows_of(steps)):
        data = one.data
        known = folded.setdefault(one.subject, {"team": None, "priority": None, "status": None})
        known["team"] = data.team or known["team"]
        if one.type.endswith("priority_changed.v1"):
            known["priority"] = data.to
        elif one.type.endswith("status_changed.v1"):
            known["status"] = data.to
        elif one.type.endswith("created.v1"):
            known.update(status=data.status, priority=data.priority)
    assert folded == said


@given(TIMED)
def test_no_event_repeats_what_is_known(steps: list[tuple[int, Cells]]) -> None:
    status: dict[str, str | None] = {}
    for one in translate(rows_of(steps)):
        if one.type.endswith("status_changed.v1"):
            assert one.data.from_ == status[one.subject] != one.data.to
            status[one.subject] = one.data.to
        elif one.type.endswith("created.v1"):
            assert one.subject not in status
            status[one.subject] = one.data.status


@given(TIMED)
def test_a_conversation_yields_the_same_whatever_lies_around_it(
    steps: list[tuple[int, Cells]],
) -> None:
    rows = rows_of(steps)
    together = translate(rows)
    for native_id in ("A", "B", "C|d"):
        alone = translate([row for row in rows if row["id"] == native_id])
        assert [e for e in together if e.subject == native_id] == alone


@given(TIMED)
def test_ids_are_unique_and_those_of_a_shorter_file_stay(steps: list[tuple[int, Cells]]) -> None:
    rows = rows_of(steps)
    ids = [e.id for e in translate(rows)]
    assert len(ids) == len(set(ids))
    shorter = [e.id for e in translate(rows[: len(rows) // 2])]
    assert ids[: len(shorter)] == shorter


@given(TIMED)
def test_csv_and_json_lines_with_the_same_rows_are_the_same(steps: list[tuple[int, Cells]]) -> None:
    rows = rows_of(steps)
    text = StringIO()
    writer = csv.DictWriter(text, ["id", "at", "state", "more", "team", "prio"])
    writer.writeheader()
    writer.writerows(rows)
    contents = {"csv": text.getvalue(), "jsonl": "".join(json.dumps(row) + "\n" for row in rows)}
    found = []
    with TemporaryDirectory() as home:
        for name, content in contents.items():
            (Path(home) / "map.yaml").write_text(MAPPING.format(format=name))
            (Path(home) / name).write_text(content, newline="")
            mapping = load_mapping(Path(home) / "map.yaml")
            found.append(list(read_events(Path(home) / name, mapping)))
    assert found[0] == found[1]


@example([0, 0, 0, 1, 0, 0, 0, 0], 200)
@given(st.lists(st.sampled_from([0, 0, 0, 1, 1000]), max_size=40), st.integers(1, 200))
def test_no_partition_is_told_of_an_instant_before_all_its_events(
    steps: list[int], repeat: int
) -> None:
    writer = MemoryWriter(partitions=1)
    outbox = Outbox(writer)
    clock = EventTime(outbox, "past")
    time = 10_000
    for step in steps:
        time += step
        for _ in range(repeat):
            clock.before(time)
            outbox.send(event(time))
    told, since = 0, 0
    for _, _, value in writer.records:
        reached = datetime.fromisoformat(value["data"].get("until", value["time"]))
        ms = round(reached.timestamp() * 1000)
        if "until" in value["data"]:
            assert ms >= told  # again when an instant has more events than may go without a word
            told, since = ms, 0
        else:
            assert ms > told
            since += 1
            assert since <= 1000


START = datetime(2026, 1, 5, tzinfo=UTC)
HISTORIES = st.lists(
    st.lists(
        st.tuples(st.integers(0, 30), st.sampled_from(["open", "solved", "closed", "new"])),
        min_size=1,
        max_size=8,
    ),
    min_size=1,
    max_size=4,
)


@given(HISTORIES)
def test_the_oracle_finds_what_walking_hour_by_hour_finds(
    histories: list[list[tuple[int, str]]],
) -> None:
    rows = [
        Row(
            f"C{n}",
            START + timedelta(hours=sum(s for s, _ in history[: i + 1])),
            status,
            "T",
            "low",
        )
        for n, history in enumerate(histories)
        for i, (_, status) in enumerate(history)
    ]
    found = answer(rows)
    until = max(row.at for row in rows)
    walked: list[tuple[str, datetime, datetime | None]] = []
    for native_id in {row.conversation for row in rows}:
        mine = [row for row in rows if row.conversation == native_id]
        firing: datetime | None = None
        now = START
        while now <= until:
            past = [row for row in mine if row.at <= now]
            live = bool(past) and past[-1].status in ("open", "new")
            if firing is not None and not live:
                walked.append((native_id, firing, now))
                firing = None
            elif firing is None and live and now - mine[0].at >= timedelta(hours=48):
                firing = now
            now += timedelta(hours=1)
        if firing is not None:
            walked.append((native_id, firing, None))
    assert sorted((e.conversation, e.fired_at) for e in found.episodes) == sorted(
        (native_id, fired_at) for native_id, fired_at, _ in walked
    )
    assert {(e.conversation, e.fired_at, e.resolved_at) for e in found.episodes} == set(walked)
