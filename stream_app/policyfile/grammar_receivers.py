"""The part of the policy table about receivers: who is told, by which way, in which language."""

from typing import Final

from stream_app.policyfile import receiver_checks
from stream_app.policyfile.blocks import REQUIRED, Field, ListOf, Record
from stream_app.policyfile.shapes import Choice, Ref
from stream_app.policyfile.words import ADDRESS, FLAG, MAILBOX, PATH, POSITIVE, ZONE

PRESETS: Final = ("generic", "slack", "teams", "pagerduty", "opsgenie", "goalert")
STATES: Final = ("firing", "reminder", "escalated", "acknowledged", "snoozed", "resolved")
_SECRETS: Final = "secrets are not written here: put it in a file and name that, secret_file: PATH"
_STATES: Final = Field(
    ListOf(Choice("states", STATES), "[firing]", least=1), "only these", [*STATES]
)
WEBHOOK: Final = Record(
    "a webhook",
    {
        "url": Field(ADDRESS, "where to send it"),
        "url_file": Field(PATH, "file with the address, where that is itself a secret"),
        "preset": Field(Choice("presets", PRESETS), "what the request looks like", "generic"),
        "template": Field(PATH, "file that makes the body instead of a preset"),
        "secret_file": Field(PATH, "file with the secret that signs it"),
        "secret_files": Field(
            ListOf(PATH, "[new, old]", least=1), "two of them while one replaces the other"
        ),
        "key_file": Field(PATH, "file with the routing key, for pagerduty"),
        "headers_file": Field(PATH, "file with further headers, one `Name: value` a line"),
        "states": _STATES,
        "timeout": Field(POSITIVE, "how long an answer may take", "10s"),
        "allow_private": Field(FLAG, "whether the address may be a private one", False),
    },
    (receiver_checks.check_webhook,),
    hints=dict.fromkeys(("secret", "password", "token", "api_key", "headers"), _SECRETS),
)
EMAIL: Final = Record(
    "e-mail",
    {
        "to": Field(ListOf(MAILBOX, "[team@example.org]", least=1), "to whom", REQUIRED),
        "from": Field(MAILBOX, "from whom; else PEGEL_SMTP_FROM"),
        "states": _STATES,
    },
    hints=dict.fromkeys(
        ("host", "server", "smtp", "user", "password"), "the mail server is PEGEL_SMTP_*"
    ),
)
RECEIVER: Final = Record(
    "a receiver",
    {
        "webhook": Field(WEBHOOK, "an HTTP request for each alert"),
        "email": Field(EMAIL, "an e-mail for each alert"),
        "alertmanager": Field(
            Record("alertmanager", {}, hints={"url": "its addresses are PEGEL_ALERTMANAGER_URLS"}),
            "Prometheus Alertmanager",
        ),
        "calendar": Field(Ref("calendar"), "below critical only while this is open", "always"),
        "language": Field(Choice("languages", ("en", "de")), "language of the texts", "en"),
        "zone": Field(ZONE, "zone of the times in them; else that of the calendar"),
        "templates": Field(PATH, "folder with texts that replace ours"),
    },
    (receiver_checks.check_receiver,),
)
