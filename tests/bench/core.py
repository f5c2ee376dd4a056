"""What an event costs in the core, by its type: from the decoded event to the facts and the new state.

Ten-event conversations, one after the other in time, as many at once as a busy desk has; the demo's
policy. Best of three runs, in CPU time; the plain loop beside it says how fast the machine was.
"""

import random
from collections import defaultdict
from pathlib import Path
from time import process_time, thread_time_ns
from typing import Any

from schemas import events as wire
from schemas.events import Data, Event
from schemas.instants import format_ms, parse_ms
from stream_app.domain.fold import Conversation, ingest, new_conversation, run_timers
from stream_app.domain.ingested import Moment
from stream_app.domain.rules import Rulebook, compile_rules
from stream_app.domain.steps import to_step
from stream_app.domain.turn import Turn
from stream_app.policyfile import load_policy

CONVERSATIONS = 2_000
RUNS = 3
_POLICY = Path(__file__).parents[2] / "examples" / "demo-policy.yaml"
_MESSAGE = wire.MESSAGE_CREATED
_TALK: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("created", wire.TICKET_CREATED, {"channel": "email", "team": "t", "created_by": "customer"}),
    ("question", _MESSAGE, {"direction": "in", "author": "customer"}),
    ("bot reply", _MESSAGE, {"direction": "out", "author": "bot"}),
    ("assigned", wire.TICKET_ASSIGNED, {"team": "t", "assignee": "a"}),
    ("reply", _MESSAGE, {"direction": "out", "author": "agent"}),
    ("priority", wire.TICKET_PRIORITY_CHANGED, {"to": "high"}),
    ("question", _MESSAGE, {"direction": "in", "author": "customer"}),
    ("note", _MESSAGE, {"direction": "out", "author": "agent", "kind": "note"}),
    ("reply", _MESSAGE, {"direction": "out", "author": "agent"}),
    ("status", wire.TICKET_STATUS_CHANGED, {"to": "pending_customer"}),
    ("solved", wire.TICKET_STATUS_CHANGED, {"to": "solved"}),
)


def talks() -> list[tuple[int, str, Event]]:
    """Time, kind and event of all conversations, in order of time."""
    chance, start, found = random.Random(1), parse_ms("2026-01-05T09:00:00Z"), []
    for number in range(CONVERSATIONS):
        time = start + number * 1000
        for nth, (name, kind, data) in enumerate(_TALK):
            event = Event(
                id=f"{number}:{nth}",
                source="bench",
                type=kind,
                subject=f"T-{number}",
                time=format_ms(time),
                data=Data(**data),
            )
            found.append((time, name, event))
            time += chance.randrange(100, 120_000)
    return sorted(found, key=lambda each: each[0])


def measured(events: list[tuple[int, str, Event]]) -> dict[str, float]:
    """Microseconds an event, by kind."""
    policy = load_policy(_POLICY)
    turn = Turn(Rulebook(compile_rules(policy)), "default")
    known: defaultdict[str, Conversation] = defaultdict(new_conversation)
    spent: defaultdict[str, list[int]] = defaultdict(lambda: [0, 0])
    for cause, (time, name, event) in enumerate(events):
        moment = Moment(time, time - policy.allowed_lateness)
        began = thread_time_ns()
        conversation = known[event.subject]
        run_timers(conversation, time, turn)
        step = to_step(event, time, cause)
        assert step is not None
        ingest(conversation, step, moment, turn)
        took = spent[name]
        took[0] += thread_time_ns() - began
        took[1] += 1
    return {name: took / n / 1000 for name, (took, n) in spent.items()}


def plain_loop() -> float:
    """Nanoseconds for a turn of `x += i`: how fast the machine is just now."""
    began, x = process_time(), 0
    for i in range(1_000_000):
        x += i
    return (process_time() - began) * 1000


def main() -> None:
    """Print the table."""
    events, loop = talks(), plain_loop()
    runs = [measured(events) for _ in range(RUNS)]
    best = {name: min(run[name] for run in runs) for name in runs[0]}
    for name, us in sorted(best.items(), key=lambda each: -each[1]):
        print(f"{name:12}{us:8.1f} µs")
    mean = sum(best[name] for _, name, _ in events) / len(events)
    print(f"{'all':12}{mean:8.1f} µs an event; a plain loop takes {min(loop, plain_loop()):.0f} ns")


if __name__ == "__main__":
    main()
