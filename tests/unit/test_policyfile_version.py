"""The version of a policy follows its meaning and nothing else."""

import pytest

from stream_app.policyfile import default_policy, parse_policy, show
from tests.support.policies import CALENDAR, HEAD

BASE = CALENDAR + (
    "tenants: [acme, other]\n"
    "channels: [email, webchat]\n"
    "sla:\n"
    "  - {name: chat, match: {channel: [webchat]}, targets: {first_reply: 1h}}\n"
    "  - {name: rest, match: {tags: [b, a]}, targets: {first_reply: 4h}}\n"
    "receivers: {support: {alertmanager: {}}}\n"
    "alerts:\n"
    "  - {name: old, when: {unresolved_for: 48h}, to: [support]}\n"
)


def version(text: str) -> str:
    return parse_policy(text).hash


SAME = {
    "a comment": ("tenants:", "# who\ntenants:"),
    "another unit": ("first_reply: 1h", "first_reply: 60m"),
    "another way to write a target": ("first_reply: 1h", "first_reply: {within: 3600s}"),
    "a default written down": ("{first_reply: 4h}}", "{first_reply: 4h}, bot_counts: false}"),
    "a default pause written down": ("first_reply: 1h", "first_reply: {within: 1h, pause_on: []}"),
    "quotation marks": ("name: chat", 'name: "chat"'),
    "the order of channels": ("[email, webchat]", "[webchat, email]"),
    "the order of tags": ("[b, a]", "[a, b]"),
    "the same hours by day": (
        'mon-fri: ["09:00-17:00"]',
        '"mon,tue": ["09:00-17:00"], wed-fri: ["9:00-17:00"]',
    ),
    "the built-in calendar written down": (
        "  office:",
        '  always: {zone: UTC, hours: {mon-sun: ["00:00-24:00"]}}\n  office:',
    ),
}
OTHER = {
    "a target": ("first_reply: 1h", "first_reply: 2h"),
    "a warning": ("first_reply: 1h", "first_reply: {within: 1h, warn: [50%]}"),
    "a pause": ("first_reply: 1h", "first_reply: {within: 1h, pause_on: [snoozed]}"),
    "a calendar": ("first_reply: 1h", "first_reply: {within: 1h, calendar: office}"),
    "opening hours": ("17:00", "18:00"),
    "a zone": ("Europe/Berlin", "Europe/Rome"),
    "holidays": ("channels:", "    holidays: {country: DE}\nchannels:"),
    "the default tenant": ("[acme, other]", "[other, acme]"),
    "a name": ("name: chat", "name: chats"),
    "a channel": ("[email, webchat]", "[email, webchat, phone]"),
    "an age": ("48h", "47h"),
    "a severity": ("to: [support]", "to: [support], severity: info"),
    "a reminder": ("to: [support]", "to: [support], remind_every: 1h"),
    "the way to a receiver": ("{alertmanager: {}}", "{webhook: {url: 'https://x.example'}}"),
    "lateness": ("channels:", "allowed_lateness: 1h\nchannels:"),
}


def changed(change: tuple[str, str]) -> str:
    old, new = change
    assert old in BASE
    text = BASE.replace(old, new)
    if "holidays" in new:  # belongs to the calendar, which stands before the tenants
        text = BASE.replace("tenants:", new.partition("\n")[0] + "\ntenants:")
    return text


@pytest.mark.parametrize("change", SAME.values(), ids=SAME)
def test_the_version_does_not_follow_the_layout(change: tuple[str, str]) -> None:
    assert version(changed(change)) == version(BASE)


@pytest.mark.parametrize("change", OTHER.values(), ids=OTHER)
def test_the_version_follows_the_meaning(change: tuple[str, str]) -> None:
    assert version(changed(change)) != version(BASE)


def test_the_order_of_promises_is_meaning() -> None:
    lines = BASE.splitlines(keepends=True)
    first = next(index for index, line in enumerate(lines) if "name: chat" in line)
    lines[first : first + 2] = reversed(lines[first : first + 2])
    assert version("".join(lines)) != version(BASE)


def test_the_version_is_sixteen_hex_digits_and_stays_over_releases() -> None:
    # Conversations refer to versions by this text: it changes only with EDITION.
    assert default_policy().hash == "1e3b444b67f443ce"


def test_the_name_of_the_file_does_not_matter() -> None:
    assert parse_policy(BASE, "a.yaml").hash == parse_policy(BASE, "b.yaml").hash


def test_a_shown_policy_is_the_same_policy_and_shows_the_same() -> None:
    shown = show(parse_policy(BASE))
    again = parse_policy(shown)
    assert again.hash == version(BASE)
    assert show(again) == shown


def test_what_is_left_out_is_shown() -> None:
    shown = show(parse_policy(HEAD))
    for line in ("allowed_lateness: 10m", "sla: []", "  default: {clock: live}"):
        assert line in shown.splitlines()
