"""The dashboard "Pegel – wall": ten panels to be read from across the room."""

from typing import Any

from grafana.frame import (
    AGE,
    GROUP,
    LATE,
    PLAIN,
    RISK,
    SHARE,
    TENANT,
    age_of_figures,
    frame,
    longest_wait,
    rate,
    share,
    total,
)
from grafana.panels import Query, Row, bars, graph, stat


def dashboard() -> dict[str, Any]:
    """The dashboard as Grafana reads it."""
    about = "How the queues are now. Read the age of the figures first."
    return frame("wall", "wall", about, (_now(), _channels()))


def _now() -> Row:
    return Row(
        "Now",
        (
            stat("Waiting", "Conversations with an unanswered customer message.", "short",
                 total("waiting_conversations"), steps=PLAIN),
            stat("Longest wait", "Age of the oldest unanswered customer message, by the wall clock.",
                 "s", longest_wait(), steps=PLAIN),
            stat("Overdue", "Conversations with a breached clock that has not ended.", "short",
                 total("overdue_conversations"), steps=LATE),
            stat("At risk", "Conversations past a warning step of a clock, and not overdue.",
                 "short", total("at_risk_conversations"), steps=RISK),
            stat("First replies in target, 1 h",
                 "Met / (met + missed) in the last hour. Unanswered and past due counts as missed.",
                 "percentunit", share("first_reply", "1h"), steps=SHARE),
            stat("Age of the figures",
                 "How far the slowest partition is behind the wall clock. Read this before the rest.",
                 "s", age_of_figures(), steps=AGE),
        ),
        height=6,
    )  # fmt: skip


def _channels() -> Row:
    return Row(
        "Channels",
        (
            bars("Waiting by channel", "Conversations with an unanswered customer message, now.",
                 "short", Query(total("waiting_conversations", "channel"), "{{channel}}"),
                 width=6, steps=PLAIN),
            bars("Longest wait by channel", "Age of each channel's oldest unanswered message.",
                 "s", Query(longest_wait("channel"), "{{channel}}"), width=6, steps=PLAIN),
            graph("Messages per minute", "Messages from (in) and to (out) customers.", "short",
                  Query(f"60 * {rate('messages_total', 'channel, direction', GROUP)}",
                        "{{channel}} {{direction}}"), width=6),
            bars("Alerts firing", "Episodes of each rule of the policy that fire now.", "short",
                 Query(total("alerts_firing", "rule, severity", TENANT), "{{rule}} ({{severity}})"),
                 width=6, steps=RISK),
        ),
        height=11,
    )  # fmt: skip
