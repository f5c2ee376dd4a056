"""The dashboard "Pegel – team lead": queues and their age by team, and where work piles up."""

from typing import Any

from grafana.frame import GROUP, LATE, PLAIN, RISK, frame, rate, total
from grafana.panels import Query, Row, bars, graph, stat, table

_OLDEST = f"time() - min by (team) (engagement_longest_open_timestamp_seconds{{{GROUP}}})"


def dashboard() -> dict[str, Any]:
    """The dashboard as Grafana reads it."""
    about = (
        "Queues by team. Teams are those that the policy names; figures about persons do not exist, "
        "and times of a team are shown only from its minimum size on."
    )
    return frame("team-lead", "team lead", about, (_now(), _teams(), _ageing(), _flow()))


def _now() -> Row:
    return Row(
        "Now",
        (
            stat("Open", "Conversations that are not solved.", "short",
                 total("open_conversations"), steps=PLAIN),
            stat("Unassigned", "Open conversations without an assignee.", "short",
                 total("unassigned_conversations"), steps=RISK),
            stat("Unattended", "Open conversations that wait or still lack a first reply.", "short",
                 total("unattended_conversations"), steps=RISK),
            stat("At risk", "Conversations past a warning step of a clock, and not overdue.",
                 "short", total("at_risk_conversations"), steps=RISK),
            stat("Overdue", "Conversations with a breached clock that has not ended.", "short",
                 total("overdue_conversations"), steps=LATE),
            stat("Unresolved 48 h", "Open conversations that were created 48 hours ago or earlier.",
                 "short", total("unresolved_conversations"), steps=LATE),
        ),
        height=5,
    )  # fmt: skip


def _teams() -> Row:
    levels = ("open", "waiting", "unassigned", "at_risk", "overdue")
    queries = [Query(total(f"{level}_conversations", "team"), level) for level in levels]
    response = (
        "max by (team, clock) (engagement_window_response_seconds"
        '{tenant=~"$tenant",channel="all",team!="all",window="24h",rank="p90"})'
    )
    return Row(
        "Teams",
        (
            table("Queues by team", "Conversations of each team by state, now.", "short", *queries,
                  width=14),
            table("p90 of the last 24 hours by team",
                  "Reply and resolution times in the calendar of their clock, for teams that are "
                  "large enough.", "s", Query(response, "p90"), width=10),
        ),
    )  # fmt: skip


def _ageing() -> Row:
    return Row(
        "Ageing",
        (
            bars("Longest open by team", "Age of each team's oldest open conversation.", "s",
                 Query(_OLDEST, "{{team}}"), steps=PLAIN),
            graph("Unresolved for 48 h", "Open conversations of that age, over time.", "short",
                  Query(total("unresolved_conversations", "team"), "{{team}}"), stack="normal"),
            graph("Overdue by team", "Conversations with a breached clock that has not ended.",
                  "short", Query(total("overdue_conversations", "team"), "{{team}}"),
                  stack="normal"),
        ),
    )  # fmt: skip


def _flow() -> Row:
    return Row(
        "Flow",
        (
            graph("Opened and solved per hour", "Below the other line for long, the queue grows.",
                  "short",
                  *(Query(f"3600 * {rate(f'conversations_{what}_total', 'tenant', over='15m')}",
                          f"{{{{tenant}}}} {what}") for what in ("opened", "solved", "reopened"))),
            graph("Open", "Conversations that are not solved.", "short",
                  Query(total("open_conversations", "channel"), "{{channel}}"), stack="normal"),
            graph("Unassigned and unattended",
                  "Open conversations without an assignee; and those that wait or lack a first reply.",
                  "short", Query(total("unassigned_conversations"), "unassigned"),
                  Query(total("unattended_conversations"), "unattended")),
        ),
    )  # fmt: skip
