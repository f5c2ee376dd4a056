"""Reading files of events: formats, packing, and what becomes of rows that cannot be read."""

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from schemas.events import encode_event
from schemas.instants import parse_ms
from stream_app.errors import UserError
from stream_app.replay import EventFile, Unreadable, load_mapping, read_events, stop
from stream_app.replay import lines as lines_module
from tests.support.input import event

MAPPING = "format: {format}\ntime: at\nconversation: id\nteam: team\n"
Write = Callable[[bytes], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def put(content: bytes) -> Path:
        path = tmp_path / "file"
        path.write_bytes(content)
        return path

    return put


def mapping(directory: Path, file_format: str) -> Any:
    path = directory / "desk.yaml"
    path.write_text(MAPPING.format(format=file_format))
    return load_mapping(path)


def read(path: Path, with_mapping: Any = None) -> tuple[list[str], list[str]]:
    """Ids of the events, and what was said of the rows that are none."""
    said: list[Unreadable] = []
    ids = [e.id for e in read_events(path, with_mapping, on_unreadable=said.append)]
    return ids, [str(row).removeprefix(str(path)) for row in said]


def canonical(**changes: Any) -> bytes:
    whole = json.loads(encode_event(event(0, "x")))
    return json.dumps(whole | changes).encode()


def test_canonical_events_come_in_the_order_of_the_file(write: Write) -> None:
    path = write(b"\n".join(encode_event(event(ms)) for ms in (2000, 1000, 3000)))
    assert read(path) == (["e2000", "e1000", "e3000"], [])


def test_an_event_is_read_as_it_was_written(write: Write) -> None:
    path = write(encode_event(event(1000)) + b"\n")
    assert list(read_events(path)) == [event(1000)]


def test_gzip_is_recognised_by_its_content_and_not_by_its_name(write: Write) -> None:
    path = write(gzip.compress(encode_event(event(1000)) + b"\n"))
    assert read(path)[0] == ["e1000"]


def test_several_packed_parts_in_one_file_are_read_on(write: Write) -> None:
    parts = [gzip.compress(encode_event(event(ms)) + b"\n") for ms in (1, 2)]
    assert read(write(b"".join(parts)))[0] == ["e1", "e2"]


def test_blank_lines_are_no_mistakes(write: Write) -> None:
    path = write(b"\n" + encode_event(event(1)) + b"\n \n\n")
    assert read(path) == (["e1"], [])


def test_tenant_and_source_can_be_replaced(write: Write) -> None:
    [read_event] = read_events(write(encode_event(event(1))), tenant="t", source="s/s")
    assert (read_event.tenant, read_event.source) == ("t", "s/s")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (b"{", ":2: Input data was truncated"),
        (b"[]", ":2: Expected `object`, got `array`"),
        (b"\xff\xfe", ":2: "),
        (canonical(id=7), ":2: Expected `str`, got `int` - at `$.id`"),
        (canonical(time="soon"), ":2: time: Invalid isoformat string: 'soon'"),
        (canonical(time="2026-01-01T00:00:00"), ":2: time: an instant needs an offset"),
        (canonical(type="pegel.clock.live.v1"), ":2: type: 'pegel.clock.live.v1' is no event of a"),
        (canonical(type="customer.mail.v1"), ":2: type: 'customer.mail.v1' is no event of a"),
        (canonical(specversion="0.3"), ":2: specversion: '0.3', allowed: 1.0"),
        (canonical(subject=""), ":2: subject: is empty"),
        (canonical(tenant=""), ":2: tenant: is empty"),
        (canonical(data={"conversation": "D"}), ":2: data.conversation differs from the subject"),
    ],
)
def test_a_line_that_is_no_event_is_reported_with_its_number_and_skipped(
    write: Write, line: bytes, said: str
) -> None:
    good = [encode_event(event(ms)) for ms in (1, 2)]
    ids, reports = read(write(b"\n".join([good[0], line, good[1]])))
    assert ids == ["e1", "e2"]
    assert len(reports) == 1
    assert reports[0].startswith(said)


def test_a_line_may_name_its_conversation_twice(write: Write) -> None:
    assert read(write(canonical(data={"conversation": "C"}))) == (["x"], [])


def test_a_line_that_is_too_long_is_skipped_as_a_whole(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lines_module, "LINE_LIMIT", 1000)
    path = write(encode_event(event(1)) + b"\n" + b"x" * 5000 + b"\n" + encode_event(event(2)))
    ids, reports = read(path)
    assert ids == ["e1", "e2"]
    assert reports[0].startswith(":2: the line is longer than")


def test_strict_reading_stops_at_the_first_such_line(write: Write) -> None:
    path = write(encode_event(event(1)) + b"\n{\n{\n")
    events = read_events(path, on_unreadable=stop)
    assert next(events).id == "e1"
    with pytest.raises(UserError, match=":2: Input data was truncated"):
        next(events)


def test_a_file_counts_its_unreadable_lines_and_how_far_it_was_read(write: Write) -> None:
    path = write(encode_event(event(1)) + b"\n{\n")
    file = EventFile(path)
    assert [e.id for e in file] == ["e1"]
    assert file.unreadable == 1
    assert file.progress() == (path.stat().st_size, path.stat().st_size)


def test_reading_is_lazy(write: Write) -> None:
    path = write(b"".join(encode_event(event(ms)) + b"\n" for ms in range(20_000)))
    file = EventFile(path)
    events = iter(file)
    next(events)
    done, size = file.progress()
    assert done < size / 10


def test_a_file_that_is_cut_off_says_so(write: Write) -> None:
    packed = gzip.compress(b"".join(encode_event(event(ms)) + b"\n" for ms in range(1000)))
    with pytest.raises(UserError, match=r"the gzip data is damaged or cut off"):
        list(read_events(write(packed[: len(packed) // 2])))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="nowhere: No such file"):
        list(read_events(tmp_path / "nowhere"))


def test_a_csv_file_is_read_by_its_mapping(write: Write, tmp_path: Path) -> None:
    path = write(b"id,at,team\nA,2026-01-01T00:00:00Z,desk\nA,2026-01-01T01:00:00Z,lab\n")
    created, assigned = read_events(path, mapping(tmp_path, "csv"))
    assert (created.data.team, assigned.data.team) == ("desk", "lab")
    assert (created.tenant, created.source) == ("default", "replay/desk")


def test_rows_that_change_nothing_still_tell_how_far_the_file_reaches(
    write: Write, tmp_path: Path
) -> None:
    rows = [b"id,at,team"]
    rows += [b"A,2026-01-01T0%d:00:00Z,desk" % hour for hour in (0, 5, 3)]
    file = EventFile(write(b"\n".join(rows)), mapping(tmp_path, "csv"))
    assert file.silent_until == 0
    assert len(list(file)) == 1
    assert file.silent_until == parse_ms("2026-01-01T05:00:00Z")
    _, last = file.for_core(lambda _name: False)
    assert isinstance(last, tuple)
    assert (last[0], last[1].tenant, last[2]) == (file.silent_until, "default", [])


def test_a_file_without_such_rows_ends_with_its_last_event(write: Write, tmp_path: Path) -> None:
    path = write(b"id,at,team\nA,2026-01-01T00:00:00Z,desk\nA,2026-01-01T05:00:00Z,lab\n")
    file = EventFile(path, mapping(tmp_path, "csv"))
    assert len(list(file.for_core(lambda _name: True))) == 2
    assert file.silent_until == 0


def test_a_byte_order_mark_quotes_and_line_breaks_in_cells_are_read(
    write: Write, tmp_path: Path
) -> None:
    path = write(
        b'\xef\xbb\xbfid,at,team\r\n"A","2026-01-01T00:00:00Z","de,\nsk"\r\n'.decode().encode()
    )
    [created] = read_events(path, mapping(tmp_path, "csv"))
    assert created.data.team == "de,\nsk"


def test_csv_rows_that_cannot_be_read_are_reported_with_their_line(
    write: Write, tmp_path: Path
) -> None:
    rows = [
        b"id,at,team",
        b"A,2026-01-01T00:00:00Z",
        b"B,noon,desk",
        b",2026-01-01T00:00:00Z,desk",
        b"C,2026-01-01T00:00:00Z,\xff",
        b'"D" x,2026-01-01T00:00:00Z,desk',
        b"E,2026-01-01T00:00:00Z,desk",
    ]
    ids, said = read(write(b"\n".join(rows)), mapping(tmp_path, "csv"))
    assert ids == ["E:created:2026-01-01T00:00:00Z"]
    assert said == [
        ":2: has 2 cells, the header has 3",
        ":3: time: at Invalid isoformat string: 'noon'",
        ":4: conversation: id is empty",
        ":5: is no UTF-8: invalid start byte",
        ":6: ',' expected after '\"'",
    ]


def test_a_csv_file_without_the_mapped_columns_is_refused(write: Write, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="has no column id, team"):
        list(read_events(write(b"at,x\n"), mapping(tmp_path, "csv")))


def test_an_empty_csv_file_is_refused(write: Write, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="has no header"):
        list(read_events(write(b""), mapping(tmp_path, "csv")))


def test_a_foreign_json_file_is_read_by_its_mapping(write: Write, tmp_path: Path) -> None:
    rows = [
        {"id": 17, "at": "2026-01-01T00:00:00Z", "team": None, "more": {"x": 1}},
        {"id": 17, "at": "2026-01-01T01:00:00Z", "team": True},
    ]
    path = write(b"\n".join(json.dumps(row).encode() for row in rows) + b"\n[1]\n")
    ids, said = read(path, mapping(tmp_path, "jsonl"))
    assert ids == ["17:created:2026-01-01T00:00:00Z", "17:team=true:2026-01-01T01:00:00Z"]
    assert said == [":3: Expected `object`, got `array`"]
