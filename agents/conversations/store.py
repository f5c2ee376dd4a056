"""The conversations of one source partition: hot ones as objects, the others as their row's bytes.

A conversation that nothing happens to costs little more than its row: it is decoded when it is touched
and packed again when it has been quiet. The wake heap knows the next moment of each; an entry is a
hint, and the row decides.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from heapq import heapify, heappop, heappush
from typing import Final

from schemas.keys import ConversationKey, decode_key, tenant_of
from schemas.packing import decode_row, encode_row, peek_row
from schemas.rows import StatePeek
from schemas.states import ConversationState
from stream_app.domain.fold import Conversation, from_row, new_conversation, settle
from stream_app.domain.standing import presses

HOT_LIMIT: Final = 8192  # objects kept per partition; a packed one costs a decode when touched
_SETTLE_AT_ONCE: Final = 500
_HEAP_SLACK: Final = 1024


@dataclass(slots=True)
class Store:
    """Rows by record key, which of them are dirty, and when each wants to be woken."""

    rows: dict[bytes, Conversation | bytes] = field(default_factory=dict)
    dirty: set[bytes] = field(default_factory=set)
    heaps: dict[str, list[tuple[int, bytes]]] = field(default_factory=dict)
    _scheduled: dict[bytes, int] = field(default_factory=dict)  # of hot rows: their heap entry
    _cooling: deque[tuple[int, bytes]] = field(default_factory=deque)
    _settling: deque[tuple[int, list[bytes]]] = field(default_factory=deque)
    _hot: dict[bytes, tuple[int, bytes]] = field(default_factory=dict)  # last flush, its bytes
    _flush: int = 0

    def get(self, key: bytes) -> Conversation | None:
        """The conversation, unpacked if need be."""
        row = self.rows.get(key)
        if not isinstance(row, bytes):
            return row
        conversation = self.rows[key] = from_row(decode_row(row))
        self._scheduled[key] = conversation.state.next_wake
        return conversation

    def look(self, key: bytes) -> ConversationState | None:
        """The state of a conversation as it is, for reading; a packed one stays packed."""
        row = self.rows.get(key)
        if row is None:
            return None
        return (from_row(decode_row(row)) if isinstance(row, bytes) else row).state

    def create(self, key: bytes) -> Conversation:
        """A new conversation under a key."""
        conversation = self.rows[key] = new_conversation()
        self._scheduled[key] = 0
        return conversation

    def schedule(self, tenant: str, key: bytes, conversation: Conversation) -> None:
        """See to it that the conversation is woken when it wants to be."""
        wake = conversation.state.next_wake
        scheduled = self._scheduled.get(key, 0)
        if wake and (not scheduled or wake < scheduled):
            self._scheduled[key] = wake
            heappush(self.heaps.setdefault(tenant, []), (wake, key))

    def due(self, tenant: str, until: int) -> Iterator[tuple[bytes, Conversation]]:
        """Conversations of a tenant with a wake-up before `until`, as they come due."""
        heap = self.heaps.get(tenant, [])
        while heap and heap[0][0] < until:
            entry = heappop(heap)
            while heap and heap[0] == entry:
                heappop(heap)
            key = entry[1]
            wake = self._next_wake(key)
            if 0 < wake < until:
                conversation = self.get(key)
                if conversation is not None:
                    self._scheduled[key] = 0
                    yield key, conversation
            elif wake:
                if key in self._scheduled:
                    self._scheduled[key] = wake
                heappush(heap, (wake, key))

    def _next_wake(self, key: bytes) -> int:
        row = self.rows.get(key)
        if row is None:
            return 0
        return peek_row(row).state.next_wake if isinstance(row, bytes) else row.state.next_wake

    def collect(self) -> list[tuple[bytes, bytes | None]]:
        """Encode dirty rows; expired ones go, as tombstones."""
        self._flush += 1
        found: list[tuple[bytes, bytes | None]] = []
        for key in self.dirty:
            conversation = self.rows.get(key)
            if conversation is None:
                continue
            if isinstance(conversation, bytes):  # packed again by `each_live`
                found.append((key, conversation))
                continue
            if conversation.state.expired:
                self._forget(key)
                found.append((key, None))
                continue
            value = encode_row(conversation.row())
            found.append((key, value))
            self._hot[key] = (self._flush, value)
            self._cooling.append((self._flush, key))
        self.dirty.clear()
        self._pack()
        return found

    def cool(self, horizon: int, most: int = _SETTLE_AT_ONCE) -> None:
        """Let packed rows forget their tails once these are older than the allowed lateness."""
        while most > 0 and self._settling and self._settling[0][0] < horizon:
            _, keys = self._settling.popleft()
            most -= len(keys)
            self._settle(keys, horizon)

    def _settle(self, keys: list[bytes], horizon: int) -> None:
        for key in keys:
            row = self.rows.get(key)
            if isinstance(row, bytes):
                conversation = from_row(decode_row(row))
                settle(conversation, horizon)
                self.rows[key] = encode_row(conversation.row())

    def each_live(self, tenant: str) -> Iterator[tuple[bytes, Conversation]]:
        """Every conversation of a tenant that counts, for a change that concerns all of them.

        What was packed is packed again when the caller has gone on, so that memory stays bounded.
        """
        newest, packed = 0, []
        for key, row in list(self.rows.items()):
            flags = (peek_row(row) if isinstance(row, bytes) else row).state.flags
            conversation = self.get(key) if flags and tenant_of(key) == tenant else None
            if conversation is None:
                continue
            yield key, conversation
            if isinstance(row, bytes):
                self.rows[key] = encode_row(conversation.row())
                self._scheduled.pop(key, None)
                newest = max(newest, conversation.state.last_time, conversation.state.last_timer)
                packed.append(key)
        if packed:
            self._settling.append((newest, packed))

    def load(self, key: bytes, value: bytes | None) -> None:
        """Take over a changelog row as it is."""
        if value is None:
            self.rows.pop(key, None)
        else:
            self.rows[key] = value

    def restored(self) -> Iterator[tuple[bytes, ConversationKey, StatePeek | ConversationState]]:
        """After recovery: schedule every row, and yield what levels need of it."""
        for key, row in self.rows.items():
            if not isinstance(row, bytes):
                continue
            state, identity = peek_row(row).state, decode_key(key)
            if state.next_wake:
                self.heaps.setdefault(identity.tenant, []).append((state.next_wake, key))
            yield key, identity, decode_row(row).state if presses(state.flags) else state
        for heap in self.heaps.values():
            heapify(heap)

    def trim_heaps(self) -> None:
        """Throw away heap entries that no longer mean anything, when they outnumber the rows."""
        entries = sum(len(heap) for heap in self.heaps.values())
        if entries <= 2 * len(self.rows) + _HEAP_SLACK:
            return
        for heap in self.heaps.values():
            heap[:] = list({entry for entry in heap if entry[1] in self.rows})
            heapify(heap)

    def _pack(self) -> None:
        """Keep the rows that were touched last as objects, the others as the bytes just written."""
        newest, packed = 0, []
        while self._cooling and len(self._hot) > HOT_LIMIT:
            flush, key = self._cooling.popleft()
            touched, value = self._hot.get(key, (0, b""))
            if touched != flush:
                continue  # touched again since, or gone
            conversation = self.rows[key]
            if isinstance(conversation, Conversation) and conversation.base is not None:
                state = conversation.state
                newest = max(newest, state.last_time, state.last_timer)
                packed.append(key)
            self.rows[key] = value
            del self._hot[key]
            self._scheduled.pop(key, None)
        if packed:
            self._settling.append((newest, packed))

    def _forget(self, key: bytes) -> None:
        self.rows.pop(key, None)
        self._hot.pop(key, None)
        self._scheduled.pop(key, None)
