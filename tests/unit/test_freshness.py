"""Which source partitions are missing, and how far the figures of a tenant reach."""

from stream_app.domain.freshness import PATIENCE_MS, Clock, Clocks, Hearing, Reach, Source

A, B = Source("conversations", 0), Source("conversations", 1)


def clocks(**of: Clock) -> Clocks:
    return Clocks((A, B), {{"a": A, "b": B}[name]: clock for name, clock in of.items()})


def live(watermark: int, tick: int | None = None) -> Clock:
    return Clock(1, watermark, watermark if tick is None else tick, "live")


def event(watermark: int) -> Clock:
    return Clock(1, watermark, watermark, "event")


def test_figures_reach_as_far_as_the_slowest_source_partition() -> None:
    assert clocks(a=live(10_000), b=live(9_000)).reach((), None) == Reach(9_000, ())


def test_a_source_partition_that_was_never_heard_of_is_missing() -> None:
    assert clocks(a=live(10_000)).reach((), None) == Reach(10_000, (1,))


def test_without_any_clock_there_is_nothing_to_be_as_of() -> None:
    assert clocks().reach((), None) == Reach(None, (0, 1))


def test_a_silent_source_partition_is_missing_and_holds_nothing_up_on_live_time() -> None:
    assert clocks(a=live(20_000), b=live(18_000)).reach({B}, None) == Reach(20_000, (1,))


def test_when_all_are_silent_the_figures_stay_as_of_the_last_instant() -> None:
    assert clocks(a=live(20_000), b=live(18_000)).reach({A, B}, 17_000) == Reach(17_000, (0, 1))


def test_a_source_partition_three_seconds_behind_is_there_and_a_millisecond_more_is_not() -> None:
    just = clocks(a=live(20_000), b=live(15_000, tick=20_000 - PATIENCE_MS))
    assert just.reach((), None) == Reach(15_000, ())
    behind = clocks(a=live(20_000), b=live(15_000, tick=19_999 - PATIENCE_MS))
    assert behind.reach((), None) == Reach(20_000, (1,))


def test_on_event_time_source_partitions_may_be_days_apart() -> None:
    assert clocks(a=event(9_000_000_000), b=event(5)).reach((), None) == Reach(5, ())


def test_on_event_time_the_figures_wait_for_a_silent_source_partition() -> None:
    assert clocks(a=event(9_000), b=event(5_000)).reach({B}, None) == Reach(5_000, (1,))


def test_nobody_waits_for_a_silent_source_partition_when_too_much_piles_up() -> None:
    found = clocks(a=event(9_000), b=event(5_000)).reach({B}, None, crowded=True)
    assert found == Reach(9_000, (1,))


def test_as_of_never_goes_back_and_who_comes_back_is_missing_until_it_has_caught_up() -> None:
    assert clocks(a=live(20_000), b=live(18_000)).reach((), 19_000) == Reach(19_000, (1,))
    assert clocks(a=live(20_000), b=live(19_000)).reach((), 19_000) == Reach(19_000, ())


def test_an_older_heartbeat_changes_nothing() -> None:
    state = clocks()
    assert state.put(A, Clock(2, 20, 20, "live"))
    assert not state.put(A, Clock(1, 10, 10, "live"))
    assert not state.put(A, Clock(2, 30, 30, "live"))
    assert state.of[A].watermark == 20


def test_three_heartbeats_that_do_not_come_make_silence() -> None:
    hearing = Hearing()
    hearing.move(1_000)
    hearing.hear(A, 1)
    hearing.move(4_000)
    assert not hearing.silent(A)
    assert hearing.silent(B)
    hearing.move(4_001)
    assert hearing.silent(A)


def test_a_heartbeat_that_is_read_again_does_not_break_the_silence() -> None:
    hearing = Hearing()
    hearing.hear(A, 7)
    hearing.move(10_000)
    hearing.hear(A, 7)
    assert hearing.silent(A)
    hearing.hear(A, 8)
    assert not hearing.silent(A)


def test_the_log_never_goes_back() -> None:
    hearing = Hearing()
    hearing.move(5)
    hearing.move(3)
    assert hearing.now == 5
