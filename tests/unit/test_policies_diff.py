"""What another policy version changes, in words."""

import re

import pytest

from stream_app.policies.diff import differences
from stream_app.policyfile import parse_policy

BASE = """apiVersion: pegel/v1
tenants: [acme]
calendars:
  office: {zone: Europe/Berlin, hours: {mon-fri: ["09:00-17:00"]}, holidays: {country: DE}}
sla:
  - name: chat
    match: {channel: [whatsapp]}
    targets: {first_reply: 5m, next_reply: {within: 10m, warn: [50%]}}
  - {name: rest, calendar: office, targets: {first_reply: 4h}}
alerts:
  - {name: old, when: {unresolved_for: 48h}, severity: warning}
  - {name: missed, when: {clock: first_reply, is: breached}}
receivers: {support: {alertmanager: {}}}
"""

CASES = {
    "a shorter target": ("first_reply: 5m", "first_reply: 3m",
        [("tightened", "sla[chat].targets.first_reply", "5m → 3m")]),
    "a longer target": ("first_reply: 4h", "first_reply: 6h",
        [("loosened", "sla[rest].targets.first_reply", "4h → 6h")]),
    "a target more": ("{first_reply: 4h}", "{first_reply: 4h, full_resolution: 3d}",
        [("added", "sla[rest].targets.full_resolution", "3d")]),
    "a target less": ("first_reply: 5m, ", "",
        [("removed", "sla[chat].targets.first_reply", "5m")]),
    "other warnings": ("warn: [50%]", "warn: [75%]",
        [("changed", "sla[chat].targets.next_reply.warn", "5m → 7m30s")]),
    "another calendar": ("calendar: office, targets", "targets",
        [("changed", "sla[rest].targets.first_reply.calendar", "office → always"),
         ("changed", "sla[rest].calendar", "office → always")]),
    "other conditions": ("channel: [whatsapp]", "channel: [webchat], team: [a]",
        [("changed", "sla[chat].match", "channel whatsapp → channel webchat; team a")]),
    "a bot that counts": ("{name: rest,", "{name: rest, bot_counts: true,",
        [("loosened", "sla[rest].bot_counts", "False → True")]),
    "an earlier alert": ("unresolved_for: 48h", "unresolved_for: 24h",
        [("tightened", "alerts[old]", "2d → 1d")]),
    "another condition": ("is: breached", "is: at_risk",
        [("changed", "alerts[missed].when",
          "clock first_reply, is breached → clock first_reply, is at_risk")]),
    "a graver alert": ("severity: warning", "severity: critical",
        [("changed", "alerts[old]", "severity")]),
    "an alert less": ("  - {name: missed, when: {clock: first_reply, is: breached}}\n", "",
        [("removed", "alerts[missed]", "clock first_reply, is breached")]),
    "other hours": ("09:00-17:00", "08:00-17:00", [("changed", "calendars[office]", "hours")]),
    "fewer holidays": (", holidays: {country: DE}", "",
        [("changed", "calendars[office].holidays", "0 days more, N days fewer")]),
    "a tenant more": ("[acme]", "[acme, globex]", [("added", "tenants[globex]", "")]),
    "a tenant on another clock": ("[acme]", "{acme: {clock: event}}",
        [("changed", "tenants[acme]", "live → event")]),
    "another lateness": ("tenants", "allowed_lateness: 1h\ntenants",
        [("changed", "allowed_lateness", "10m → 1h")]),
    "a receiver more": ("{support:", "{night: {alertmanager: {}}, support:",
        [("added", "receivers[night]", "")]),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_a_change_is_told_by_kind_place_and_figures(name: str) -> None:
    before, after, wanted = CASES[name]
    assert before in BASE
    found = differences(parse_policy(BASE), parse_policy(BASE.replace(before, after)))
    assert [(kind, where, re.sub("[0-9]{3}", "N", what)) for kind, where, what in found] == wanted


def test_the_same_meaning_is_no_difference() -> None:
    assert differences(parse_policy(BASE), parse_policy(BASE.replace("4h", "240m"))) == []


def test_another_order_is_told_because_the_first_match_wins() -> None:
    chat, rest = "name: chat", "name: rest"
    swapped = BASE.replace(chat, "name: x").replace(rest, chat).replace("name: x", rest)
    found = differences(parse_policy(BASE), parse_policy(swapped))
    assert ("changed", "sla", "order chat, rest → rest, chat") in found
