"""Receivers in a policy file: by which way, with which secrets, in which language."""

from stream_app.domain.calendar import ALWAYS
from stream_app.domain.policy import Receiver
from stream_app.policyfile import parse_policy
from tests.support.policies import CALENDAR, parsed


def test_receivers_have_a_way_and_a_calendar() -> None:
    text = CALENDAR + (
        "receivers:\n"
        "  support: {webhook: {url: 'https://x.example/h', secret_file: /run/s}, calendar: office}\n"
        "  oncall: {alertmanager: }\n"
    )
    policy = parse_policy(text)
    assert policy.receivers["support"] == Receiver(
        "support", "webhook", policy.calendars["office"], "https://x.example/h", ("/run/s",)
    )
    assert policy.receivers["oncall"] == Receiver("oncall", "alertmanager", ALWAYS)


def test_a_webhook_has_all_its_settings() -> None:
    policy = parsed(
        "receivers:\n"
        "  tasks:\n"
        "    webhook:\n"
        "      url: https://x.example/t/{{ conversation }}\n"
        "      secret_files: [/run/new, /run/old]\n"
        "      headers_file: /run/headers\n"
        "      template: task.json\n"
        "      states: [firing]\n"
        "      timeout: 3s\n"
        "      allow_private: true\n"
        "    language: de\n"
        "    zone: Europe/Vienna\n"
        "    templates: texts\n"
    )
    assert policy.receivers["tasks"] == Receiver(
        "tasks",
        "webhook",
        ALWAYS,
        "https://x.example/t/{{ conversation }}",
        ("/run/new", "/run/old"),
        template="task.json",
        headers_file="/run/headers",
        states=("firing",),
        timeout=3_000,
        allow_private=True,
        language="de",
        zone="Europe/Vienna",
        templates="texts",
    )


def test_an_email_receiver_has_people() -> None:
    policy = parsed(
        "receivers: {team: {email: {to: [team@example.org], from: pegel@example.org}}}\n"
    )
    assert policy.receivers["team"] == Receiver(
        "team", "email", ALWAYS, to=("team@example.org",), sender="pegel@example.org"
    )
