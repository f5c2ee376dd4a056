"""Tick and watermark of a tenant in a source partition."""

from stream_app.domain.ticks import END_MARGIN, TenantTick


def test_on_live_time_the_tick_is_the_append_time_of_the_record() -> None:
    tick = TenantTick("live")
    assert tick.arrive(appended=5000, happened=1000) == 5000
    tick.applied(1000)
    assert (tick.tick, tick.watermark) == (5000, 1000)


def test_the_watermark_never_passes_the_tick_on_live_time() -> None:
    tick = TenantTick("live")
    tick.arrive(appended=5000, happened=9000)
    tick.applied(9000)
    assert tick.watermark == 5000


def test_tick_and_watermark_never_go_back() -> None:
    tick = TenantTick("live")
    tick.arrive(5000, 5000)
    tick.applied(5000)
    tick.arrive(4000, 4000)
    tick.applied(4000)
    assert (tick.tick, tick.watermark) == (5000, 5000)


def test_at_the_end_of_a_live_partition_both_follow_the_brokers_answer() -> None:
    tick = TenantTick("live")
    tick.reached_end(10_000)
    assert tick.tick == tick.watermark == 10_000 - END_MARGIN


def test_on_event_time_the_wall_clock_is_never_asked() -> None:
    tick = TenantTick("event")
    assert tick.arrive(appended=99_000, happened=1000) == 1000
    tick.applied(1000)
    tick.reached_end(99_000)
    assert (tick.tick, tick.watermark) == (1000, 1000)
    tick.advance(2000)
    assert (tick.tick, tick.watermark) == (2000, 2000)


def test_advance_means_nothing_to_a_live_tenant() -> None:
    tick = TenantTick("live")
    tick.advance(2000)
    assert (tick.tick, tick.watermark) == (0, 0)


def test_going_live_starts_at_the_append_time_of_the_record_that_says_so() -> None:
    tick = TenantTick("event", tick=1000, watermark=1000)
    tick.go_live(50_000)
    assert (tick.mode, tick.tick, tick.watermark) == ("live", 50_000, 1000)


def test_the_state_tells_live_from_catching_up() -> None:
    tick = TenantTick("live")
    assert tick.state == "catchup"
    tick.reached_end(1000)
    assert tick.state == "live"
    assert TenantTick("event").state == "event"
