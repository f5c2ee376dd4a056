"""Real mistakes in alerts and settings, and what people are told, word for word."""

import pytest

from tests.support.policies import DURATIONS, HEAD, alert, findings, when


def narrowed(condition: str, match: str) -> str:
    return alert(f"when: {{{condition}}}\n    match: {{{match}}}")


CONDITIONS = "unresolved_for, clock, volume, window, level, source, data"
WHEN = "policy.yaml:4: alerts[late].when"
ALERTS = [
    (
        when("unresolved: 48h"),
        f'{WHEN}.unresolved: the key "unresolved" is not known here; did you mean unresolved_for? '
        f"keys of a condition: {CONDITIONS} or goal",
    ),
    (when(""), f"{WHEN}: a condition that is empty; a condition has one of the keys "
     f"{CONDITIONS}, goal"),
    (
        when("unresolved_for: 48h, clock: first_reply"),
        f"{WHEN}: a condition with unresolved_for and clock; only one of {CONDITIONS}, goal",
    ),
    (
        when("clock: first_replay, is: breached"),
        f'{WHEN}.clock: "first_replay" is not known here; did you mean first_reply? clocks: '
        "first_reply, next_reply, periodic_update, pausable_update, requester_wait, agent_work, "
        "agent_wait, first_resolution, full_resolution or total_resolution",
    ),
    (
        when("clock: first_reply"),
        f'{WHEN}: a clock condition without "is"; states: at_risk or breached',
    ),
    (
        when("window: first_reply_met_ratio, over: 2h, below: 0.8"),
        f"{WHEN}.over: no window of 2h is kept; windows.over has 1m, 5m, 15m, 1h, 4h or 24h",
    ),
    (
        HEAD + "goals:\n  - {name: week, metric: solved, over: 90m, target: 5}\n",
        "policy.yaml:3: goals[week].over: a goal over 90m; one of windows.over (1m, 5m, 15m, 1h, "
        "4h or 24h), or whole hours from 24h to 31d",
    ),
    (
        HEAD + "goals:\n  - {name: year, metric: solved, over: 365d, target: 5}\n",
        "policy.yaml:3: goals[year].over: a goal over 365d; one of windows.over (1m, 5m, 15m, 1h, "
        "4h or 24h), or whole hours from 24h to 31d",
    ),
    (
        narrowed("level: waiting, above: 40", "tags: [vip]"),
        "policy.yaml:5: alerts[late].match.tags: a rule on a level that is narrowed by tags; it can be narrowed by "
        "tenant, channel, team or priority",
    ),
    (
        narrowed("source: silent", "channel: [email]"),
        "policy.yaml:5: alerts[late].match.channel: a rule on a source that is narrowed by channel; it can be narrowed "
        "by tenant",
    ),
    (
        narrowed("level: open, above: 4", "team: [billing]") + "windows: {group_by: [channel]}\n",
        "policy.yaml:5: alerts[late].match.team: a rule on a level that is narrowed by team; it can be narrowed by "
        "tenant or channel",
    ),
    (
        when("window: first_reply_met_ratio, over: 1h, below: 80%"),
        f'{WHEN}.below: "80%" is no number; write 0.8',
    ),
    (
        when("window: first_reply_met_ratio, over: 1h, below: 80"),
        f'{WHEN}.below: "80" for this figure; a ratio lies between 0 and 1: 0.8 is 80 %',
    ),
    (
        when("window: first_reply_met_ratio, over: 1h"),
        f"{WHEN}: neither above nor below; one of above: LIMIT or below: LIMIT",
    ),
    (
        when("level: waiting, above: 1, below: 9"),
        f"{WHEN}: both above and below; one of above: LIMIT or below: LIMIT",
    ),
    (
        when("level: waiting, above: 10m"),
        f'{WHEN}.above: "10m" for this figure; it is a number of things: 20',
    ),
    (
        when("level: oldest_waiting, above: 10"),
        f'{WHEN}.above: "10" for this figure; it is a time: write a duration such as 10m',
    ),
    (
        when("goal: csat, is: missed"),
        f'{WHEN}.goal: no goal is named "csat"; this file defines no goals',
    ),
    (
        alert("severity: info"),
        'policy.yaml:3: alerts[late]: an alert rule without "when"; a condition has one of the '
        f"keys {CONDITIONS}, goal",
    ),
    (
        alert("when: {unresolved_for: 48h}\n    severity: high"),
        'policy.yaml:5: alerts[late].severity: "high" is not known here; '
        "severity: info, warning or critical",
    ),
    (
        alert("when: {unresolved_for: 48h}\n    to: [suport]\nreceivers: {support: "
              "{alertmanager: {}}}"),
        'policy.yaml:5: alerts[late].to[#1]: no receiver is named "suport"; '
        "did you mean support? receivers: support",
    ),
    (
        alert("when: {unresolved_for: 48h}\n    match: {channel: [whatsap]}"),
        'policy.yaml:5: alerts[late].match.channel[#1]: no channel is named "whatsap"; did you '
        "mean whatsapp? channels: email, webchat, whatsapp, instagram, facebook, phone, sms, "
        "portal or other",
    ),
    (
        alert("when: {unresolved_for: 48h}\n    match: {channel: whatsapp}"),
        'policy.yaml:5: alerts[late].match.channel: found "whatsapp"; write a list: [whatsapp]',
    ),
    (
        alert("when: {unresolved_for: 48h}\n  - {name: late, when: {unresolved_for: 72h}}"),
        'policy.yaml:5: alerts[late].name: "late" a second time (first on line 3); '
        "each may stand once",
    ),
    (
        HEAD + "alerts:\n  name: late\n",
        "policy.yaml:3: alerts: found a block of keys; write a list: - {name: …, when: …}",
    ),
    (
        HEAD + "alerts: [{name: any, when: {unresolved_for: 48h}}]\n",
        'policy.yaml:2: alerts[any].name: "any" is reserved; choose another name for this rule',
    ),
    (
        HEAD + "receivers:\n  oncall: {}\n",
        "policy.yaml:3: receivers.oncall: a receiver without a way to reach it; "
        "one of webhook: {url: …}, email: {to: […]} or alertmanager: {}",
    ),
    (
        HEAD + "receivers:\n  oncall: {webhook: {url: https://x.example, secret: abc}}\n",
        'policy.yaml:3: receivers.oncall.webhook.secret: the key "secret" is not known here; '
        "secrets are not written here: put it in a file and name that, secret_file: PATH",
    ),
    (
        HEAD + "receivers:\n  oncall: {webhook: {url: https://me:pw@x.example}}\n",
        "policy.yaml:3: receivers.oncall.webhook.url: an address with a user name or password "
        "in it; secrets are kept in files; sign with secret_file",
    ),
    (
        HEAD + "receivers:\n  oncall: {webhook: {url: x.example}}\n",
        'policy.yaml:3: receivers.oncall.webhook.url: "x.example" is no web address; '
        "write https://host/path",
    ),
    (
        HEAD + "receivers:\n  a: {webhook: {}}\n",
        "policy.yaml:3: receivers.a.webhook: a webhook without an address; "
        "one of url: https://host/path or url_file: PATH",
    ),
    (
        HEAD + "receivers:\n  a: {webhook: {url: https://x.example, url_file: f}}\n",
        "policy.yaml:3: receivers.a.webhook: both url and url_file; "
        "one of url: https://host/path or url_file: PATH",
    ),
    (
        HEAD + "receivers:\n  a: {webhook: {url: 'https://{{ source }}/x'}}\n",
        'policy.yaml:3: receivers.a.webhook.url: "https://{{ source }}/x" has a template as its '
        "host; only path and query may vary",
    ),
    (
        HEAD + "receivers:\n  a: {webhook: {preset: pagerduty}}\n",
        "policy.yaml:3: receivers.a.webhook: pagerduty without a routing key; key_file: PATH",
    ),
    (
        HEAD + "receivers:\n  a: {webhook: {url: https://x.example, key_file: k, preset: slack}}\n",
        "policy.yaml:3: receivers.a.webhook.key_file: key_file beside the preset slack; "
        "only pagerduty has one; others use headers_file",
    ),
    (
        HEAD + "receivers:\n  a: {webhook: {url: https://x.example, template: k, preset: slack}}\n",
        "policy.yaml:3: receivers.a.webhook.template: a template beside the preset slack; "
        "a template makes the whole body; leave out one",
    ),
    (
        HEAD + "receivers:\n  a: {webhook: {url: https://x.example, secret_files: [a, b, c]}}\n",
        "policy.yaml:3: receivers.a.webhook.secret_files: 3 secrets; "
        "at most two: the new one first, and the one it replaces",
    ),
    (
        HEAD + "receivers:\n  a: {webhook: {url: https://x.example, preset: slak}}\n",
        'policy.yaml:3: receivers.a.webhook.preset: "slak" is not known here; did you mean slack? '
        "presets: generic, slack, teams, pagerduty, opsgenie or goalert",
    ),
    (
        HEAD + "receivers:\n  a: {email: {to: [team]}}\n",
        'policy.yaml:3: receivers.a.email.to[#1]: "team" is no e-mail address; '
        "write name@example.org",
    ),
    (
        HEAD + "receivers:\n  a: {email: {to: [t@example.org], password: x}}\n",
        'policy.yaml:3: receivers.a.email.password: the key "password" is not known here; '
        "the mail server is PEGEL_SMTP_*",
    ),
    (
        HEAD + "receivers:\n  a: {email: {to: [t@example.org]}, language: fr}\n",
        'policy.yaml:3: receivers.a.language: "fr" is not known here; languages: en or de',
    ),
]  # fmt: skip


@pytest.mark.parametrize(("text", "message"), ALERTS)
def test_mistakes_in_alerts_and_receivers(text: str, message: str) -> None:
    assert findings(text) == [message]


SETTINGS = [
    ("slas: []", 'slas: the key "slas" is not known here; did you mean sla? keys of a policy: '
     "apiVersion, tenants, channels, calendars, sla, alerts, receivers, windows, volume, "
     "allowed_lateness, goals, privacy, state or sla_events"),
    ("tenants: []", "tenants: an empty list; write a list: [acme]"),
    ("tenants: {}", "tenants: no tenant; name at least one, or leave the key out"),
    ("tenants: [control]", 'tenants[#1]: "control" is no tenant name; '
     "letters, digits, - _ and ., at most 64; the name control is reserved"),
    ("tenants: {acme: {clock: fast}}",
     'tenants.acme.clock: "fast" is not known here; clocks: live or event'),
    ("channels: [email, email]",
     'channels[#2]: "email" a second time (first on line 2); each may stand once'),
    ("windows: {over: [90s]}", "windows.over: a window of 90s; whole minutes from 1m to 24h"),
    ("windows: {group_by: [agent]}",
     'windows.group_by[#1]: "agent" is not known here; groups: channel, team or priority'),
    ("allowed_lateness: 10",
     f'allowed_lateness: "10" has no unit; {DURATIONS}: 10s, 10m, 10h or 10d'),
    ("privacy: {per_person: no}",
     'privacy.per_person: "no" is neither true nor false; write true or false'),
    ("privacy: {min_group_size: 0}",
     'privacy.min_group_size: "0" does not fit; a whole number from 1 on'),
    ("privacy: {min_group_size: many}",
     'privacy.min_group_size: "many" is no number; write a plain number such as 20 or 0.8'),
    ("volume: {sensitivity: 1}",
     'volume.sensitivity: "1" does not fit; a number between 0 and 1'),
    ("volume: {slot: 7m}", "volume.slot: slots of 7m; "
     "a day must divide into whole slots: 15m, 30m, 1h, 2h"),
    ("goals: [{name: csat, metric: csat_ratio, over: 7d, target: 80}]",
     'goals[csat].target: "80" for this figure; a ratio lies between 0 and 1: 0.8 is 80 %'),
    ("goals: [{name: csat, metric: csat_ratio, over: 7d, target: '0,8'}]",
     'goals[csat].target: "0,8" is no number; write 0.8'),
    ("sla_events: some", 'sla_events: "some" is not known here; sla_events: outcomes or all'),
]  # fmt: skip


@pytest.mark.parametrize(("line", "message"), SETTINGS)
def test_mistakes_in_settings(line: str, message: str) -> None:
    assert findings(f"{HEAD}{line}\n") == [f"policy.yaml:2: {message}"]
