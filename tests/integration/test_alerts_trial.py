"""`pegel alerts test` against receivers on this machine: what arrives, and what is said of it."""

import json
from pathlib import Path

import pytest
from aiohttp import web

from stream_app.cli.main import run
from tests.support.webhooks import listening_aside

Captured = pytest.CaptureFixture[str]


async def refusing(_count: int) -> web.Response:
    return web.Response(status=403)


def policy(home: Path, url: str, **more: str) -> str:
    options = "".join(f", {name}: {value}" for name, value in more.items())
    path = home / "policy.yaml"
    path.write_text(
        f"apiVersion: pegel/v1\nreceivers:\n  support: {{webhook: {{url: '{url}', allow_private: true{options}}}}}\n"
        "  oncall: {alertmanager: {}}\n  team: {email: {to: [team@example.org]}}\n"
    )
    return str(path)


def test_the_message_is_marked_as_a_test_and_goes_the_way_of_alerts(
    tmp_path: Path, capsys: Captured
) -> None:
    with listening_aside() as found:
        assert run(["alerts", "test", "support", "--policy", policy(tmp_path, found.url)]) == 0
    (body,) = found.bodies
    assert body["type"] == "alert.firing"
    assert body["data"]["rule"] == "pegel_test_message"
    for words in body["data"]["text"].values():
        assert words.startswith("[TEST]")
    assert "webhook-id" in found.headers[0]
    assert capsys.readouterr().err == "support: firing: taken\n"


def test_texts_of_a_german_receiver_are_marked_in_german(tmp_path: Path) -> None:
    with listening_aside() as found:
        file = policy(tmp_path, found.url)
        Path(file).write_text(Path(file).read_text().replace("}}\n  on", "}, language: de}\n  on"))
        assert run(["alerts", "test", "support", "--policy", file]) == 0
    assert "Das ist eine Testnachricht" in found.bodies[0]["data"]["text"]["long"]


def test_where_incidents_stay_open_a_second_message_ends_it(tmp_path: Path) -> None:
    with listening_aside() as found:
        file = policy(tmp_path, found.url, preset="goalert")
        assert run(["alerts", "test", "support", "--policy", file]) == 0
    assert [body.get("action", "open") for body in found.bodies] == ["open", "close"]
    assert len({body["dedup"] for body in found.bodies}) == 1


def test_a_refusal_is_one_line_and_exit_code_1(tmp_path: Path, capsys: Captured) -> None:
    with listening_aside(refusing) as found:
        file = policy(tmp_path, found.url)
        assert run(["alerts", "test", "support", "--policy", file, "--json"]) == 1
    written = capsys.readouterr()
    (sent,) = json.loads(written.out)
    assert (sent["what"], sent["ok"]) == ("firing", False)
    (line,) = written.err.strip().splitlines()
    assert "support did not take it" in line
    assert "403" in line


def test_every_alertmanager_is_tried(
    tmp_path: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    with listening_aside() as well, listening_aside(refusing) as ill:
        urls = [url.removesuffix("/hook") for url in (well.url, ill.url)]
        monkeypatch.setenv("PEGEL_ALERTMANAGER_URLS", json.dumps(urls))
        assert run(["alerts", "test", "oncall", "--policy", policy(tmp_path, well.url)]) == 1
    assert well.paths == ill.paths == ["/api/v2/alerts"]
    ((told,),) = well.bodies
    assert told["labels"]["alertname"] == "pegel_test_message"
    assert told["annotations"]["summary"].startswith("[TEST]")
    written = capsys.readouterr().err
    assert f"{urls[0]}/api/v2/alerts: taken" in written
    assert "HTTP 403" in written


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("suport", "did you mean support?"),
        ("nobody", "there are: oncall, support, team"),
        ("oncall", "PEGEL_ALERTMANAGER_URLS"),
        ("team", "PEGEL_SMTP_HOST"),
    ],
)
def test_what_cannot_be_tried_is_said_with_its_remedy(
    name: str, words: str, tmp_path: Path, capsys: Captured
) -> None:
    file = policy(tmp_path, "http://127.0.0.1:1/")
    assert run(["alerts", "test", name, "--policy", file]) == 1
    (line,) = capsys.readouterr().err.strip().splitlines()
    assert words in line
