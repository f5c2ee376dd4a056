"""Puts PyYAML's complaints into words for people who do not write YAML for a living."""

from dataclasses import replace
from typing import Final

import yaml

from stream_app.policyfile.problems import Place

_INDENT: Final = (
    "entries of one block begin in the same column; compare this line with the one before"
)
_OPENED_ABOVE: Final = ("while scanning a quoted", "while parsing a flow")
# What PyYAML says -> (what was found, what is allowed); the first that fits holds.
_WORDS: Final = (
    ("character '\\t'", "a tab", "YAML is indented with spaces only"),
    ("mapping values are not allowed", "a colon where none is expected",
     "check the indentation of this line and the one before; text with a colon needs quotes"),
    ("expected <block end>", "a line that does not fit the indentation above it", _INDENT),
    ("could not find expected ':'", "a line without a colon",
     "write `key: value`, and check the indentation"),
    ("while scanning a quoted scalar", "a quotation mark that is never closed",
     "close it on the same line"),
    ("expected ',' or ']'", "a [list] that is not closed", "separate with commas and close with ]"),
    ("expected ',' or '}'", "a {block} that is not closed",
     "separate with commas and close with }"),
    ("found undefined alias", "a * that refers to nothing", "the & that it means stands above it"),
    ("but found another document", "a second document after ---", "a policy is one document"),
    ("special characters are not allowed", "a character that no text has", "save the file as UTF-8"),
    ("cannot start any token", "a character that needs quotes here", "put the text in quotes"),
)  # fmt: skip


def explain(error: Exception, text: str, start: Place) -> tuple[Place, str, str]:
    """Where in `text`, what was found, what is allowed."""
    said = str(error)
    place = _place(error, text, start)
    for pattern, found, allowed in _WORDS:
        if pattern in said:
            return place, found, allowed
    problem = getattr(error, "problem", None) or "text that is no YAML"
    return place, str(problem), "the file must be YAML"


def _place(error: Exception, text: str, start: Place) -> Place:
    if isinstance(error, yaml.reader.ReaderError):
        return replace(start, line=text.count("\n", 0, error.position) + 1)
    if not isinstance(error, yaml.MarkedYAMLError):
        return start
    mark = error.problem_mark or error.context_mark
    # An unclosed quotation mark or bracket is noticed far below the line that is to be mended.
    if error.context_mark and str(error.context).startswith(_OPENED_ABOVE):
        mark = error.context_mark
    return replace(start, line=mark.line + 1, column=mark.column + 1) if mark else start
