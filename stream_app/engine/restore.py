"""Reads changelogs back: which rows count, and when everything has been read.

Rules
    1. A table is complete when the claim row with our own nonce was read; offsets prove nothing,
       since control records take offsets too.
    2. Where the log has transactions every visible row belongs to a committed flush and is loaded at
       once. All tables must then end with the same flush; else a changelog was damaged, which is fatal.
    3. Without transactions a flush is rows, then its meta row. The last flush of a table is held back:
       one that did not reach all tables was torn by a crash and is left out everywhere, as is one that
       a later flush did not build upon.
"""

from collections.abc import Sequence

from stream_app.engine.errors import FatalError
from stream_app.engine.job import PartitionJob, Record
from stream_app.engine.log import Rows
from stream_app.engine.meta import CLAIM_KEY, META_KEY, Meta, decode_meta


class TableReader:
    """Reads one changelog partition into a job."""

    def __init__(self, table: str, nonce: bytes, grouped: bool) -> None:
        self.table = table
        self.complete = False
        self.meta: Meta | None = None  # of the last flush that was read
        self.rows = 0
        self.position = -1  # offset of the last record that was read
        self._nonce = nonce
        self._grouped = grouped
        self._open: Rows = []  # rows since the last meta row
        self._held: Rows = []  # rows of the flush of `meta`, without transactions

    def read(self, records: Sequence[Record], job: PartitionJob) -> None:
        """Take the next records of the log."""
        if records[0].offset <= self.position:  # Faust goes back to the last one that was seen
            records = [record for record in records if record.offset > self.position]
        for record in records:
            key = record.key or b""
            self.position = record.offset
            if key == META_KEY:
                self._on_meta(decode_meta(record.value or b""), job)
            elif key == CLAIM_KEY:
                self._on_claim(record.value, job)
                if self.complete:
                    return  # whoever wrote after our claim was not the owner
            else:
                self._open.append((key, record.value))
        if not self._grouped:
            self._load(self._open, job)
            self._open = []

    def adopt(self, seq: int, job: PartitionJob) -> None:
        """Everything was read; keep the held flush only if it is number `seq`."""
        if self.meta is not None and self.meta.seq == seq:
            self._load(self._held, job)
        self._held = []

    def _on_meta(self, meta: Meta, job: PartitionJob) -> None:
        if self._grouped:
            if self.meta is not None and self.meta.seq <= meta.base:
                self._load(self._held, job)
            self._held = self._open
        else:
            self._load(self._open, job)
        self._open = []
        self.meta = meta

    def _on_claim(self, nonce: bytes | None, job: PartitionJob) -> None:
        if not self._grouped:
            self._load(self._open, job)
        self._open = []  # without transactions: the beginning of a flush that was never finished
        self.complete = nonce == self._nonce

    def _load(self, rows: Rows, job: PartitionJob) -> None:
        if rows:
            self.rows += len(rows)
            job.load(self.table, rows)


def settle(readers: Sequence[TableReader], grouped: bool, job: PartitionJob) -> Meta | None:
    """After all tables were read: the meta row that holds for all of them."""
    metas = [reader.meta for reader in readers if reader.meta is not None]
    if not metas:
        return None
    newest = max(metas, key=lambda meta: meta.seq)
    if _lost_tables(readers, newest, grouped):
        return None
    chosen = min(metas, key=lambda meta: meta.seq)
    if chosen.seq != newest.seq and not grouped:
        found = {reader.table: reader.meta.seq for reader in readers if reader.meta is not None}
        raise FatalError(f"the changelogs do not end with the same flush: {found}")
    for reader in readers:
        reader.adopt(chosen.seq, job)
    return chosen


def _lost_tables(readers: Sequence[TableReader], newest: Meta, grouped: bool) -> bool:
    """Whether the very first flush was torn. Fatal when a table has lost rows that it had."""
    empty = {reader.table for reader in readers if reader.meta is None}
    lost = sorted(empty.intersection(newest.tables))
    if lost and not (grouped and newest.base == 0):
        raise FatalError(f"the changelog of {', '.join(lost)} has lost its rows")
    return bool(lost)
