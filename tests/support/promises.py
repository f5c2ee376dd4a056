"""What is promised in simulated traffic: as a policy file, and in the words of the naive program."""

from datetime import timedelta
from typing import Final

from tests.oracle.clockwork import Promise

TENANT: Final = "past"
AGE: Final = timedelta(hours=48)
POLICY: Final = """
apiVersion: pegel/v1
tenants:
  past: {clock: event}
sla:
  - name: chat
    match: {channel: [webchat, whatsapp]}
    targets:
      first_reply: 5m
      next_reply: 10m
      full_resolution: {within: 12h, pause_on: [pending_customer, snoozed]}
  - name: urgent
    match: {priority: [urgent]}
    targets: {first_reply: 30m, full_resolution: 8h}
  - name: everything else
    targets:
      first_reply: 4h
      next_reply: 8h
      full_resolution: {within: 1d, pause_on: [pending_customer]}
alerts:
  - name: ticket_unresolved
    when: {unresolved_for: 48h}
"""
PROMISES: Final = [
    Promise(
        {
            "first_reply": timedelta(minutes=5),
            "next_reply": timedelta(minutes=10),
            "full_resolution": timedelta(hours=12),
        },
        channels=("webchat", "whatsapp"),
        pauses=("pending_customer", "snoozed"),
    ),
    Promise(
        {"first_reply": timedelta(minutes=30), "full_resolution": timedelta(hours=8)},
        priorities=("urgent",),
    ),
    Promise(
        {
            "first_reply": timedelta(hours=4),
            "next_reply": timedelta(hours=8),
            "full_resolution": timedelta(days=1),
        },
        pauses=("pending_customer",),
    ),
]
