"""Slots of the week in local time, days with other hours, and whose calendar a channel has."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from stream_app.domain.calendar import ALWAYS, OfficeCalendar
from stream_app.domain.policy import Match, Policy, SlaPolicy, Volume
from stream_app.domain.volume_season import MINUTE, TOTAL, Season, seasons_of

HALF = 1_800_000
OFFICE = OfficeCalendar(
    "office",
    "Europe/Berlin",
    (((480, 1080),),) * 5 + ((), ()),
    frozenset({date(2026, 4, 3)}),
    closed=frozenset({date(2026, 12, 24)}),
    open={date(2026, 12, 27): ((600, 840),)},
)
BERLIN = Season(calendar=OFFICE, zone="Europe/Berlin")


def at(text: str, zone: str = "Europe/Berlin") -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp() * 1000)


def test_the_same_time_on_the_wall_is_the_same_slot_in_winter_and_in_summer() -> None:
    winter, summer = at("2026-01-12T09:00"), at("2026-07-13T09:00")
    assert BERLIN.slot_at(winter) == BERLIN.slot_at(summer) == 18
    assert BERLIN.words(winter + 29 * MINUTE) == "Monday 09:00"
    assert (summer - winter) % (7 * 86_400_000) != 0  # in UTC they are not the same


def test_an_hour_that_the_clocks_skip_has_no_slot_and_one_that_they_repeat_has_two() -> None:
    spring = range(at("2026-03-29T00:00"), at("2026-03-30T00:00"), HALF)
    autumn = range(at("2026-10-25T00:00"), at("2026-10-26T00:00"), HALF)
    slots = [BERLIN.slot_at(instant) for instant in spring]
    assert len(slots) == 46
    assert slots[3:5] == [6 * 48 + 3, 6 * 48 + 6]
    slots = [BERLIN.slot_at(instant) for instant in autumn]
    assert len(slots) == 50
    assert slots.count(6 * 48 + 4) == slots.count(6 * 48 + 5) == 2


def test_a_stretch_is_cut_at_the_edges_of_its_slots() -> None:
    pieces = list(BERLIN.pieces(at("2026-01-12T09:20"), at("2026-01-12T10:05")))
    assert [piece.slot for piece in pieces] == [18, 19, 20]
    assert [round(piece.start, 3) for piece in pieces] == [0.667, 0, 0]
    assert [round(piece.end, 3) for piece in pieces] == [1, 1, 0.167]


def test_slots_end_on_the_half_hours_of_the_wall_also_where_the_zone_is_off_by_a_quarter() -> None:
    nepal = Season(zone="Asia/Kathmandu")
    assert nepal.ends_at(at("2026-01-12T09:30", "Asia/Kathmandu"))
    assert not nepal.ends_at(at("2026-01-12T09:30", "UTC"))


def test_a_daily_season_has_one_slot_for_all_days() -> None:
    daily = Season(weekly=False)
    assert daily.slots == 48
    assert daily.slot_at(at("2026-01-12T09:00", "UTC")) == daily.slot_at(
        at("2026-01-17T09:00", "UTC")
    )
    assert daily.words(at("2026-01-12T09:10", "UTC")) == "09:00"
    assert daily.resting_slot(3) is None


def test_a_day_is_irregular_when_its_hours_are_not_those_of_its_weekday() -> None:
    irregular = ("2026-04-03T12:00", "2026-12-24T23:59", "2026-12-27T01:00")
    assert all(BERLIN.is_irregular(at(text)) for text in irregular)
    regular = ("2026-04-02T23:59", "2026-04-04T00:00", "2026-12-25T12:00")
    assert not any(BERLIN.is_irregular(at(text)) for text in regular)
    assert not Season().is_irregular(at("2026-04-03T12:00"))


def test_a_holiday_is_compared_to_the_weekday_without_hours() -> None:
    assert BERLIN.resting_slot(4 * 48 + 20) == 6 * 48 + 20
    assert Season().resting_slot(20) is None


def test_channels_have_the_calendar_of_their_promise_and_the_total_the_most_common_one() -> None:
    chat = Match(channel=frozenset({"webchat"}))
    policy = Policy(
        "hash",
        {"acme": "live"},
        frozenset({"email", "webchat", "phone"}),
        sla=(SlaPolicy("chat", {}, ALWAYS, chat), SlaPolicy("rest", {}, OFFICE)),
        calendars={"always": ALWAYS, "office": OFFICE},
        volume=Volume(slot=3_600_000),
    )
    seasons = seasons_of(policy, "acme", policy.channels)
    assert {name: season.calendar.name for name, season in seasons.items()} == {
        "email": "office", "phone": "office", "webchat": "always", TOTAL: "office",
    }  # fmt: skip
    # Customers live by the same clock, whoever is there to answer.
    assert {season.zone for season in seasons.values()} == {"Europe/Berlin"}
    assert {season.slots for season in seasons.values()} == {168}


def test_without_any_calendar_the_week_is_that_of_utc() -> None:
    policy = Policy("hash", {"acme": "live"}, frozenset({"email"}))
    season = seasons_of(policy, "acme", {"email"})["email"]
    assert (
        season.zone,
        season.slot_at(int(datetime(2026, 1, 12, tzinfo=UTC).timestamp() * 1000)),
    ) == ("UTC", 0)
