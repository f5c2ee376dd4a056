"""Policy files as files: the shipped ones, unreadable ones, odd encodings."""

from pathlib import Path

import pytest

from stream_app.errors import UserError
from stream_app.policyfile import default_policy, load_policy
from tests.support.policies import HEAD

HOUR = 3_600_000
MINUTE = 60_000
EXAMPLES = Path(__file__).parents[2] / "examples"


def test_the_demo_runs_on_event_time() -> None:
    policy = load_policy(EXAMPLES / "demo-policy.yaml")
    assert policy.tenants == {"demo": "event"}
    chat = policy.sla_for("demo", "webchat", "", "normal", ())
    mail = policy.sla_for("demo", "email", "", "normal", ())
    assert chat is not None
    assert mail is not None
    assert chat.targets["first_reply"].within == 5 * MINUTE
    assert mail.targets["first_reply"].within == 4 * HOUR
    assert [rule.name for rule in policy.alerts] == [
        "ticket_unresolved",
        "first_reply_breached",
        "first_reply_at_risk",
    ]


def test_a_file_that_cannot_be_read_is_an_error_for_people(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"none.yaml: No such file or directory — give the path"):
        load_policy(tmp_path / "none.yaml")
    with pytest.raises(UserError, match="Is a directory"):
        load_policy(tmp_path)
    latin = tmp_path / "latin.yaml"
    latin.write_bytes(HEAD.encode() + b"tenants: [k\xf6ln]\n")
    with pytest.raises(UserError, match=r"latin.yaml:2: a character that is not UTF-8 — save"):
        load_policy(latin)
    huge = tmp_path / "huge.yaml"
    huge.write_bytes(b"#" * 1_000_001)
    with pytest.raises(UserError, match="larger than 1000000 bytes"):
        load_policy(huge)


def test_a_byte_order_mark_does_not_matter(tmp_path: Path) -> None:
    path = tmp_path / "policy.yaml"
    path.write_bytes(b"\xef\xbb\xbf" + HEAD.encode())
    assert load_policy(path).hash == default_policy().hash
