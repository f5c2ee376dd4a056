"""The report of a backtest, written piece by piece: it may hold more events than fit into memory."""

import json
import shutil
from collections.abc import Callable, Iterable
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any, Final

from schemas.instants import format_ms
from stream_app.backtest.run import Backtest, Span
from stream_app.errors import UserError

_COPY: Final = 1 << 20


def write_report(
    path: Path, backtest: Callable[[Callable[[bytes], None]], tuple[Backtest, Span]]
) -> tuple[Backtest, Span]:
    """Run a backtest, which is given where SLA events go, and write its report to `path`.

    The file appears when it is complete.
    """
    unfinished = path.with_name(f".{path.name}.unfinished")
    try:
        with TemporaryFile(dir=path.parent) as spool:
            done, span = backtest(_Spool(spool))
            with unfinished.open("wb") as file:
                _write(file, spool, done, span)
        unfinished.replace(path)
    except OSError as error:
        raise UserError(
            f"{path}: {error.strerror}", "give a file in a folder that can be written to"
        ) from error
    finally:
        unfinished.unlink(missing_ok=True)
    return done, span


class _Spool:
    """Keeps SLA events on the disk, separated by commas."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._separator = b"\n"

    def __call__(self, event: bytes) -> None:
        self._file.write(self._separator + event)
        self._separator = b",\n"


def _write(file: IO[bytes], spool: IO[bytes], done: Backtest, span: Span) -> None:
    head = {
        "policy": done.policy.hash,
        "from": format_ms(span.first),
        "until": format_ms(span.until),
        "summary": done.summary.as_json(),
    }
    file.write(json.dumps(head, ensure_ascii=False)[:-1].encode())
    file.write(b', "sla_events": [')
    spool.seek(0)
    shutil.copyfileobj(spool, file, _COPY)
    file.write(b'], "alerts": [')
    file.writelines(_joined(done.episodes(span.until)))
    file.write(b"]}\n")


def _joined(items: Iterable[dict[str, Any]]) -> Iterable[bytes]:
    separator = "\n"
    for item in items:
        yield (separator + json.dumps(item, ensure_ascii=False)).encode()
        separator = ",\n"
