"""How receivers of messages are put together from policy, settings and environment."""

from pathlib import Path
from typing import cast

import pytest

from stream_app.engine.runtime import Engine
from stream_app.errors import UserError
from stream_app.settings import Settings
from stream_app.wiring import make_messenger
from tests.support.policies import parsed

MAIL = "receivers: {team: {email: {to: [team@example.org]}}}\n"
HOOK = "receivers: {team: {webhook: {url: 'https://x.example'}}}\n"


class NoJobs:
    """An engine that owns nothing."""

    def job(self, _agent: str, _partition: int) -> None:
        return None


ENGINE = cast("Engine", NoJobs())


def test_without_receivers_of_messages_there_is_nothing_to_run() -> None:
    policy = parsed("receivers: {oncall: {alertmanager: {}}}\n")
    assert make_messenger(Settings(), policy, ENGINE) is None


def test_each_receiver_is_known_by_name_and_way() -> None:
    policy = parsed(MAIL.replace("}}}\n", "}}, chat: {webhook: {url: 'https://x.example'}}}\n"))
    settings = Settings(smtp_host="mail.example.org", smtp_from="pegel@example.org")
    messenger = make_messenger(settings, policy, ENGINE)
    assert messenger is not None
    found = [(each.receiver, each.way) for each in messenger.notifications()]
    assert found == [("team", "email"), ("chat", "webhook")]


def test_mail_without_a_server_is_said_at_start() -> None:
    with pytest.raises(UserError, match="team: there is no mail server — set PEGEL_SMTP_HOST"):
        make_messenger(Settings(), parsed(MAIL), ENGINE)


def test_a_secret_for_links_that_is_too_short_is_said_and_not_shown(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    secrets = tmp_path / "links"
    secrets.write_text("hunter2")
    monkeypatch.setenv("PEGEL_LINK_SECRETS_FILE", str(secrets))
    with pytest.raises(UserError, match="at least 32 bytes") as caught:
        make_messenger(Settings(wall_url="https://wall.example"), parsed(HOOK), ENGINE)
    assert "hunter2" not in str(caught.value)
    secrets.write_text("n" * 32 + "\n" + "o" * 32)
    found = make_messenger(Settings(wall_url="https://wall.example"), parsed(HOOK), ENGINE)
    assert found is not None


def test_a_file_that_is_not_there_is_said_at_start() -> None:
    policy = parsed(HOOK.replace("example'", "example', secret_file: /nowhere/secret"))
    with pytest.raises(UserError, match="/nowhere/secret: a webhook secret: No such file"):
        make_messenger(Settings(), policy, ENGINE)
