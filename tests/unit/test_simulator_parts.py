"""Parts of the simulator one by one: rhythm, campaigns, staff, delivery, and the load generator."""

import itertools
from collections import Counter
from dataclasses import replace

import pytest
from aiokafka.partitioner import DefaultPartitioner

from schemas.events import decode_event
from schemas.instants import parse_ms
from schemas.keys import decode_key
from stream_app.simulator import LoadPlan, Outage, Plan, deliveries, load_batches
from stream_app.simulator.case import Case
from stream_app.simulator.channels import BY_NAME, TEAMS
from stream_app.simulator.delivery import LATEST
from stream_app.simulator.load import Record
from stream_app.simulator.plan import DAY, HOUR, MINUTE
from stream_app.simulator.rhythm import SLOT, Rhythm, burst_of, local_hour
from stream_app.simulator.staff import Team
from tests.support.input import event

MONDAY = 1_767_571_200_000
PLAN = Plan(start=MONDAY, rate=2.0, zone="UTC")
EMAIL = BY_NAME["email"]


def arrivals(plan: Plan, end: int, channel: str = "email") -> list[int]:
    rhythm = Rhythm(plan, BY_NAME[channel])
    found = []
    time = plan.start
    while (time := rhythm.next_after(time)) < end:
        found.append(time)
    return found


def test_local_hours_follow_the_zone_and_its_summer_time() -> None:
    assert local_hour(MONDAY // HOUR, "UTC") == (0, 0)
    assert local_hour(MONDAY // HOUR, "Europe/Rome") == (0, 1)
    july = 1_782_864_000_000  # 2026-07-01T00:00:00Z, a Wednesday
    assert local_hour(july // HOUR, "Europe/Rome") == (2, 2)


def test_as_many_arrive_as_the_rate_says() -> None:
    rhythm = Rhythm(PLAN, EMAIL)
    slots = range(MONDAY, MONDAY + 7 * DAY, SLOT)
    expected = sum(rhythm.rate(slot) * SLOT for slot in slots)
    found = len(arrivals(PLAN, MONDAY + 7 * DAY))
    assert found == pytest.approx(expected, abs=4 * expected**0.5)


def test_the_distances_between_arrivals_are_exponential() -> None:
    begin, end = MONDAY + 10 * HOUR, MONDAY + 11 * HOUR
    busy = replace(PLAN, rate=200.0, start=begin)
    times = arrivals(busy, end)
    gaps = [b - a for a, b in itertools.pairwise(times)]
    mean = sum(gaps) / len(gaps)
    variance = sum((gap - mean) ** 2 for gap in gaps) / len(gaps)
    assert variance**0.5 == pytest.approx(mean, rel=0.1)
    assert sum(gap > mean for gap in gaps) / len(gaps) == pytest.approx(0.368, abs=0.03)


def test_in_an_outage_nothing_arrives_and_afterwards_more() -> None:
    start, end = MONDAY + 10 * HOUR, MONDAY + 12 * HOUR
    broken = Rhythm(replace(PLAN, outages=(Outage("email", start, end),)), EMAIL)
    usual = Rhythm(PLAN, EMAIL)
    assert broken.rate(start) == 0
    assert broken.rate(end - 1) == 0
    assert broken.next_after(start) >= end
    assert broken.rate(end) > 1.5 * usual.rate(end)
    assert broken.rate(end + 2 * HOUR) == usual.rate(end + 2 * HOUR)


def test_an_outage_concerns_its_channel_alone() -> None:
    outage = Outage("sms", MONDAY, MONDAY + DAY)
    other = Rhythm(replace(PLAN, outages=(outage,)), EMAIL)
    assert other.rate(MONDAY + HOUR) == Rhythm(PLAN, EMAIL).rate(MONDAY + HOUR)


def test_campaigns_multiply_the_traffic_of_their_channel_while_they_last() -> None:
    bursts = [burst for day in range(20_000, 20_100) if (burst := burst_of(day, 7))]
    assert 40 < len(bursts) < 80
    burst = bursts[0]
    rhythm = Rhythm(replace(PLAN, start=burst.start), BY_NAME[burst.channel])
    before = rhythm.rate(burst.start // HOUR * HOUR - SLOT)
    assert rhythm.rate(burst.start + 2 * SLOT) > 1.3 * before
    assert 3 <= burst.factor <= 5


def case(native_id: str, priority: str = "normal") -> Case:
    return Case(native_id, EMAIL, TEAMS[0].name, priority, "c", 1, MONDAY)


@pytest.fixture
def team() -> Team:
    return Team(TEAMS[0], replace(PLAN, rate=0.05))


def take_all(team: Team, time: int) -> list[str]:
    found = []
    while (taken := team.take(time)) is not None:
        found.append(taken[0].id)
        team.done(taken[0])
    return found


def test_the_most_urgent_comes_first_and_then_who_waits_longest(team: Team) -> None:
    for native_id, priority in (("a", "low"), ("b", "normal"), ("c", "urgent"), ("d", "normal")):
        team.wait(case(native_id, priority), MONDAY)
    assert take_all(team, MONDAY + 10 * HOUR) == ["c", "b", "d", "a"]


def test_a_conversation_waits_in_one_place_only(team: Team) -> None:
    one = case("a")
    team.wait(one, MONDAY)
    team.wait(one, MONDAY)
    assert len(team.queue) == 1


def test_nobody_takes_more_than_there_are_people_on_duty(team: Team) -> None:
    time = MONDAY + 10 * HOUR
    for n in range(50):
        team.wait(case(str(n)), time)
    taken = 0
    while team.take(time) is not None:
        taken += 1
    assert taken == team.on_duty(time) < 50


def test_a_conversation_that_is_worked_on_does_not_wait_as_well(team: Team) -> None:
    one = case("a")
    team.wait(one, MONDAY)
    assert team.take(MONDAY + 10 * HOUR) is not None
    team.wait(one, MONDAY)
    assert team.queue == []


def test_what_has_ended_is_not_taken_up(team: Team) -> None:
    one = case("a")
    team.wait(one, MONDAY)
    one.status = "spam"
    assert team.take(MONDAY + 10 * HOUR) is None


def test_fewer_people_work_at_night_and_on_sunday() -> None:
    team = Team(TEAMS[1], replace(PLAN, rate=20))
    noon, night, sunday = (team.on_duty(MONDAY + h * HOUR) for h in (11, 3, 6 * 24 + 11))
    assert night < sunday < noon


def test_an_event_usually_arrives_within_a_second() -> None:
    plan = replace(PLAN, duplicates=0, late=0)
    happened = [(ms, event(ms)) for ms in range(0, 100_000, 100)]
    arrived = list(deliveries(plan, happened))
    assert [e.id for _, e in sorted(arrived, key=lambda d: parse_ms(d[1].time))] == [
        e.id for _, e in happened
    ]
    assert all(0 < arrives - parse_ms(e.time) < 1000 for arrives, e in arrived)


def test_deliveries_come_in_order_of_arrival_and_never_before_they_happened() -> None:
    plan = replace(PLAN, duplicates=0.1, late=0.2)
    arrived = list(deliveries(plan, [(ms, event(ms)) for ms in range(0, 10_000_000, 1000)]))
    times = [arrives for arrives, _ in arrived]
    assert times == sorted(times)
    assert all(0 < arrives - parse_ms(e.time) <= LATEST for arrives, e in arrived)


def test_some_are_late_and_some_come_twice_as_often_as_asked() -> None:
    plan = replace(PLAN, duplicates=0.05, late=0.1)
    arrived = list(deliveries(plan, [(ms, event(ms)) for ms in range(0, 10_000_000, 1000)]))
    ids = Counter(e.id for _, e in arrived)
    assert sum(n == 2 for n in ids.values()) == pytest.approx(500, abs=100)
    assert max(ids.values()) == 2
    late = sum(arrives - parse_ms(e.time) > 1000 for arrives, e in arrived)
    assert late > 800


def test_late_events_stay_well_within_the_usual_tolerance() -> None:
    assert LATEST < 10 * MINUTE


LOAD = LoadPlan(count=20_000, conversations=500, partitions=6, start=MONDAY)


def records(plan: LoadPlan) -> list[Record]:
    return [record for _, batch in load_batches(plan) for record in batch]


def test_the_load_has_as_many_events_and_conversations_as_asked() -> None:
    events = [decode_event(value) for _, _, value in records(LOAD)]
    assert len(events) == 20_000
    assert len({e.subject for e in events}) == 500
    assert len({e.id for e in events}) == 20_000


def test_load_records_lie_in_the_partition_of_their_key() -> None:
    everywhere = list(range(6))
    for partition, key, value in records(LOAD)[:2000]:
        assert partition == DefaultPartitioner()(key, everywhere, everywhere)
        decoded = decode_event(value)
        assert decode_key(key) == (decoded.tenant, decoded.source, decoded.subject)


def test_the_event_time_of_the_load_is_as_dense_as_asked() -> None:
    times = [parse_ms(decode_event(value).time) for _, _, value in records(LOAD)]
    assert times == sorted(times)
    assert times[0] == MONDAY
    assert times[-1] - times[0] == pytest.approx(2000, abs=1)


def test_each_batch_tells_the_time_of_its_last_event() -> None:
    for reached, batch in load_batches(LOAD):
        assert reached == parse_ms(decode_event(batch[-1][2]).time)


def test_a_conversation_of_the_load_is_created_once_answered_and_solved() -> None:
    lives: dict[str, list[str]] = {}
    for _, _, value in records(LOAD):
        decoded = decode_event(value)
        what = f"{decoded.type.split('.')[2]} {decoded.data.author or decoded.data.to or ''}"
        lives.setdefault(decoded.subject, []).append(what.strip())
    long = [life for life in lives.values() if len(life) > 25]
    assert long
    for life in long:
        assert life[0] == "created"
        assert life.count("created") == 1
        assert life[:2] == ["created", "created customer"]
        assert life[10] == "status_changed solved"
        assert life[11] == "created customer"


def test_a_percent_sign_in_a_name_does_not_harm_the_load() -> None:
    plan = replace(LOAD, count=100, tenant="50%", source="a%b/c")
    decoded = decode_event(records(plan)[0][2])
    assert (decoded.tenant, decoded.source) == ("50%", "a%b/c")


def test_the_same_load_plan_gives_the_same_records() -> None:
    assert records(LOAD)[:500] == records(LOAD)[:500]
    assert records(LOAD)[:500] != records(replace(LOAD, seed=8))[:500]
