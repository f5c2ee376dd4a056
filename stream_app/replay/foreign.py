"""The rows of a foreign file as tuples of text, whatever its format; a bad row becomes its error.

A row has the cells that its mapping reads, in the order of `Mapping.cells`.
"""

import csv
from collections.abc import Iterator, Sequence
from operator import itemgetter
from typing import Any, Final

import msgspec

from stream_app.errors import UserError
from stream_app.replay.fields import Cells, FieldError
from stream_app.replay.lines import LINE_LIMIT, Lines
from stream_app.replay.mapping import Mapping

_FIELD_LIMIT: Final = csv.field_size_limit()
_BOM: Final = b"\xef\xbb\xbf"
_decode = msgspec.json.Decoder(dict[str, Any]).decode


def rows_of(lines: Lines, mapping: Mapping) -> Iterator[Cells | FieldError]:
    """Each row of the file, or why it is none. Raises UserError when mapped columns are missing."""
    if mapping.format == "csv":
        yield from _csv_rows(lines, mapping)
    else:
        columns = mapping.cells()
        for line in lines:
            if line is None or not line.isspace():
                yield _json_row(line, columns)


def _json_row(line: bytes | None, columns: Sequence[str]) -> Cells | FieldError:
    if line is None:
        return _too_long()
    try:
        row = _decode(line)
        return tuple([_text(row.get(column)) for column in columns])
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        return FieldError("", str(error))


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else str(value)


def _too_long(line: int | None = None) -> FieldError:
    return FieldError("", f"the line is longer than {LINE_LIMIT} bytes", line)


def _csv_rows(lines: Lines, mapping: Mapping) -> Iterator[Cells | FieldError]:
    rows = records(lines)
    header = next(rows, None)
    if not isinstance(header, list):
        raise UserError(f"{lines.path}: has no header", "the first line of a CSV names its columns")
    mapping.require(header, str(lines.path))
    width, place = len(header), {name: index for index, name in enumerate(header)}
    cells = itemgetter(*[place[column] for column in mapping.cells()])
    for row in rows:
        if isinstance(row, FieldError):
            yield row
        elif len(row) != width:
            yield FieldError("", f"has {len(row)} cells, the header has {width}")
        else:
            yield cells(row)


def records(lines: Lines) -> Iterator[list[str] | FieldError]:
    """Rows as lists of their cells. A line without quotes needs no parser: that is most of them."""
    errors: list[FieldError] = []
    texts = _decoded(lines, errors)
    quoted: list[str] = []  # the line that a row begins with for which the parser is needed
    rows = csv.reader(_from(quoted, texts), strict=True)
    for text in texts:
        line: str = text.rstrip("\r\n")
        row: list[str] | FieldError
        if '"' in line or "\r" in line or len(line) > _FIELD_LIMIT:
            quoted.append(text)
            row = _parsed(rows)
        else:
            row = line.split(",") if line else []
        if errors:
            yield from _taken(errors)
        if row:
            yield row
    yield from _taken(errors)


def _from(first: list[str], texts: Iterator[str]) -> Iterator[str]:
    """What a parser reads: a line that is waiting, else the next one."""
    while True:
        text = first.pop() if first else next(texts, None)
        if text is None:
            return
        yield text


def _parsed(rows: Iterator[list[str]]) -> list[str] | FieldError:
    # A csv.reader can go on after an error, but not a generator: so this is none.
    try:
        return next(rows, [])
    except csv.Error as error:
        return FieldError("", str(error))


def _taken(errors: list[FieldError]) -> list[FieldError]:
    taken = errors[:]
    errors.clear()
    return taken


def _decoded(lines: Lines, errors: list[FieldError]) -> Iterator[str]:
    first = True
    for line in lines:
        if line is None:
            errors.append(_too_long(lines.number))
            continue
        text = line.removeprefix(_BOM) if first else line
        first = False
        try:
            yield text.decode()
        except UnicodeDecodeError as error:
            errors.append(FieldError("", f"is no UTF-8: {error.reason}", lines.number))
