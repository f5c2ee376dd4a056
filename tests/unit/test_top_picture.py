"""What a terminal knows of the live stream, and what of it is still current."""

from typing import Any

import pytest

from schemas.instants import format_ms, parse_ms
from stream_app.wall.picture import Picture
from tests.support.wall_data import INTERVAL, Organisation

Json = dict[str, Any]
FEED: Json = {"connected": True, "since": None, "problem": None}


def snapshot(organisation: Organisation, **changes: Any) -> Json:
    fields: Json = {
        "version": 1,
        "now": format_ms(organisation.now),
        "interval_seconds": INTERVAL,
        "tenant": organisation.tenant,
        "tenants": [organisation.tenant],
        "views": list(organisation.views.values()),
        "alerts": list(organisation.alerts.values()),
        "alerts_total": len(organisation.alerts),
        "feed": FEED,
    }
    return fields | changes


@pytest.fixture
def shop() -> Organisation:
    return Organisation()


@pytest.fixture
def picture(shop: Organisation) -> Picture:
    made = Picture({}, began=100.0)
    made.hear("snapshot", snapshot(shop), 100.0)
    return made


def beat(shop: Organisation, at: float) -> Json:
    return {"version": 1, "now": format_ms(shop.now + int(at * 1_000)), "feed": FEED}


def delta(shop: Organisation, at: float, **changes: Any) -> Json:
    return beat(shop, at) | {"views": [], "gone": [], "alerts": []} | changes


def wait_of(picture: Picture, at: float) -> float:
    whole = picture.look(at).whole
    assert whole is not None
    assert whole.longest_wait_seconds is not None
    return whole.longest_wait_seconds


def test_before_the_first_event_it_connects_and_then_nobody_answers() -> None:
    picture = Picture({}, began=5.0)
    assert picture.look(7.0).line == "connecting"
    look = picture.look(8.1)
    assert (look.line, look.now, look.whole) == ("lost", None, None)


def test_every_channel_is_a_row_and_the_tenant_is_the_whole(picture: Picture) -> None:
    look = picture.look(100.0)
    assert look.line == "live"
    assert [row.scope["channel"] for row in look.rows] == sorted(picture.scopes("channel"))
    assert look.whole is not None
    assert look.whole.scope == {}
    assert look.whole.waiting == sum(row.waiting for row in look.rows)


def test_the_longest_wait_counts_up_with_the_steady_clock(picture: Picture) -> None:
    assert wait_of(picture, 104.0) - wait_of(picture, 100.0) == pytest.approx(4.0)


def test_it_stands_still_once_nothing_fresh_has_come_for_three_intervals(
    picture: Picture, shop: Organisation
) -> None:
    limit = 3 * INTERVAL
    picture.hear("beat", beat(shop, limit), 100.0 + limit)
    assert picture.look(100.0 + limit).line == "live"
    late = 100.0 + limit + 0.1
    look = picture.look(late)
    assert {row.condition for row in look.rows} == {"stale"}
    assert look.line == "old"
    assert wait_of(picture, late) == wait_of(picture, late + 2.0) == wait_of(picture, 100.0)
    assert {row.volume.verdict for row in look.rows} == {"unknown"}


def test_without_any_event_for_three_seconds_the_line_is_lost(
    picture: Picture, shop: Organisation
) -> None:
    assert picture.look(103.0).line == "live"
    look = picture.look(103.1)
    assert (look.line, look.silent_since) == ("lost", format_ms(shop.now))
    picture.hear("beat", beat(shop, 4.0), 104.0)
    assert picture.look(104.0).line == "live"


def test_a_wall_without_kafka_is_said_with_its_reason(picture: Picture, shop: Organisation) -> None:
    feed = {"connected": False, "since": format_ms(shop.now), "problem": "no broker"}
    picture.hear("beat", beat(shop, 1.0) | {"feed": feed}, 101.0)
    look = picture.look(101.0)
    assert (look.line, look.feed.problem) == ("cut", "no broker")


def test_missing_partitions_are_named_and_make_figures_unknown(
    picture: Picture, shop: Organisation
) -> None:
    view = shop.view(channel="email") | {"complete": False, "missing_partitions": [7, 3]}
    picture.hear("delta", delta(shop, 0.5, views=[view]), 100.5)
    look = picture.look(100.5)
    (row,) = (row for row in look.rows if row.scope == {"channel": "email"})
    assert (row.condition, row.volume.verdict) == ("partial", "unknown")
    assert (look.missing_partitions, look.line) == ([3, 7], "partly")


@pytest.mark.parametrize(("mode", "condition"), [("live", "behind"), ("catchup", "behind"), (None, "behind"), ("event", "replay")])  # fmt: skip
def test_figures_of_a_minute_ago_are_behind_unless_they_are_replayed(
    shop: Organisation, mode: str | None, condition: str
) -> None:
    view = shop.view(channel="phone") | {"as_of": format_ms(shop.now - 60_001), "mode": mode}
    picture = Picture({}, 0.0)
    picture.hear("snapshot", snapshot(shop, views=[view]), 0.0)
    (row,) = picture.look(0.0).rows
    assert row.condition == condition


def test_time_does_not_go_on_in_what_is_replayed(shop: Organisation) -> None:
    view = shop.view() | {"mode": "event"}
    picture = Picture({}, 0.0)
    picture.hear("snapshot", snapshot(shop, views=[view]), 0.0)
    assert wait_of(picture, 2.0) == wait_of(picture, 0.0)


def test_what_is_replayed_is_never_live_but_its_verdicts_hold(shop: Organisation) -> None:
    for view in shop.views.values():
        view["mode"] = "event"
    picture = Picture({}, 0.0)
    picture.hear("snapshot", snapshot(shop), 0.0)
    look = picture.look(0.0)
    assert look.line == "replay"
    assert {(row.condition, row.fresh, row.sound) for row in look.rows} == {("replay", False, True)}
    (whatsapp,) = (row for row in look.rows if row.scope == {"channel": "whatsapp"})
    assert whatsapp.volume.verdict == "spike"
    assert picture.look(2.0).rows[0].condition == "replay"
    picture.hear("beat", beat(shop, 7.0), 7.0)
    assert {row.condition for row in picture.look(7.0).rows} == {"stale"}  # the replay has stopped


def test_a_team_of_a_channel_has_no_verdict_of_its_own(shop: Organisation) -> None:
    whole = shop.view(channel="whatsapp")
    team = whole | {"scope": {"channel": "whatsapp", "team": "billing"}}
    team["windows"] = {"1h": {"messages_in": 5}}
    picture = Picture({"channel": "whatsapp"}, 0.0)
    picture.hear("snapshot", snapshot(shop, views=[whole, team]), 0.0)
    (row,) = picture.look(0.0).rows
    assert (row.volume.verdict, row.volume.observed) == ("none", 5)


def test_a_scope_that_is_gone_and_an_alert_that_is_resolved_vanish(
    picture: Picture, shop: Organisation
) -> None:
    first = next(iter(shop.alerts.values()))
    gone = delta(shop, 1.0, gone=[{"channel": "sms"}], alerts=[first | {"state": "resolved"}])
    picture.hear("delta", gone, 101.0)
    look = picture.look(101.0)
    assert "sms" not in picture.scopes("channel")
    assert first["alert"] not in {alert.alert for alert in look.alerts}


def test_a_new_snapshot_forgets_what_was_before(picture: Picture, shop: Organisation) -> None:
    picture.hear("snapshot", snapshot(shop, views=[], alerts=[], alerts_total=0), 101.0)
    look = picture.look(101.0)
    assert (look.rows, look.whole, look.alerts, look.urgent) == ([], None, [], [])


def test_the_ten_with_the_least_time_left_come_first(picture: Picture) -> None:
    urgent = picture.look(100.0).urgent
    left = [item.seconds_left for item in urgent if item.seconds_left is not None]
    assert len(urgent) == len(left) == 10
    assert left == sorted(left)
    assert left[0] < 0
    later = picture.look(101.0).urgent[0].seconds_left
    assert later == pytest.approx(left[0] - 1.0)


def test_alerts_that_fire_come_first_and_the_grave_before_the_slight(picture: Picture) -> None:
    alerts = picture.look(100.0).alerts
    assert [alert.severity for alert in alerts[:2]] == ["critical", "critical"]
    assert alerts[-1].state == "acknowledged"
    opened = [parse_ms(alert.opened_at) for alert in alerts[:2]]
    assert opened == sorted(opened, reverse=True)


def test_one_channel_shows_its_teams_and_its_alerts_alone(shop: Organisation) -> None:
    team = shop.view(channel="whatsapp") | {"scope": {"channel": "whatsapp", "team": "billing"}}
    picture = Picture({"channel": "whatsapp"}, 0.0)
    picture.hear("snapshot", snapshot(shop, views=[*shop.views.values(), team]), 0.0)
    look = picture.look(0.0)
    assert [row.scope for row in look.rows] == [{"channel": "whatsapp", "team": "billing"}]
    assert {alert.subject["channel"] for alert in look.alerts} == {"whatsapp"}
    assert look.alerts_total == len(look.alerts)
