"""What the wall remembers: the newest of everything, word for word, within bounds."""

import json
from typing import Any

import msgspec
import pytest

from schemas.outputs import VIEW_INTERVAL_MS
from stream_app.wall import store as stores
from stream_app.wall.held import place
from stream_app.wall.store import Store
from tests.support.wall import alert, alert_key, key_of, view

NOW = 1_768_208_404_000


def put(store: Store, *views: Any, at: int = NOW) -> None:
    for each in views:
        store.put_view(key_of(each), msgspec.json.encode(each), at)


def put_alert(store: Store, *alerts: Any) -> None:
    for each in alerts:
        store.put_alert(alert_key(each), msgspec.json.encode(each))


def test_the_newest_view_of_a_scope_is_kept_with_when_it_came() -> None:
    store = Store()
    put(store, view(levels={"waiting": 1}), view(levels={"waiting": 2}))
    (held,) = store.views("acme")
    assert held.view.levels["waiting"] == 2
    assert json.loads(held.json)["received_at"] == "2026-01-12T09:00:04Z"


def test_what_a_newer_worker_says_beyond_this_version_is_passed_on() -> None:
    store = Store()
    told = json.loads(msgspec.json.encode(view())) | {"tomorrow": [1, {"deep": "}"}]}
    store.put_view(b"acme|x", json.dumps(told, indent=2).encode(), NOW)
    (held,) = store.views("acme")
    assert json.loads(held.json) == told | {"received_at": "2026-01-12T09:00:04Z"}
    assert b"\n" not in held.json


def test_a_scope_without_a_value_is_gone_and_said_to_be() -> None:
    store = Store()
    put(store, view("email"), view("chat"))
    store.take_changed()
    store.put_view(key_of(view("chat")), None, NOW)
    assert [held.view.scope for held in store.views("acme")] == [{"channel": "email"}]
    assert store.take_changed().gone == {place("acme", {"channel": "chat"})}
    assert not store.take_changed()


def test_a_scope_that_comes_back_is_not_gone() -> None:
    store = Store()
    put(store, view())
    store.put_view(key_of(view()), None, NOW)
    put(store, view())
    changed = store.take_changed()
    assert not changed.gone
    assert list(changed.views) == [place("acme", {"channel": "email"})]


@pytest.mark.parametrize("value", [b"", b"{", b"[]", b'{"tenant": "acme"}', b"\xff\xfe"])
def test_what_is_no_view_and_no_alert_is_counted_and_passed_over(value: bytes) -> None:
    store = Store()
    store.put_view(b"k", value, NOW)
    store.put_alert(b"k", value)
    assert store.refused == 2
    assert store.tenants() == []


def test_a_view_is_stale_after_three_intervals_without_another() -> None:
    store = Store()
    put(store, view())
    (held,) = store.views("acme")
    assert not held.stale(NOW + 3 * VIEW_INTERVAL_MS)
    assert held.stale(NOW + 3 * VIEW_INTERVAL_MS + 1)


def test_an_alert_that_is_resolved_is_no_longer_listed_but_known() -> None:
    store = Store()
    put_alert(store, alert(1), alert(2), alert(1, "resolved"))
    total, gravest = store.gravest("acme", 10)
    assert (total, [held.alert.subject["id"] for held in gravest]) == (1, ["2"])
    known = store.alert(alert(1).alert)
    assert known is not None
    assert known.alert.state == "resolved"


def test_the_gravest_alerts_come_first_and_of_them_the_oldest() -> None:
    store = Store()
    put_alert(
        store,
        alert(1, severity="info"),
        alert(2, severity="critical", opened_at="2026-01-12T09:00:00Z"),
        alert(3, severity="critical", opened_at="2026-01-12T08:00:00Z"),
        alert(4, severity="warning"),
        alert(5, severity="odd"),
    )
    _, gravest = store.gravest("acme", 4)
    assert [held.alert.subject["id"] for held in gravest] == ["3", "2", "4", "1"]


def test_the_trail_of_an_alert_tells_each_state_once_with_who_and_why() -> None:
    store = Store()
    acked = alert(1, "acknowledged", since="2026-01-12T08:40:00Z", actor="wall/lead", reason="mine")
    put_alert(store, alert(1), alert(1), acked)
    held = store.alert(alert(1).alert)
    assert held is not None
    assert held.trail == [
        {"state": "firing", "since": "2026-01-12T08:30:00Z"},
        {"state": "acknowledged", "since": "2026-01-12T08:40:00Z", "actor": "wall/lead", "reason": "mine"},
    ]  # fmt: skip


def test_tenants_do_not_see_each_other() -> None:
    store = Store()
    put(store, view(), view(tenant="globex"))
    put_alert(store, alert(1), alert(2, tenant="globex"))
    assert store.tenants() == ["acme", "globex"]
    assert len(store.views("acme")) == 1
    assert store.gravest("globex", 9)[0] == 1


def test_more_than_there_is_room_for_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stores, "MOST_VIEWS", 2)
    monkeypatch.setattr(stores, "MOST_ALERTS", 2)
    monkeypatch.setattr(stores, "MOST_RESOLVED", 2)
    store = Store()
    put(store, *(view(f"c{n}") for n in range(4)))
    put_alert(store, *(alert(n) for n in range(3)))
    assert store.left_out == 3
    put(store, view("c1", levels={"waiting": 77}))
    assert store.views("acme")[1].view.levels["waiting"] == 77
    put_alert(store, *(alert(n, "resolved") for n in range(3)))
    assert store.alert(alert(0).alert) is None
    assert store.alert(alert(2).alert) is not None
