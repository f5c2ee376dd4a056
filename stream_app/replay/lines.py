"""The lines of a plain or gzip file, one after the other, and how far reading has come.

Compression is recognised by the file's first bytes, not by its name. A line has a size limit, so that
a broken file cannot fill the memory.
"""

import gzip
import io
import zlib
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from stream_app.errors import UserError

LINE_LIMIT: Final = 1 << 20
_GZIP: Final = b"\x1f\x8b"


class Lines:
    """A context manager over one file; iterate it once. `number` is that of the last line given."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.number = 0
        self.size = 0
        self._file: io.BufferedReader | None = None

    @property
    def position(self) -> int:
        """Bytes read of the file as it lies on the disk; compare with `size`."""
        return self._file.tell() if self._file is not None else 0

    def __enter__(self) -> Self:
        try:
            self._file = self.path.open("rb")
            self.size = self.path.stat().st_size
        except OSError as error:
            raise UserError(f"{self.path}: {error.strerror}", "give a file of events") from error
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        assert self._file is not None
        self.size = self.position
        self._file.close()
        self._file = None

    def __iter__(self) -> Iterator[bytes | None]:
        """Each line with its line end; None for one that is longer than the limit."""
        content = self._content()
        try:
            while line := content.readline(LINE_LIMIT):
                self.number += 1
                if len(line) == LINE_LIMIT and not line.endswith(b"\n"):
                    _skip_rest(content)
                    yield None
                else:
                    yield line
        except (EOFError, gzip.BadGzipFile, zlib.error) as error:
            where = f"{self.path}:{self.number + 1}"
            raise UserError(f"{where}: the gzip data is damaged or cut off ({error})") from error

    def _content(self) -> io.BufferedReader:
        assert self._file is not None
        if self._file.peek(2)[:2] == _GZIP:
            unpacked: Any = gzip.GzipFile(fileobj=self._file)
            return io.BufferedReader(unpacked)  # its own readline is much slower
        return self._file


def _skip_rest(content: io.BufferedReader) -> None:
    while line := content.readline(LINE_LIMIT):
        if line.endswith(b"\n"):
            return
