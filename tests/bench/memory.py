"""Memory of open conversations in one source partition: `python -m tests.bench.memory [COUNT]`.

*Active* ones have had four events within the allowed lateness, *idle* ones have been quiet since. What
the process holds beside (code, policy, pane figures) is subtracted by measuring before.
"""

import gc
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from agents.conversations import ConversationsJob, spec
from schemas import events as wire
from schemas.instants import format_ms
from schemas.keys import encode_key
from stream_app.policyfile import load_policy
from stream_app.settings import Settings
from tests.support.conversations import TOPIC, FakeRecord
from tests.support.talk import HOUR, SECOND, clock

POLICY = Path(__file__).parents[2] / "examples" / "demo-policy.yaml"
SOURCE = "zendesk/acme"
START = clock("09:00")
BATCH = 4_000
TALK: tuple[tuple[str, dict[str, Any]], ...] = (
    (
        wire.TICKET_CREATED,
        {"channel": "email", "status": "new", "priority": "normal", "created_by": "customer"},
    ),
    (wire.MESSAGE_CREATED, {"message": "a", "direction": "out", "author": "agent"}),
    (wire.TICKET_ASSIGNED, {"team": "tier1", "assignee": "p"}),
    (wire.MESSAGE_CREATED, {"message": "b", "direction": "in", "author": "customer"}),
)


def main() -> None:
    """Print both figures."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    job = _job()
    before = _resident()
    batch: list[FakeRecord] = []
    for record in _records(count):
        batch.append(record)
        if len(batch) == BATCH:
            _apply(job, batch)
            batch.clear()
    _apply(job, batch)
    _say("active", job, before)
    _rest(job, START + count * 20)
    _say("idle", job, before)


def _job() -> ConversationsJob:
    policy = replace(load_policy(POLICY), tenants={"demo": "live"})
    job = spec(Settings(partitions=1), policy).new_job(0)
    assert isinstance(job, ConversationsJob)
    job.restored(None, 1)
    _apply(job, list(_records(1)))
    return job


def _records(count: int) -> Iterator[FakeRecord]:
    for number in range(count):
        key = encode_key("demo", SOURCE, f"T-{number}")
        for step, (event_type, fields) in enumerate(TALK):
            at = START + number * 20 + step * 5
            event = wire.Event(
                id=f"{number}:{step}",
                source=SOURCE,
                type=event_type,
                subject=f"T-{number}",
                time=format_ms(at),
                tenant="demo",
                data=wire.Data(**fields),
            )
            offset = number * len(TALK) + step
            yield FakeRecord(TOPIC, 0, offset, at, key, wire.encode_event(event))


def _apply(job: ConversationsJob, batch: list[FakeRecord]) -> None:
    job.apply(batch, lambda _rejected: True)
    job.collect()


def _rest(job: ConversationsJob, since: int) -> None:
    """Hours pass without an event; packed rows forget their tails a few at a time."""
    for second in range(400):
        now = since + HOUR + second * SECOND
        job.turn(now, {TOPIC: now})
        job.collect()


def _say(what: str, job: ConversationsJob, before: int) -> None:
    gc.collect()
    rows = job.store.rows.values()
    packed = [len(row) for row in rows if isinstance(row, bytes)]
    each = (_resident() - before) / len(rows)
    print(
        f"memory, {what:<8} {each:10,.0f} bytes per open conversation ({len(rows):,} of them; "
        f"a packed row has {sum(packed) / max(1, len(packed)):,.0f})"
    )


def _resident() -> int:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096


if __name__ == "__main__":
    main()
