"""A job small enough to see through."""

from collections.abc import Mapping, Sequence

import msgspec

from stream_app.engine.job import AgentSpec, Changes, Output, Record, Reject, Rejected, Row


class CountEvent(msgspec.Struct):
    """An event of the toy job: add `n` under `k`."""

    k: str
    n: int


class CountingJob:
    """Counts and sums per key in one table, per first letter in another; announces each key once.

    A value that is no `CountEvent` is rejected. `n` 0 forgets the key (a tombstone). Turns are counted
    in the meta row, and each turn that finds all sources at their end is remembered.
    """

    def __init__(
        self, partition: int, out: str = "", tables: tuple[str, str] = ("counts", "letters")
    ) -> None:
        self.partition = partition
        self.out = out
        self.tables = tables
        self.counts: dict[str, list[int]] = {}
        self.letters: dict[str, int] = {}
        self.applied = 0
        self.epoch = 0
        self.at_end_ms = 0
        self.restores = self.commits = 0
        self.is_closed = False
        self._dirty: dict[tuple[str, str], None] = {}
        self._outputs: list[Output] = []

    def load(self, table: str, rows: Sequence[tuple[bytes, bytes | None]]) -> None:
        """Rows of the changelog."""
        for key, value in rows:
            name = key.decode()
            if value is None:
                self.counts.pop(name, None)
            elif table == self.tables[0]:
                self.counts[name] = msgspec.msgpack.decode(value, type=list[int])
            else:
                self.letters[name] = msgspec.msgpack.decode(value, type=int)

    def restored(self, meta: bytes | None, epoch: int) -> None:
        """All rows are there."""
        self.applied = int(meta) if meta else 0
        self.epoch = epoch
        self.restores += 1

    def apply(self, records: Sequence[Record], reject: Reject) -> int:
        """Count them."""
        for index, record in enumerate(records):
            try:
                event = _decode(record.value or b"")
            except msgspec.MsgspecError as exc:
                if not reject(Rejected(record, "undecodable", "$", str(exc))):
                    return index + 1
                continue
            self._count(event)
        return len(records)

    def turn(self, now_ms: int, ends: Mapping[str, int]) -> None:
        """Remember being at the end."""
        if ends:
            self.at_end_ms = min(ends.values())

    @property
    def changed(self) -> bool:
        """Whether rows or outputs wait."""
        return bool(self._dirty or self._outputs)

    def collect(self) -> Changes:
        """Encode what is dirty."""
        rows = [self._row(table, key) for table, key in self._dirty]
        changes = Changes(rows, self._outputs, str(self.applied).encode())
        self._dirty, self._outputs = {}, []
        return changes

    def committed(self) -> None:
        """Count it."""
        self.commits += 1

    def closed(self) -> None:
        """Forget."""
        self.is_closed = True

    def _count(self, event: CountEvent) -> None:
        self.applied += 1
        letter = event.k[:1]
        self.letters[letter] = self.letters.get(letter, 0) + 1
        self._dirty[self.tables[1], letter] = None
        self._dirty[self.tables[0], event.k] = None
        if event.n == 0:
            self.counts.pop(event.k, None)
            return
        known = self.counts.get(event.k)
        if known is None:
            self.counts[event.k] = [1, event.n]
            if self.out:
                self._outputs.append(
                    Output(self.out, event.k.encode(), b"%d" % event.n, self.partition)
                )
        else:
            known[0] += 1
            known[1] += event.n

    def _row(self, table: str, key: str) -> Row:
        value = self.counts.get(key) if table == self.tables[0] else self.letters[key]
        encoded = None if value is None else msgspec.msgpack.encode(value)
        return Row(table, key.encode(), encoded)


def counting_spec(name: str, sources: tuple[str, ...], out: str = "") -> AgentSpec:
    """An agent of counting jobs with the tables `<name>-counts` and `<name>-letters`."""
    tables = (f"{name}-counts", f"{name}-letters")
    return AgentSpec(
        name, "Counts events.", sources, tables, lambda number: CountingJob(number, out, tables)
    )


_decode = msgspec.json.Decoder(CountEvent).decode
