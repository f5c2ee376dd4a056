"""Splitting CSV: a fast way for plain lines, and the `csv` module for the others, say the same."""

import csv
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import example, given
from hypothesis import strategies as st

from stream_app.replay.fields import FieldError
from stream_app.replay.foreign import records
from stream_app.replay.lines import Lines

TEXT = st.text(st.sampled_from('a,"\r\n \u00e9'), max_size=40)


@example('a,b\r\n"x\ny",2\r\n\r\nq"q,"r"\r\n')
@example('a,b\n1,"2')
@example("a,b\n1\r2,3\n4,5\n")
@given(TEXT)
def test_rows_are_split_as_the_csv_module_splits_them(text: str) -> None:
    content = f"id,at,é\n{text}"
    wanted: list[list[str]] = []
    rows = csv.reader(StringIO(content, newline="\n"), strict=True)
    going_on = True
    while going_on:
        try:
            row = next(rows, None)
            going_on = row is not None
            wanted += [row] if row else []
        except csv.Error as error:
            wanted.append([f"! {error}"])
    with TemporaryDirectory() as home:
        path = Path(home) / "file"
        path.write_text(content, newline="")
        with Lines(path) as lines:
            found = [
                [f"! {row.problem}"] if isinstance(row, FieldError) else row
                for row in records(lines)
            ]
    assert found == wanted
