"""The live SLA of a channel: which state it is in, and how long a customer has to wait."""

import pytest

from stream_app.adapters.redis_feed import FIELDS, fields_of, hash_key
from stream_app.domain.channel_sla import channel_sla
from tests.support.feeds import Hour, channel_view


def seen(count: int, p50: float = 60.0, p90: float = 240.0) -> dict[str, float]:
    return {"count": count, "sum": count * p50, "p50": p50, "p90": p90}


@pytest.mark.parametrize(
    ("levels", "state"),
    [
        ({"overdue": 0, "at_risk": 0}, "ok"),
        ({"overdue": 0, "at_risk": 3}, "at_risk"),
        ({"overdue": 1, "at_risk": 3}, "breached"),
        ({}, "ok"),
    ],
)
def test_the_state_is_the_worst_that_holds(levels: dict[str, int], state: str) -> None:
    assert channel_sla(channel_view(levels=levels), stale=False).state == state


def test_figures_without_a_partition_are_stale_whatever_they_say() -> None:
    view = channel_view(complete=False, missing_partitions=[3], levels={"overdue": 2})
    assert channel_sla(view, stale=False).state == "stale"
    assert channel_sla(channel_view(levels={"overdue": 2}), stale=True).state == "stale"


def expected_wait(
    hour: Hour, waiting: int = 0, shorter: dict[str, Hour] | None = None
) -> float | None:
    view = channel_view(levels={"waiting": waiting}, windows={**(shorter or {}), "1h": hour})
    return channel_sla(view, stale=False).expected_wait_seconds


def test_the_expected_wait_is_the_usual_wait_while_the_line_is_short() -> None:
    hour = {"first_reply_seconds": seen(60, p50=90.0)}
    assert expected_wait(hour, waiting=0) == 90.0  # one in line at a reply a minute: 60 s


def test_the_expected_wait_is_what_the_line_takes_when_that_is_longer() -> None:
    hour = {"first_reply_seconds": seen(20, p50=90.0), "next_reply_seconds": seen(40)}
    assert expected_wait(hour, waiting=9) == 600.0  # ten in line at a reply a minute


def test_the_usual_wait_comes_from_the_shortest_window_that_says_enough() -> None:
    minute, quarter = ({"first_reply_seconds": seen(n, p50=p)} for n, p in ((4, 10.0), (5, 70.0)))
    assert (
        expected_wait({"first_reply_seconds": seen(5, p50=80.0)}, shorter={"15m": quarter}) == 720.0
    )
    assert expected_wait({}, shorter={"1m": minute, "15m": quarter}) == 70.0
    assert expected_wait({}, shorter={"1m": minute}) is None


def test_where_no_window_is_an_hour_the_nearest_one_is_read() -> None:
    half = {"first_reply_seconds": seen(10, p50=60.0, p90=90.0), "first_reply_met_ratio": 0.7}
    view = channel_view(levels={"waiting": 4}, windows={"1m": {}, "30m": half, "24h": {}})
    sla = channel_sla(view, stale=False)
    assert (sla.first_reply_p90_seconds, sla.first_reply_met_ratio) == (90.0, 0.7)
    assert sla.expected_wait_seconds == 900.0  # five in line, ten answered in half an hour


def test_where_nothing_was_answered_no_wait_is_promised() -> None:
    assert expected_wait({"first_reply_seconds": {"count": 0, "sum": 0}}, waiting=7) is None


def test_every_field_is_there_and_what_is_not_known_is_an_empty_text() -> None:
    fields = fields_of(channel_sla(channel_view(), stale=False))
    assert tuple(fields) == FIELDS
    assert fields["open"] == "9"
    assert fields["first_reply_p90_seconds"] == fields["expected_wait_seconds"] == ""


def test_numbers_are_written_without_noise() -> None:
    hour = {"first_reply_seconds": seen(30, p90=0.1 + 0.2), "first_reply_met_ratio": 0.5}
    fields = fields_of(channel_sla(channel_view(hour=hour), stale=False))
    assert (fields["first_reply_p90_seconds"], fields["first_reply_met_ratio"]) == ("0.3", "0.5")


def test_a_colon_in_a_name_cannot_make_two_keys_one() -> None:
    assert hash_key("acme", "email") == "engagement:sla:acme:email"
    assert hash_key("a:b", "c") != hash_key("a", "b:c")
    assert hash_key("a%3Ab", "c") != hash_key("a:b", "c")
