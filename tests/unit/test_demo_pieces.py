"""What the demo reads and shows, without running anything."""

import io
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest
from rich.console import Console

from schemas.outputs import Alert
from stream_app.demo.alerts import Line, _firing
from stream_app.demo.figures import Figures, read
from stream_app.demo.screen import Picture, clock, draw, hint, introduction, plain, plain_alert
from stream_app.demo.stage import Plan, Stage, environment
from stream_app.settings import Settings

EXPOSITION = """\
# HELP engagement_open_conversations Conversations that are not solved.
# TYPE engagement_open_conversations gauge
engagement_open_conversations{tenant="demo",channel="email",team="none",priority="none"} 7.0
engagement_open_conversations{tenant="demo",channel="webchat",team="a \\"b\\"",priority="high"} 5
engagement_waiting_conversations{tenant="demo",channel="email",team="none",priority="none"} 3.0
engagement_overdue_conversations{tenant="demo",channel="email",team="none",priority="none"} 2.0
engagement_processed_records_total{agent="conversations",partition="0"} 1000.0
engagement_processed_records_total{agent="conversations",partition="1"} 234.0
engagement_processed_records_total{agent="channels",partition="1"} 99999.0
engagement_consumer_lag_records{agent="conversations",partition="1"} 12.0
engagement_consumer_lag_records{agent="alerts",partition="1"} 500.0
engagement_watermark_timestamp_seconds{tenant="demo",partition="0"} 150.0
engagement_watermark_timestamp_seconds{tenant="demo",partition="1"} 1.25e+02
engagement_tenant_mode{tenant="demo",partition="0",mode="event"} 1.0
engagement_tenant_mode{tenant="demo",partition="0",mode="live"} 0.0
engagement_tenant_mode{tenant="demo",partition="1",mode="live"} 1.0
engagement_alerts_firing{tenant="demo",rule="ticket_unresolved",severity="warning"} 4.0
engagement_alerts_firing{tenant="demo",rule="ticket_unresolved",severity="critical"} 1.0
engagement_alerts_firing{tenant="demo",rule="first_reply_breached",severity="critical"} 0.0
python_info{version="3.11"} 1.0
"""


def test_the_figures_of_an_exposition_are_added_up() -> None:
    found = read(EXPOSITION)
    assert (found.events, found.open, found.waiting, found.overdue) == (1234, 12, 3, 2)
    assert found.lag == 12


def test_only_rules_that_fire_are_counted_and_severities_together() -> None:
    assert read(EXPOSITION).firing == {"ticket_unresolved": 5}


def test_it_is_live_when_no_partition_is_on_event_time() -> None:
    assert not read(EXPOSITION).live
    assert read(EXPOSITION.replace('mode="event"} 1.0', 'mode="event"} 0.0')).live
    assert not Figures().live


@pytest.mark.parametrize(
    ("start", "end", "share"), [(100, 200, 0.375), (150, 150, 0.0), (200, 300, 0.0), (0, 100, 1.0)]
)
def test_the_history_that_is_done_is_the_mean_over_the_partitions(
    start: float, end: float, share: float
) -> None:
    assert read(EXPOSITION).history_done(start, end) == pytest.approx(share)


def test_nothing_is_done_before_the_first_watermark() -> None:
    assert read("").history_done(0, 100) == 0.0


def picture() -> Picture:
    line = Line(
        "ticket_unresolved", "simulator/demo 4711, email", "warning", "2026-01-02T03:04:05Z"
    )
    addresses = [("wall", "http://127.0.0.1:6080/")]
    return Picture(65, "history 38%", 1234.5, read(EXPOSITION), (line,), 9, addresses)


def shown(width: int) -> str:
    out = io.StringIO()
    Console(file=out, width=width).print(draw(picture()))
    return out.getvalue()


@pytest.mark.parametrize("width", [60, 80, 200])
def test_the_picture_says_where_to_look_and_what_goes_on(width: int) -> None:
    text = shown(width)
    for part in ("http://127.0.0.1:6080/", "history 38%", "1,234", "ticket_unresolved", "4711"):
        assert part in text, part
    assert max(map(len, text.splitlines())) <= width


def test_a_line_says_the_same() -> None:
    assert plain(picture()) == (
        "1:05 history 38% | events 1,234 (1,234/s) | open 12 | waiting 3 | overdue 2 | firing 5"
    )
    assert "simulator/demo 4711, email" in plain_alert(picture().newest[0])


def test_it_suggests_to_explain_the_youngest_conversation_that_has_an_alert() -> None:
    assert hint(picture()) == "pegel partition list --worker http://127.0.0.1:6066"
    known = Line("rule", "what", "info", "2026-01-02T03:04:05Z", "4711")
    shown_ = replace(picture(), newest=(known,), worker="http://127.0.0.1:7000")
    assert hint(shown_) == "pegel explain 4711 --worker http://127.0.0.1:7000"


def test_only_alerts_that_fire_are_told_each_by_what_it_is_about() -> None:
    def alert(state: str, **subject: str) -> bytes:
        return msgspec.json.encode(
            Alert(
                alert="v1-1",
                rule="slow",
                tenant="demo",
                subject=subject,
                episode=1,
                state=state,
                since="2026-01-02T03:04:05Z",
                opened_at="2026-01-02T03:04:05Z",
                severity="info",
                explain={},
                notified=[],
            )
        )

    ticket = {"kind": "conversation", "source": "a/b", "id": "7", "channel": "email"}
    told = list(
        _firing([alert("firing", **ticket), alert("resolved", **ticket), alert("firing", kind="x")])
    )
    assert [(line.subject, line.conversation) for line in told] == [
        ("a/b 7, email", "7"),
        ("x", ""),
    ]


def test_without_a_terminal_the_addresses_come_first() -> None:
    out = io.StringIO()
    introduction(Console(file=out, width=40), [("wall", "http://127.0.0.1:6066/" + "x" * 60)])
    assert out.getvalue().splitlines() == ["wall     http://127.0.0.1:6066/" + "x" * 60]


@pytest.mark.parametrize(("seconds", "text"), [(0, "0:00"), (59.9, "0:59"), (3661, "61:01")])
def test_a_span_on_the_clock(seconds: float, text: str) -> None:
    assert clock(seconds) == text


def plan(broker: str | None) -> Plan:
    return Plan(
        broker, Path("policy.yaml"), 6066, 6080, 7, 1.0, "3d", "20260102-030405", Path("/tmp")
    )


def test_on_somebodys_kafka_every_name_is_the_demos_own() -> None:
    settings = Stage(plan("kafka:9092")).settings
    assert settings.broker == "kafka:9092"
    assert settings.topic_prefix == "demo-20260102-030405."
    assert settings.app_id == "pegel-demo-20260102-030405"


def test_on_its_own_broker_the_names_are_the_usual_ones() -> None:
    assert Stage(plan(None)).settings.topic_prefix == ""


def test_child_processes_get_the_same_settings_through_the_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    given = Settings(broker="b:1", app_id="a", topic_prefix="p.", partitions=4, replication=2)
    for name, value in environment(given).items():
        monkeypatch.setenv(name, value)
    assert Settings() == given
