"""The naive program for conversations, held against a day that was worked out by hand."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.oracle import conversations
from tests.oracle.clockwork import Promise
from tests.oracle.conversations import find
from tests.oracle.findings import Findings
from tests.support.sources import imported_modules

MINUTE = 60
DAY = "2026-01-05"
UNTIL = datetime(2026, 1, 7, 9, 0, tzinfo=UTC)
AGE = timedelta(hours=48)
NO_LIMITS = Promise(dict.fromkeys(conversations.CLOCKS, timedelta(days=30)))
TALK = (
    ("09:00", "ticket.created", {"channel": "email", "created_by": "customer", "status": "new"}),
    ("09:20", "message.created", {"direction": "out", "author": "agent"}),
    ("09:20", "ticket.status_changed", {"to": "pending_customer"}),
    ("10:00", "message.created", {"direction": "in", "author": "customer"}),
    ("10:05", "message.created", {"direction": "in", "author": "customer"}),
    ("10:15", "message.created", {"direction": "out", "author": "agent", "kind": "note"}),
    ("10:30", "ticket.status_changed", {"to": "on_hold"}),
    ("11:30", "ticket.status_changed", {"to": "open"}),
    ("11:45", "message.created", {"direction": "out", "author": "agent"}),
    ("12:00", "ticket.status_changed", {"to": "solved"}),
    ("14:00", "message.created", {"direction": "in", "author": "customer"}),
    ("14:30", "ticket.status_changed", {"to": "solved"}),
)


def talk(count: int, promise: Promise = NO_LIMITS) -> Findings:
    """The first entries of the talk."""
    records = [
        json.dumps(
            {
                "id": str(number),
                "subject": "T",
                "type": f"support.{kind}.v1",
                "time": f"{DAY}T{clock}:00Z",
                "data": data,
            }
        ).encode()
        for number, (clock, kind, data) in enumerate(TALK[:count])
    ]
    return find([*records, records[0]], [promise], AGE, UNTIL)


def minutes(found: Findings) -> list[tuple[str, int, str, float]]:
    return [(clock, n, what, s / MINUTE) for _, clock, n, what, _, s in found.outcomes]


def test_every_clock_counts_what_was_worked_out_by_hand() -> None:
    assert minutes(talk(len(TALK))) == [
        ("first_reply", 1, "fulfilled", 20),
        ("next_reply", 1, "fulfilled", 105),
        ("full_resolution", 1, "fulfilled", 180),
        ("next_reply", 2, "cancelled", 30),
        ("full_resolution", 1, "fulfilled", 330),
    ]


def test_a_promise_is_broken_once_and_at_its_instant() -> None:
    strict = Promise({"next_reply": timedelta(minutes=105), "full_resolution": timedelta(hours=4)})
    found = talk(len(TALK), strict)
    assert [one for one in found.outcomes if one[3] == "breached"] == [
        ("T", "full_resolution", 1, "breached", f"{DAY}T14:00:00Z", 300 * MINUTE)
    ]
    assert found.counts["next_reply_met", "email", "", ""] == 1  # exactly at its due
    assert found.counts["full_resolution_met", "email", "", ""] == 1  # at the first solve


def test_levels_and_episodes_are_those_of_the_last_instant() -> None:
    found = talk(5)
    held = {level for (level, *_), n in found.levels.items() if n}
    assert held == {"open", "waiting", "unassigned", "unattended"}
    assert found.episodes == [("T", "2026-01-07T09:00:00Z", None)]
    assert talk(len(TALK)).episodes == []


def test_it_shares_no_code_with_the_product() -> None:
    for module in ("conversations", "clockwork"):
        source = Path(conversations.__file__).with_name(f"{module}.py").read_text()
        roots = {name.split(".")[0] for name in imported_modules(source)}
        assert not roots & {"agents", "schemas", "stream_app"}
