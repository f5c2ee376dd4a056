"""Mapping files: what they may say, and what a person hears who made a mistake."""

from pathlib import Path

import pytest

from stream_app.errors import UserError
from stream_app.replay.fields import FieldError
from stream_app.replay.mapping import Mapping, load_mapping

EXAMPLES = Path(__file__).parents[2] / "examples"
LEAST = "format: csv\ntime: at\nconversation: id\n"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "map.yaml"


def read(path: Path, text: str) -> Mapping:
    path.write_text(text)
    return load_mapping(path)


def mistake(path: Path, text: str) -> str:
    with pytest.raises(UserError) as caught:
        read(path, text)
    return str(caught.value).removeprefix(str(path))


def test_the_least_mapping_has_format_time_and_conversation(path: Path) -> None:
    mapping = read(path, LEAST)
    assert (mapping.format, mapping.time.column, mapping.conversation) == ("csv", "at", "id")
    assert mapping.fields == {}


def test_the_example_reads_every_column_that_it_needs_and_no_role() -> None:
    mapping = load_mapping(EXAMPLES / "volvo.yaml")
    assert mapping.columns() == [
        "case_id", "occurred_at", "support_team", "impact", "status", "sub_status",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("row", "status"),
    [
        (("Accepted", "In Progress"), "open"),
        (("Accepted", "Wait - Vendor"), "on_hold"),
        (("Queued", "Awaiting Assignment"), "new"),
        (("Completed", "In Call"), "solved"),
        (("Completed", "Cancelled"), "closed"),
        (("Unmatched", "Unmatched"), "open"),
    ],
)
def test_several_columns_are_joined_and_what_is_not_listed_is_the_default(
    row: tuple[str, str], status: str
) -> None:
    field = load_mapping(EXAMPLES / "volvo.yaml").fields["status"]
    assert field.read({"status": row[0], "sub_status": row[1]}) == status


def test_a_constant_needs_no_column(path: Path) -> None:
    channel = read(path, LEAST + "channel: {const: portal}\n").fields["channel"]
    assert channel.read({}) == "portal"


def test_a_value_that_is_neither_listed_nor_has_a_default_names_what_is(path: Path) -> None:
    field = read(path, LEAST + "priority: {column: p, values: {1: low, no: high}}").fields[
        "priority"
    ]
    assert field.read({"p": "1"}) == "low"
    assert field.read({"p": "no"}) == "high"
    with pytest.raises(FieldError, match="priority: p has '2', allowed: 1, no"):
        field.read({"p": "2"})


def test_a_plain_status_column_has_to_hold_our_own_words(path: Path) -> None:
    field = read(path, LEAST + "status: state").fields["status"]
    assert field.read({"state": "on_hold"}) == "on_hold"
    with pytest.raises(FieldError, match="status: state has 'Done', allowed: new, open"):
        field.read({"state": "Done"})


@pytest.mark.parametrize("extra", ["", ", values: {a: b}"])
def test_an_empty_cell_says_nothing(path: Path, extra: str) -> None:
    field = read(path, LEAST + f"team: {{column: t{extra}}}").fields["team"]
    assert field.read({"t": ""}) is None
    assert field.read({}) is None


def test_an_empty_cell_becomes_the_default_where_there_is_one(path: Path) -> None:
    field = read(path, LEAST + "team: {column: t, default: desk}").fields["team"]
    assert field.read({"t": ""}) == "desk"


@pytest.mark.parametrize(
    ("time", "cell", "ms"),
    [
        ("at", "1970-01-01T00:00:01.5Z", 1500),
        ("at", "1970-01-01T01:00:00+01:00", 0),
        ("{column: at}", "1970-01-01T00:00:02Z", 2000),
        ('{column: at, format: "%d.%m.%Y %H:%M", zone: Europe/Rome}', "01.07.1996 02:00", 836179200000),
        ('{column: at, format: "%d.%m.%Y %H:%M", zone: Europe/Rome}', "01.01.1997 02:00", 852080400000),
        ('{column: at, format: "%Y-%m-%d %H:%M:%S%z"}', "1970-01-01 01:00:00+0100", 0),
        ('{column: at, format: "%S.%f", zone: UTC}', "01.250", -2208988798750),
    ],
)  # fmt: skip
def test_times_are_rfc_3339_or_of_a_given_format_and_zone(
    path: Path, time: str, cell: str, ms: int
) -> None:
    mapping = read(path, f"format: csv\ntime: {time}\nconversation: id\n")
    assert mapping.time.read(cell) == ms


@pytest.mark.parametrize("cell", ["", "yesterday", "2026-01-01T00:00:00", "2026-13-01T00:00:00Z"])
def test_a_time_that_is_none_or_has_no_offset_is_named(path: Path, cell: str) -> None:
    field = read(path, LEAST).time
    with pytest.raises(FieldError, match=r"^time: at "):
        field.read(cell)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("time: at\nconversation: id", ":1: format is missing; required: format, time, conversation"),
        ("format: xml\ntime: at\nconversation: id", ':1: format: "xml"; allowed: csv or jsonl'),
        (LEAST + "prio: x", ":4: prio: unknown key prio; did you mean priority? allowed: "),
        (LEAST + "priority: {column: p, values: {a: lo}}",
         ':4: priority.values.a: "lo"; did you mean low? allowed: low, normal, high or urgent'),
        (LEAST + "status: {column: s, default: done}", ':4: status.default: "done"; '),
        (LEAST + "author: {const: client}", ':4: author.const: "client"; '),
        (LEAST + "channel: {const: a, column: b}", "const together; one of column, columns, const"),
        (LEAST + "channel: {default: a}", ":4: channel: no source; one of column, columns, const"),
        (LEAST + "channel: {const: a, default: b}", "const with other keys; const stands alone"),
        (LEAST + "team: {column: t, value: {}}", ":4: team.value: unknown key value; did you mean"),
        (LEAST + "team: [a, b]", ":4: team: a list; the name of a column"),
        (LEAST + "status: {columns: a}", ':4: status.columns: "a"; a list of columns'),
        (LEAST + "status: {columns: []}", ":4: status.columns: a list; a list of columns"),
        (LEAST + "team: {column: t, values: [a]}", ":4: team.values: a list; a block"),
        ('format: csv\nconversation: id\ntime: {column: at, format: "%H"}',
         ":3: time.format: a format without %z and no zone; add zone: UTC"),
        ("format: csv\nconversation: id\ntime: {column: at, zone: UTC}",
         ":3: time.zone: a zone without a format; RFC 3339"),
        ('format: csv\nconversation: id\ntime: {column: at, format: "%H", zone: Mars/Base}',
         ':3: time.zone: "Mars/Base"; a time zone such as'),
        ("format: csv\nconversation: id\ntime: {zone: UTC}", ":3: time: column is missing"),
        ("- a", ":1: a list; a block with format, time, conversation"),
        ("format: [", "; "),
    ],
)  # fmt: skip
def test_a_mistake_names_file_line_field_and_what_is_allowed(
    path: Path, text: str, said: str
) -> None:
    assert said in mistake(path, text)


def test_all_mistakes_of_a_file_are_counted(path: Path) -> None:
    said = mistake(path, "format: xml\ntime: at\nconversation: id\nprio: x\nauthor: {const: me}\n")
    assert said.endswith("and 2 more mistakes in this file")


def test_a_missing_file_is_named(path: Path) -> None:
    with pytest.raises(UserError, match=r"map\.yaml: No such file or directory"):
        load_mapping(path)


def test_a_file_that_is_no_text_is_named(path: Path) -> None:
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UserError, match=r":1: a character that is not UTF-8"):
        load_mapping(path)


def test_columns_that_a_file_lacks_are_named_with_those_it_has(path: Path) -> None:
    mapping = read(path, LEAST + "team: squad\n")
    with pytest.raises(
        UserError, match=r"log\.csv has no column id, squad — its columns are at, x"
    ):
        mapping.require(["at", "x"], "log.csv")
