"""How telling receivers fares, as metrics."""

from stream_app.adapters.metrics.notifications import Stats
from tests.support.worker_fakes import NOW, FakeRuntime
from tests.unit.test_metrics_collector import scrape, value


def test_receivers_are_counted_each_with_the_state_of_its_breaker() -> None:
    runtime = FakeRuntime()
    runtime.told = [
        Stats("team", "email", sent=3, failed=2, retried=1, superseded=4, given_up=5, pending=6),
        Stats("chat", "webhook", breaker="open", last_ok_ms=NOW),
    ]
    found = scrape(runtime)
    assert value(found, "engagement_notifications_sent_total", receiver="team", way="email") == 3
    assert value(found, "engagement_notifications_failed_total", receiver="team") == 2
    assert value(found, "engagement_notifications_retried_total", receiver="team") == 1
    dropped = "engagement_notifications_dropped_total"
    assert value(found, dropped, receiver="team", cause="superseded") == 4
    assert value(found, dropped, receiver="team", cause="given_up") == 5
    assert value(found, "engagement_notifications_pending", receiver="team") == 6
    breaker = "engagement_notification_breaker"
    assert value(found, breaker, receiver="chat", breaker="open") == 1
    assert value(found, breaker, receiver="chat", breaker="closed") == 0
    last = "engagement_notification_last_success_timestamp_seconds"
    assert value(found, last, receiver="chat") == NOW / 1000
    assert value(found, last, receiver="team") is None
