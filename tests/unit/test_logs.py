"""Logs: JSON for machines, lines for people, libraries only when they complain."""

import io
import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from stream_app.logs import configure


def _loggers() -> list[logging.Logger]:
    """All that there are now, whoever made them."""
    root = logging.getLogger()
    return [root, *(logging.getLogger(name) for name in root.manager.loggerDict)]


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    root = logging.getLogger()
    handlers = list(root.handlers)
    levels = {logger: logger.level for logger in _loggers()}
    yield
    root.handlers[:] = handlers
    for logger in _loggers():
        logger.setLevel(levels.get(logger, logging.NOTSET))
    structlog.reset_defaults()


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_where_there_is_no_terminal_each_line_is_json() -> None:
    out = io.StringIO()
    configure("auto", "info", out)
    structlog.get_logger("pegel.test").info("claimed", partition=3)
    line = json.loads(out.getvalue())
    assert line["event"] == "claimed"
    assert (line["logger"], line["level"], line["partition"]) == ("pegel.test", "info", 3)
    assert line["timestamp"].endswith("Z")


def test_on_a_terminal_lines_are_for_people() -> None:
    out = Terminal()
    configure("auto", "info", out)
    structlog.get_logger("pegel.test").info("claimed", partition=3)
    assert "claimed" in out.getvalue()
    with pytest.raises(json.JSONDecodeError):
        json.loads(out.getvalue())


@pytest.mark.parametrize("name", ["faust.app", "aiokafka.conn", "mode", "stream_app.engine.tables"])
def test_libraries_are_heard_from_warnings_upwards(name: str) -> None:
    out = io.StringIO()
    configure("json", "info", out)
    logging.getLogger(name).info("starting")
    logging.getLogger(name).warning("slow: %s", 7)
    (line,) = out.getvalue().splitlines()
    assert json.loads(line)["event"] == "slow: 7"


def test_the_level_is_that_of_the_settings() -> None:
    out = io.StringIO()
    configure("json", "error", out)
    structlog.get_logger("pegel.test").warning("not now")
    assert out.getvalue() == ""


def test_an_exception_is_one_line_of_json() -> None:
    out = io.StringIO()
    configure("json", "info", out)
    try:
        raise ValueError("bad")
    except ValueError:
        logging.getLogger("pegel.test").exception("failed")
    (line,) = out.getvalue().splitlines()
    assert "ValueError: bad" in json.loads(line)["exception"]
