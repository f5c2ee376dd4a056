"""Mistakes of layout, warnings, and how findings are handed on."""

import pytest

from stream_app.policyfile import PolicyError, examine, parse_policy
from tests.support.policies import CALENDAR, HEAD, findings, when

LAYOUT = [
    ("", "policy.yaml:1: an empty file; write at least apiVersion: pegel/v1"),
    ("# nothing yet\n", "policy.yaml:1: an empty file; write at least apiVersion: pegel/v1"),
    ("tenants: [acme]\n", 'policy.yaml:1: a policy without "apiVersion"; '
     "this Pegel reads: pegel/v1"),
    ("apiVersion: pegel/v2\n", 'policy.yaml:1: apiVersion: "pegel/v2" is not known here; '
     "did you mean pegel/v1? this Pegel reads: pegel/v1"),
    (HEAD + "sla:\n  - name: chat\n   targets: {first_reply: 5m}\n",
     "policy.yaml:4: a line that does not fit the indentation above it; entries of one block "
     "begin in the same column; compare this line with the one before"),
    (HEAD + "sla:\n\t- name: chat\n", "policy.yaml:3: a tab; YAML is indented with spaces only"),
    (HEAD + "tenants: [acme\nchannels: [email]\n",
     "policy.yaml:2: a [list] that is not closed; separate with commas and close with ]"),
    (HEAD + 'sla:\n  - name: "chat\n    calendar: office\n',
     "policy.yaml:3: a quotation mark that is never closed; close it on the same line"),
    (HEAD + "sla:\n  - name: note: two\n",
     "policy.yaml:3: a colon where none is expected; check the indentation of this line and the "
     "one before; text with a colon needs quotes"),
    (HEAD + "channels: [email]\nchannels: [phone]\n",
     "policy.yaml:3: channels: the key channels a second time (first on line 2); "
     "each key may stand once"),
    (HEAD + "sla: *promises\n",
     "policy.yaml:2: a * that refers to nothing; the & that it means stands above it"),
    (HEAD + "privacy: !secret {}\n",
     "policy.yaml:2: privacy: the tag !secret; a policy file uses no YAML tags"),
    (HEAD + "---\nsla: []\n",
     "policy.yaml:2: a second document after ---; a policy is one document"),
    (HEAD + "channels: [e\x07mail]\n",
     "policy.yaml:2: a character that no text has; save the file as UTF-8"),
    (HEAD + "channels: [%email]\n",
     "policy.yaml:2: a character that needs quotes here; put the text in quotes"),
    (HEAD + "channels email\nsla: []\n",
     "policy.yaml:3: a line without a colon; write `key: value`, and check the indentation"),
    (HEAD + "volume: {season: daily\n",
     "policy.yaml:2: a {block} that is not closed; separate with commas and close with }"),
    (HEAD + "volume: {? [a] : 1}\n",
     "policy.yaml:2: volume: a list or block as a key; a key is a word"),
    (HEAD + "x: &x {y: *x}\n",
     "policy.yaml:1: the file unfolds to too many parts; use fewer anchors and aliases"),
    (HEAD + "volume: {<<: daily}\n",
     'policy.yaml:2: volume: << with "daily"; << takes a block'),
]  # fmt: skip


@pytest.mark.parametrize(("text", "message"), LAYOUT)
def test_mistakes_in_the_layout(text: str, message: str) -> None:
    assert findings(text) == [message]


def test_a_text_that_is_no_block_is_told_what_a_policy_is() -> None:
    (message,) = findings("hello\n")
    assert message.startswith('policy.yaml:1: found "hello"; a policy is a block with the keys api')


def test_all_mistakes_are_found_at_once_in_the_order_of_the_file() -> None:
    text = CALENDAR + (
        "sla:\n  - name: chat\n    calendar: ofice\n    targets: {first_reply: 48}\n"
        "alerts:\n  - {name: late, when: {unresolved_for: 48h}, to: [support], sevrity: info}\n"
    )
    lines = [problem.place.line for problem in examine(text, "policy.yaml").problems]
    assert lines == [8, 9, 11, 11]


def test_the_error_counts_and_keeps_every_problem() -> None:
    with pytest.raises(PolicyError) as caught:
        parse_policy(HEAD + "slas: []\nstate: {retention: 30}\n", "policy.yaml")
    assert len(caught.value.problems) == 2
    assert str(caught.value).startswith('policy.yaml:2: slas: the key "slas" is not known')
    assert str(caught.value).endswith("— and 1 more: `pegel policy check` lists them")


def test_a_problem_as_json_has_its_place() -> None:
    (problem,) = examine(HEAD + "tenants: {}\n", "p.yaml").problems
    assert problem.as_json() == {
        "file": "p.yaml",
        "line": 2,
        "column": 10,
        "path": "tenants",
        "severity": "error",
        "found": "no tenant",
        "allowed": "name at least one, or leave the key out",
        "message": "p.yaml:2: tenants: no tenant; name at least one, or leave the key out",
    }


CHATS = "  - {name: chat, match: {channel: [webchat]}, targets: {first_reply: 5m}}\n"
WARNINGS = [
    (
        CALENDAR + "sla:\n  - {name: a, calendar: office, targets: {full_resolution: 3d}}\n",
        "policy.yaml:7: warning: sla[a].targets.full_resolution: 3d is 72h of open time in the "
        "calendar office; write working days as hours, e.g. 16h for two days of eight hours",
    ),
    (
        CALENDAR + "alerts:\n  - {name: a, calendar: office, when: {unresolved_for: 2d}}\n",
        "policy.yaml:7: warning: alerts[a].when.unresolved_for: 2d is 48h of open time in the "
        "calendar office; write working days as hours, e.g. 16h for two days of eight hours",
    ),
    (
        HEAD + "sla:\n  - {name: all, targets: {first_reply: 1h}}\n" + CHATS,
        'policy.yaml:4: warning: sla[chat]: nothing is left for this entry: "all" matches all of '
        "it; the first match holds; move it above line 3",
    ),
    (
        when("clock: first_reply, is: breached"),
        "policy.yaml:4: warning: alerts[late].when.clock: no SLA entry has a target for "
        "first_reply; this alert never fires; add a target",
    ),
    (
        when("clock: first_reply, is: at_risk") + "sla:\n" + CHATS,
        "policy.yaml:4: warning: alerts[late].when.is: no target of first_reply has warning "
        "steps; this alert never fires; add warn: [75%] to a target",
    ),
    (
        CALENDAR + '    closed: [2026-12-27]\n    open: {2026-12-27: ["10:00-14:00"]}\n',
        "policy.yaml:7: warning: calendars.office.open.2026-12-27: 2026-12-27 is closed and also "
        "has opening hours; the opening hours win; remove one of the two",
    ),
]


@pytest.mark.parametrize(("text", "message"), WARNINGS)
def test_what_is_allowed_but_hardly_meant_is_a_warning(text: str, message: str) -> None:
    assert findings(text) == [message]
    assert examine(text, "policy.yaml").policy is not None


def test_an_ordinary_file_has_neither_errors_nor_warnings() -> None:
    narrow = (
        "  - {name: vip, match: {channel: [webchat], tags: [vip]}, targets: {first_reply: 1m}}\n"
    )
    rest = "  - {name: rest, targets: {first_reply: {within: 1d, calendar: always}}}\n"
    assert findings(CALENDAR + "sla:\n" + narrow + CHATS + rest) == []
