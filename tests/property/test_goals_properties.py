"""Goals over more than the longest window equal what looking at every observation gives, to the hour."""

from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from stream_app.domain.ledger import HOUR_MS
from stream_app.domain.policy import Goal
from tests.support.panes import EMAIL, PHONE, T0, Log, Observation, feed, new_job, said, started

DAY_MS = 24 * HOUR_MS
SPAN = 48 * HOUR_MS
GOALS = (
    Goal("volume", "messages_in", SPAN, 20.0),
    Goal("fast", "first_reply_p90_seconds", SPAN, 600_000.0),
    Goal("today", "messages_in", DAY_MS, 5.0),
)
observations = st.lists(
    st.builds(
        Observation,
        st.integers(0, 1),
        st.sampled_from([EMAIL, PHONE]),
        st.integers(0, 4 * DAY_MS // 10_000).map(lambda n: T0 + n * 10_000),
        st.one_of(st.none(), st.integers(1, 2_000_000)),
    ),
    max_size=40,
)


def by_hand(seen: list[Observation], as_of: int, span: int) -> list[Observation]:
    """Those of the last day, and before that whole hours."""
    kept = []
    for one in seen:
        in_window = as_of - DAY_MS < one.time <= as_of
        hour = one.time - one.time % HOUR_MS
        before = span > DAY_MS and one.time <= as_of - DAY_MS and hour > as_of - span
        if in_window or before:
            kept.append(one)
    return kept


@example(seen=[Observation(0, EMAIL, T0, None)], moves=[DAY_MS // 10_000], restart_at=0)
@given(
    seen=observations,
    moves=st.lists(st.integers(1, 30 * 360), min_size=1, max_size=12),
    restart_at=st.integers(0, 11),
)
def test_long_goals_equal_a_look_at_every_observation(
    seen: list[Observation], moves: list[int], restart_at: int
) -> None:
    job, tellers, log, as_of = new_job(goals=GOALS), started(), Log(), T0
    for number, move in enumerate(moves):
        before, as_of = as_of, as_of + move * 10_000
        new = [one for one in seen if before < one.time <= as_of or (not number and one.time == T0)]
        for teller in tellers:
            teller.panes_of([one for one in new if one.source == teller.partition])
            teller.heartbeat(as_of)
        feed(job, said(tellers))
        job.turn(number * 10_000, {})
        log.write(job.collect())
        if number == restart_at:
            job = log.restart(goals=GOALS)
    job.turn(1_000_000, {})
    shown = {goal["name"]: goal for goal in job.views["acme", ""].goals}
    for name, span in (("volume", SPAN), ("today", DAY_MS)):
        messages = [one for one in by_hand(seen, as_of, span) if one.elapsed is None]
        assert value_of(shown[name]) == len(messages)
    replies = [one for one in by_hand(seen, as_of, SPAN) if one.elapsed is not None]
    assert shown["fast"]["count"] == len(replies)
    assert (shown["fast"]["state"] == "unknown") == (not replies)
    hours = [key for key in log.rows if key.startswith(b"h|")]
    assert len(hours) <= SPAN // HOUR_MS + 2


def value_of(goal: dict[str, Any]) -> float:
    value = goal["value"]
    assert isinstance(value, int | float)
    return value
