"""The dashboard "Pegel – channel SLA": what is promised on each channel, and how it is kept."""

from typing import Any

from grafana.frame import GROUP, SHARE, frame, rate, share, total
from grafana.panels import Query, Row, graph, stat, table

_CLOCKS = {
    "first_reply": "First reply",
    "next_reply": "Next reply",
    "full_resolution": "Resolution",
}
_TARGET = f'max by (channel) (engagement_sla_target_seconds{{{GROUP},clock="%s",priority="none"}})'


def dashboard() -> dict[str, Any]:
    """The dashboard as Grafana reads it."""
    about = (
        "Targets, times and the share kept, by channel; how fast the room for misses is used up."
    )
    return frame("channel-sla", "channel SLA", about, (_kept(), _times(), _windows(), _queue()))


def _kept() -> Row:
    stats = [
        stat(f"{name} in target, 24 h",
             "Met / (met + missed) in 24 hours. Unanswered and past due counts as missed.",
             "percentunit", share(clock, "24h"), steps=SHARE)
        for clock, name in _CLOCKS.items()
    ]  # fmt: skip
    missed = [
        Query(f'max by (channel) (channel:engagement_sla_missed:ratio_{over}'
              f'{{{GROUP},clock="first_reply"}})', f"{{{{channel}}}}, {over}")
        for over in ("1h", "6h")
    ]  # fmt: skip
    allowed = Query("1 - max(pegel:engagement_sla_objective:ratio)", "allowed")
    return Row(
        "Kept",
        (
            *stats,
            graph("First replies missed", "Share missed over one and six hours, beside what is allowed.",
                  "percentunit", *missed, allowed, width=12),
        ),
    )  # fmt: skip


def _times() -> Row:
    windows = {"first_reply": "1h", "next_reply": "1h", "full_resolution": "1d"}
    return Row(
        "Times",
        tuple(
            graph(f"{name}, p90 over {windows[clock]}",
                  "Nine of ten came within this time, in the calendar of their clock; each channel's "
                  "target beside it.",
                  "s", Query(f"max by (channel) (channel:engagement_{clock}_seconds:"
                             f"p90_{windows[clock]}{{{GROUP}}})", "{{channel}}"),
                  Query(_TARGET % clock, "{{channel}}, target"))
            for clock, name in _CLOCKS.items()
        ),
    )  # fmt: skip


def _windows() -> Row:
    response = f'engagement_window_response_seconds{{{GROUP},team="all",window="%s",rank="p90"}}'
    ratio = f'engagement_window_met_ratio{{{GROUP},team="all",window="%s"}}'
    return Row(
        "Rolling windows",
        (
            table("p90 of the last 15 minutes and 24 hours",
                  "Within 1 % of the exact value. A window without replies is left out.", "s",
                  Query(f"max by (channel, clock, window) ({response % '15m'})", "15m"),
                  Query(f"max by (channel, clock, window) ({response % '24h'})", "24h"), width=12),
            table("Share in target of the last 15 minutes and 24 hours",
                  "Exact. A window in which nothing was due is left out.", "percentunit",
                  Query(f"max by (channel, clock, window) ({ratio % '15m'})", "15m"),
                  Query(f"max by (channel, clock, window) ({ratio % '24h'})", "24h"), width=12),
        ),
    )  # fmt: skip


def _queue() -> Row:
    return Row(
        "Queue",
        (
            graph("Overdue and at risk", "Conversations past a target, and close to one.", "short",
                  Query(total("overdue_conversations", "channel"), "{{channel}} overdue"),
                  Query(total("at_risk_conversations", "channel"), "{{channel}} at risk")),
            graph("Waiting", "Conversations with an unanswered customer message, over time.",
                  "short", Query(total("waiting_conversations", "channel"), "{{channel}}"),
                  stack="normal"),
            graph("Breaches per hour", "Clocks that passed their target, when they did.", "short",
                  Query(f"3600 * {rate('sla_breaches_total', 'channel, clock', over='15m')}",
                        "{{channel}} {{clock}}")),
        ),
    )  # fmt: skip
