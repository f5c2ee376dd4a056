"""Logs of the long-running processes: structlog on top of the standard library.

Lines for people on a terminal, JSON for machines everywhere else. Libraries log through the same
handler, from warnings upwards. Never a message's text, never a name.
"""

import logging
import sys
from typing import Any, Literal, TextIO

import orjson
import structlog
from structlog.stdlib import ProcessorFormatter
from structlog.typing import Processor

Format = Literal["auto", "json", "text"]
_TALKATIVE = ("agents", "aiohttp", "aiokafka", "asyncio", "faust", "mode", "stream_app")


def configure(log_format: Format, level: str, stream: TextIO | None = None) -> None:
    """Send all logging to `stream` (stderr) in the given format, replacing what was set up."""
    target = stream if stream is not None else sys.stderr
    as_json = log_format == "json" or (log_format == "auto" and not target.isatty())
    shared = _shared()
    structlog.configure(
        processors=[*shared, ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(target)
    handler.setFormatter(
        ProcessorFormatter(foreign_pre_chain=shared, processors=_rendering(as_json, target))
    )
    logging.basicConfig(handlers=[handler], level=_number(level), force=True)
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(max(_number(level), logging.WARNING))


def _number(level: str) -> int:
    known = logging.getLevelNamesMapping()
    return known.get(level.upper(), logging.INFO)


def _shared() -> list[Processor]:
    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
    ]


def _rendering(as_json: bool, target: TextIO) -> list[Processor]:
    if as_json:
        return [
            ProcessorFormatter.remove_processors_meta,
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(serializer=_dumps),
        ]
    return [
        ProcessorFormatter.remove_processors_meta,
        structlog.dev.ConsoleRenderer(colors=target.isatty()),
    ]


def _dumps(event: Any, **options: Any) -> str:
    return orjson.dumps(event, default=options.get("default", str)).decode()
