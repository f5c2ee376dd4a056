"""The made-up organisation: what its traffic has to look like to be believed."""

from collections import Counter
from dataclasses import replace
from functools import cache
from itertools import islice, pairwise

import pytest

from schemas.events import STATUSES, Event
from schemas.instants import parse_ms
from stream_app.simulator import Outage, Plan, simulate
from stream_app.simulator.channels import BY_NAME, CHANNELS, PRIORITY_SHARES, TEAMS
from stream_app.simulator.organisation import SOON, happenings
from stream_app.simulator.plan import DAY, HOUR, MINUTE

MONDAY = 1_767_571_200_000  # 2026-01-05T00:00:00Z
WEEK = Plan(start=MONDAY, until=MONDAY + 7 * DAY, rate=0.15, duplicates=0, late=0)
DEMO = Plan(start=MONDAY, live_from=MONDAY + 3 * DAY, until=MONDAY + 3 * DAY + 2 * HOUR, rate=0.08)


@cache
def week() -> tuple[tuple[int, Event], ...]:
    return tuple(happenings(WEEK))


def short(plan: Plan, count: int = 3000) -> list[tuple[int, Event]]:
    return list(islice(simulate(plan), count))


def kinds(event: Event) -> str:
    return event.type.removeprefix("support.").removesuffix(".v1")


def is_question(event: Event) -> bool:
    data = event.data
    return data.author == "customer" and data.kind == "text"


def is_answer(event: Event) -> bool:
    data = event.data
    return data.author == "agent" and data.kind == "text" and not data.campaign


def test_the_same_plan_gives_the_same_events() -> None:
    assert short(Plan(start=MONDAY)) == short(Plan(start=MONDAY))


def test_another_seed_gives_other_events_and_other_ids() -> None:
    one, two = ({e.id for _, e in short(Plan(start=MONDAY, seed=seed))} for seed in (1, 2))
    assert not one & two


def test_another_start_gives_other_ids() -> None:
    one, two = ({e.id for _, e in short(Plan(start=MONDAY + m))} for m in (0, MINUTE))
    assert not one & two


def test_things_happen_in_order_of_time_and_their_times_are_theirs() -> None:
    times = [ms for ms, _ in week()]
    assert times == sorted(times)
    assert all(ms == parse_ms(event.time) for ms, event in week()[:5000])
    assert times[0] >= MONDAY
    assert times[-1] < MONDAY + 7 * DAY


def test_the_mean_rate_of_a_week_is_the_one_that_was_asked_for() -> None:
    rate = len(week()) / (7 * DAY / 1000)
    assert rate == pytest.approx(WEEK.rate, rel=0.12)


def test_no_two_events_share_an_id() -> None:
    ids = [event.id for _, event in week()]
    assert len(ids) == len(set(ids))


def test_every_kind_of_event_occurs() -> None:
    found = {kinds(event) for _, event in week()}
    assert found == {
        "message.created", "message.deleted", "ticket.created", "ticket.status_changed",
        "ticket.priority_changed", "ticket.assigned", "ticket.channel_changed", "ticket.tagged",
        "ticket.merged", "ticket.deleted", "ticket.spam",
    }  # fmt: skip


def test_the_first_event_of_a_conversation_creates_it_or_is_its_customers_message() -> None:
    seen: set[str] = set()
    for _, event in week():
        if event.subject not in seen:
            seen.add(event.subject)
            assert kinds(event) == "ticket.created" or is_question(event)


def test_statuses_and_changes_fit_together() -> None:
    status: dict[str, str] = {}
    for _, event in week():
        data = event.data
        if kinds(event) == "ticket.created":
            status[event.subject] = str(data.status)
        elif kinds(event) == "ticket.status_changed":
            assert data.to in STATUSES
            assert data.to != data.from_
            status[event.subject] = str(data.to)
    reached = Counter(status.values())
    assert reached["solved"] + reached["closed"] > 0.8 * reached.total()


def test_nothing_but_a_stray_message_follows_the_end_of_a_conversation() -> None:
    gone: dict[str, str] = {}
    for _, event in week():
        if event.subject in gone:
            assert gone[event.subject] == "ticket.merged"
            assert is_question(event)
        elif kinds(event) in ("ticket.merged", "ticket.deleted", "ticket.spam"):
            gone[event.subject] = kinds(event)
    assert len(gone) > 50


def test_a_merge_leads_into_a_conversation_that_exists() -> None:
    seen = {event.subject for _, event in week()}
    merged = [event for _, event in week() if kinds(event) == "ticket.merged"]
    assert merged
    assert all(event.data.into in seen and event.data.into != event.subject for event in merged)


def test_only_known_channels_teams_and_priorities_occur() -> None:
    channels = {e.data.channel for _, e in week()} - {None}
    teams = {e.data.team for _, e in week()} - {None}
    priorities = {e.data.priority for _, e in week()} - {None}
    assert channels == set(BY_NAME)
    assert teams == {team.name for team in TEAMS}
    assert priorities == {name for name, _ in PRIORITY_SHARES}


def test_no_text_and_no_name_is_in_the_data() -> None:
    for _, event in week()[:5000]:
        for value in (event.data.customer, event.data.assignee):
            if isinstance(value, str):
                assert len(bytes.fromhex(value)) == 8


def opened_per_hour(channel: str) -> Counter[int]:
    opened = Counter[int]()
    for ms, event in week():
        if kinds(event) == "ticket.created" and event.data.channel == channel:
            opened[(ms - MONDAY) // HOUR] += 1
    return opened


@pytest.mark.parametrize("channel", ["email", "portal"])
def test_office_channels_are_busy_by_day_and_idle_at_night_and_weekend(channel: str) -> None:
    opened = opened_per_hour(channel)
    day = sum(opened[d * 24 + h] for d in range(5) for h in range(8, 16))
    night = sum(opened[d * 24 + h] for d in range(5) for h in range(0, 5))
    weekend = sum(opened[d * 24 + h] for d in (5, 6) for h in range(24))
    assert day > 15 * night
    assert day > 5 * weekend


def test_chats_of_the_evening_peak_after_office_hours() -> None:
    opened = opened_per_hour("whatsapp")
    evening = sum(opened[d * 24 + h] for d in range(7) for h in range(17, 21))
    morning = sum(opened[d * 24 + h] for d in range(7) for h in range(5, 9))
    assert evening > 1.5 * morning


def test_bots_answer_within_seconds_and_hand_over_or_solve() -> None:
    created: dict[str, int] = {}
    first: dict[str, int] = {}
    left: Counter[str] = Counter()
    for ms, event in week():
        if event.data.status == "bot":
            created[event.subject] = ms
        if event.data.author == "bot" and event.subject in created:
            first.setdefault(event.subject, ms - created[event.subject])
        if event.data.from_ == "bot":
            left[str(event.data.to)] += 1
    assert max(first.values()) <= 5000
    assert set(left) == {"open", "solved"}
    assert left["open"] > left["solved"] > 0


def test_several_messages_in_a_row_notes_reactions_surveys_and_campaigns_occur() -> None:
    rows = Counter(e.data.kind for _, e in week() if kinds(e) == "message.created")
    assert min(rows[kind] for kind in ("text", "note", "reaction", "survey")) > 20
    notes = [e for _, e in week() if e.data.kind == "note"]
    assert all(note.data.visibility == "private" for note in notes)
    assert any(e.data.campaign for _, e in week())
    assert sum(is_question(a) and is_question(b) for a, b in pairs()) > 200


def pairs() -> list[tuple[Event, Event]]:
    """Neighbours within a conversation."""
    by_conversation: dict[str, list[Event]] = {}
    for _, event in week():
        by_conversation.setdefault(event.subject, []).append(event)
    return [pair for events in by_conversation.values() for pair in pairwise(events)]


def test_solved_conversations_are_opened_again_now_and_then() -> None:
    again = sum(e.data.from_ in ("solved", "closed") and e.data.to == "open" for _, e in week())
    assert 10 < again < 0.1 * len({e.subject for _, e in week()})


def first_answers() -> dict[str, tuple[int, int]]:
    """When each conversation was created, and when a person first answered."""
    created: dict[str, int] = {}
    answered: dict[str, tuple[int, int]] = {}
    for ms, event in week():
        created.setdefault(event.subject, ms)
        if is_answer(event):
            answered.setdefault(event.subject, (created[event.subject], ms))
    return answered


def test_most_answers_take_minutes_and_some_take_hours() -> None:
    waits = sorted(done - begun for begun, done in first_answers().values())
    assert MINUTE < waits[len(waits) // 2] < 20 * MINUTE
    assert waits[int(len(waits) * 0.99)] > HOUR


def test_people_who_write_at_night_wait_longer() -> None:
    day: list[int] = []
    night: list[int] = []
    for begun, done in first_answers().values():
        hour = (begun - MONDAY) // HOUR % 24
        (night if hour in (22, 23, 0, 1, 2, 3) else day).append(done - begun)
    assert sum(night) / len(night) > 3 * sum(day) / len(day)


def test_in_an_outage_a_channel_is_silent_and_afterwards_it_is_busier() -> None:
    start, end = MONDAY + 34 * HOUR, MONDAY + 36 * HOUR
    calm = replace(WEEK, start=MONDAY + 30 * HOUR, until=MONDAY + 40 * HOUR, rate=1.0)
    broken = replace(calm, outages=(Outage("whatsapp", start, end),))
    channel_of: dict[str, str] = {}
    during = after = 0
    for ms, event in happenings(broken):
        channel_of.setdefault(event.subject, str(event.data.channel))
        if channel_of[event.subject] == "whatsapp" and event.data.direction is not None:
            during += start <= ms < end and event.data.kind != "note"
            after += end <= ms < end + 2 * HOUR and is_question(event)
    usual = sum(
        is_question(e) and e.data.channel == "whatsapp" and end <= ms < end + 2 * HOUR
        for ms, e in happenings(calm)
    )
    assert during == 0
    assert after > 1.3 * usual


def unresolved_since(at: int) -> list[int]:
    """Creation of each conversation that is live at an instant of the demo's traffic."""
    created: dict[str, int] = {}
    done: set[str] = set()
    for ms, event in happenings(DEMO):
        if ms > at:
            break
        created.setdefault(event.subject, ms)
        if event.data.to in ("solved", "closed") or kinds(event) in (
            "ticket.merged",
            "ticket.deleted",
            "ticket.spam",
        ):
            done.add(event.subject)
        elif is_question(event):
            done.discard(event.subject)
    return [ms for subject, ms in created.items() if subject not in done]


def test_when_the_demo_goes_live_conversations_are_unresolved_for_48_hours() -> None:
    assert DEMO.live_from is not None
    old = [ms for ms in unresolved_since(DEMO.live_from) if ms <= DEMO.live_from - 48 * HOUR]
    assert len(old) >= 3


def test_further_ones_follow_within_minutes_and_through_the_first_hour() -> None:
    assert DEMO.live_from is not None
    still = unresolved_since(DEMO.live_from + HOUR)
    for age in SOON:
        assert any(ms == DEMO.live_from - age for ms in still)
    assert sum(age > 48 * HOUR - 10 * MINUTE for age in SOON) >= 4


def test_with_a_cap_no_more_conversations_are_opened_and_the_traffic_ends() -> None:
    events = list(simulate(Plan(start=MONDAY, conversations=50)))
    assert len({event.subject for _, event in events}) == 50


def test_shares_of_channels_teams_and_priorities_add_up_to_one() -> None:
    for shares in (
        [channel.share for channel in CHANNELS],
        [team.share for team in TEAMS],
        [share for _, share in PRIORITY_SHARES],
    ):
        assert sum(shares) == pytest.approx(1.0)
