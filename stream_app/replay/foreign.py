"""The rows of a foreign file as dicts of text, whatever its format; a bad row becomes its error."""

import csv
from collections.abc import Iterator
from typing import Any, Final

import msgspec

from stream_app.errors import UserError
from stream_app.replay.fields import FieldError, Row
from stream_app.replay.lines import LINE_LIMIT, Lines
from stream_app.replay.mapping import Mapping

_BOM: Final = b"\xef\xbb\xbf"
_decode = msgspec.json.Decoder(dict[str, Any]).decode


def rows_of(lines: Lines, mapping: Mapping) -> Iterator[Row | FieldError]:
    """Each row of the file, or why it is none. Raises UserError when mapped columns are missing."""
    if mapping.format == "csv":
        yield from _csv_rows(lines, mapping)
    else:
        for line in lines:
            if line is None or not line.isspace():
                yield _json_row(line)


def _json_row(line: bytes | None) -> Row | FieldError:
    if line is None:
        return _too_long()
    try:
        return {name: _text(value) for name, value in _decode(line).items()}
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


def _csv_rows(lines: Lines, mapping: Mapping) -> Iterator[Row | FieldError]:
    errors: list[FieldError] = []
    rows = csv.reader(_decoded(lines, errors), strict=True)
    header = next(_rows(rows, errors), None)
    if not isinstance(header, list):
        raise UserError(f"{lines.path}: has no header", "the first line of a CSV names its columns")
    mapping.require(header, str(lines.path))
    for row in _rows(rows, errors):
        if isinstance(row, FieldError):
            yield row
        elif len(row) != len(header):
            yield FieldError("", f"has {len(row)} cells, the header has {len(header)}")
        else:
            yield dict(zip(header, row, strict=True))


def _rows(rows: Iterator[list[str]], errors: list[FieldError]) -> Iterator[list[str] | FieldError]:
    # A csv.reader can go on after an error, but not a generator: so it is asked row by row.
    while True:
        row: list[str] | FieldError | None
        try:
            row = next(rows, None)
        except csv.Error as error:
            row = FieldError("", str(error))
        while errors:
            yield errors.pop(0)
        if row is None:
            return
        if row:
            yield row


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
