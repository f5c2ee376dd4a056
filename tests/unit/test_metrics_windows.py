"""Rolling windows, goals and the feed, as metrics of the worker that has them."""

from tests.support.worker_fakes import FakeChannels, FakeRuntime, partition, standing_views
from tests.unit.test_metrics_collector import scrape, value

RESPONSE = "engagement_window_response_seconds"
MET = "engagement_window_met_ratio"


def worker(complete: bool = True) -> FakeRuntime:
    return FakeRuntime([partition("channels", 0, FakeChannels(views=standing_views(complete)))])


def test_windows_of_tenant_channels_and_named_teams_become_gauges() -> None:
    found = scrape(worker())
    window = {"clock": "first_reply", "window": "15m", "rank": "p90"}
    assert value(found, RESPONSE, channel="email", team="all", **window) == 240
    assert value(found, RESPONSE, channel="all", team="billing", **window) == 240
    assert value(found, RESPONSE, channel="all", team="all", **window) == 240
    assert value(found, MET, channel="whatsapp", clock="first_reply", window="24h") == 0.85
    messages = "engagement_window_messages"
    assert value(found, messages, channel="email", direction="in", window="15m") == 30


def test_a_team_that_nobody_wrote_down_and_narrow_scopes_make_no_series() -> None:
    scopes = {
        (dict(labels)["channel"], dict(labels)["team"])
        for name, labels in scrape(worker())
        if name == RESPONSE
    }
    assert scopes == {("all", "all"), ("email", "all"), ("whatsapp", "all"), ("all", "billing")}


def test_a_window_without_observations_has_no_quantile() -> None:
    assert value(scrape(worker()), RESPONSE, channel="email", window="1m") is None


def test_a_tenant_that_lacks_a_partition_says_so_and_nothing_else() -> None:
    found = scrape(worker(complete=False))
    assert value(found, "engagement_views_complete", tenant="acme") == 0
    assert value(found, RESPONSE, channel="email") is None
    assert value(scrape(worker()), "engagement_views_complete", tenant="acme") == 1


def test_goals_stand_beside_their_targets_and_unknown_ones_have_no_value() -> None:
    runtime = worker()
    views = standing_views()
    views["acme", ""].goals = [
        {"name": "fast", "target": 0.9, "value": 0.95, "state": "met"},
        {"name": "happy", "target": 0.8, "state": "unknown"},
    ]
    runtime.held = [partition("channels", 0, FakeChannels(views=views))]
    found = scrape(runtime)
    assert value(found, "engagement_goal_value", goal="fast") == 0.95
    assert value(found, "engagement_goal_target", goal="happy") == 0.8
    assert value(found, "engagement_goal_value", goal="happy") is None


def test_windows_go_with_the_partition_that_moves_away() -> None:
    runtime = worker()
    runtime.held = [partition("channels", 0, FakeChannels(views=standing_views()), recovering=True)]
    assert value(scrape(runtime), RESPONSE) is None


class Feed:
    written, changes, failures, last_ok_ms = 70, 9, 2, 1_767_970_800_000


class FeedingRuntime(FakeRuntime):
    """A worker with a feed."""

    def feed(self) -> Feed:
        return Feed()


def test_a_feed_tells_what_became_of_its_writes() -> None:
    found = scrape(FeedingRuntime())
    assert value(found, "engagement_feed_writes_total") == 70
    assert value(found, "engagement_feed_changes_total") == 9
    assert value(found, "engagement_feed_failures_total") == 2
    assert value(found, "engagement_feed_last_success_timestamp_seconds") == 1_767_970_800


def test_a_worker_without_a_feed_says_nothing_of_one() -> None:
    assert value(scrape(worker()), "engagement_feed_writes_total") is None
