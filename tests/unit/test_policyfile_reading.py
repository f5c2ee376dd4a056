"""What a policy file means to the core."""

from datetime import date
from pathlib import Path

import pytest

from stream_app.domain.calendar import ALWAYS, OfficeCalendar
from stream_app.domain.clocks import CLOCKS
from stream_app.domain.policy import Escalation, Goal, Match, Policy, Volume
from stream_app.policyfile import default_policy, parse_policy
from stream_app.policyfile.figures import DEFAULT_PAUSES, LIVE_STATUSES
from tests.support.policies import CALENDAR, parsed

SECOND = 1000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR
EXAMPLES = Path(__file__).parents[2] / "examples"


def office(policy: Policy) -> OfficeCalendar:
    calendar = policy.calendars["office"]
    assert isinstance(calendar, OfficeCalendar)
    return calendar


def test_without_a_file_the_defaults_of_the_core_hold() -> None:
    policy = default_policy()
    channels = "email webchat whatsapp instagram facebook phone sms portal"
    plain = Policy(policy.hash, {"default": "live"}, frozenset(channels.split()))
    assert policy.raw["allowed_lateness"] == "10m"
    for name in ("tenants", "channels", "sla", "alerts", "windows", "group_by", "volume", "goals"):
        assert getattr(policy, name) == getattr(plain, name)
    for name in ("allowed_lateness", "retention", "max_open_age", "min_group_size", "sla_events"):
        assert getattr(policy, name) == getattr(plain, name)
    assert policy.calendars == {"always": ALWAYS}
    assert policy.receivers == {}


def test_tenants_come_as_names_or_with_their_clock_and_keep_their_order() -> None:
    assert parsed("tenants: [b, a]").tenants == {"b": "live", "a": "live"}
    mixed = parsed("tenants: {b: {clock: event}, a: {}, c: }").tenants
    assert mixed == {"b": "event", "a": "live", "c": "live"}
    assert list(parsed("tenants: [b, a]").tenants) == ["b", "a"]


def test_a_target_may_be_just_its_duration() -> None:
    text = "sla:\n  - {name: all, targets: {first_reply: 1h30m}}\n"
    (entry,) = parsed(text).sla
    target = entry.targets["first_reply"]
    assert (target.within, target.warn, target.calendar) == (90 * MINUTE, (), ALWAYS)
    assert entry.match == Match()
    assert not entry.bot_counts


def test_warning_steps_become_counted_time_in_ascending_order() -> None:
    text = "sla: [{name: a, targets: {first_reply: {within: 10m, warn: [2m, 12.5%, 80%, 75%]}}}]"
    target = parsed(text).sla[0].targets["first_reply"]
    assert target.warn == (75 * SECOND, 450 * SECOND, 8 * MINUTE)


def test_a_target_counts_in_its_own_calendar_else_in_that_of_its_entry() -> None:
    text = CALENDAR + (
        "sla:\n  - name: a\n    calendar: office\n    targets:\n"
        "      first_reply: 4h\n      full_resolution: {within: 3d, calendar: always}\n"
    )
    entry = parse_policy(text).sla[0]
    assert entry.targets["first_reply"].calendar.name == "office"
    assert entry.targets["full_resolution"].calendar is ALWAYS


def test_pauses_are_those_of_the_clock_unless_listed() -> None:
    text = (
        "sla: [{name: a, targets: {first_reply: 1h, requester_wait: 1h, agent_wait: 1h,"
        " full_resolution: {within: 3d, pause_on: [snoozed]}, total_resolution: {within: 3d,"
        " pause_on: []}}}]"
    )
    targets = parsed(text).sla[0].targets
    assert {name: set(target.pause_on or ()) for name, target in targets.items()} == {
        "first_reply": set(),
        "requester_wait": {"pending_customer", "snoozed", "bot"},
        "agent_wait": set(LIVE_STATUSES) - {"pending_customer"},
        "full_resolution": {"snoozed"},
        "total_resolution": set(),
    }


def test_default_pauses_are_those_of_the_clocks_of_the_core() -> None:
    measured = {clock.name: set(clock.pause_on) for clock in CLOCKS}
    assert measured == {name: set(DEFAULT_PAUSES[name]) for name in measured}


def test_the_first_matching_entry_holds() -> None:
    policy = parsed(
        "sla:\n"
        "  - {name: vip, match: {tags: [vip, gold]}, targets: {}}\n"
        "  - {name: urgent chat, match: {channel: [webchat], priority: [urgent]}, targets: {}}\n"
        "  - {name: rest, targets: {}, bot_counts: true}\n"
    )

    def name(channel: str, priority: str, *tags: str) -> str:
        found = policy.sla_for("default", channel, "", priority, tags)
        assert found is not None
        return found.name

    assert name("email", "low", "gold") == "vip"
    assert name("webchat", "urgent") == "urgent chat"
    assert name("webchat", "low", "silver") == "rest"
    assert policy.sla[2].bot_counts


def test_a_calendar_has_its_hours_holidays_and_exceptions() -> None:
    text = CALENDAR.replace(
        'hours: {mon-fri: ["09:00-17:00"]}',
        'hours: {mon-thu: ["13:00-18:00", "08:00-12:00"], "fri,sat": ["22:00-06:00"]}',
    ) + (
        "    holidays: {country: DE, subdivision: BY, categories: [public, catholic]}\n"
        "    closed: [2026-12-24]\n"
        '    open: {2026-12-27: ["10:00-24:00"], 2026-12-28: []}\n'
    )
    calendar = office(parse_policy(text))
    assert calendar.zone == "Europe/Berlin"
    assert calendar.hours[3] == ((480, 720), (780, 1080))
    assert calendar.hours[4:] == (((1320, 1800),), ((1320, 1800),), ())
    assert calendar.closed == {date(2026, 12, 24)}
    assert calendar.open == {date(2026, 12, 27): ((600, 1440),), date(2026, 12, 28): ()}
    assert date(2026, 4, 6) in calendar.holidays  # Easter Monday, everywhere
    assert date(2026, 1, 6) in calendar.holidays  # Epiphany, in Bavaria
    assert date(2026, 8, 15) in calendar.holidays  # Assumption, where it is Catholic


def test_a_range_of_days_may_run_over_sunday() -> None:
    calendar = office(parse_policy(CALENDAR.replace("mon-fri", "sat-mon")))
    assert [bool(hours) for hours in calendar.hours] == [True, *[False] * 4, True, True]


def test_holidays_are_public_ones_of_the_whole_country_by_default() -> None:
    holidays = office(parse_policy(CALENDAR + "    holidays: {country: DE}\n")).holidays
    assert date(2026, 10, 3) in holidays
    assert date(2026, 1, 6) not in holidays


def test_holidays_are_known_for_the_years_that_were_asked_for() -> None:
    text = CALENDAR + "    holidays: {country: DE}\n"
    few = office(parse_policy(text, years=range(2025, 2027))).holidays
    assert {day.year for day in few} == {2025, 2026}
    assert {day.year for day in office(parse_policy(text)).holidays} == set(range(2000, 2050))


def test_norway_is_a_country_and_no_refusal() -> None:
    norway = parse_policy(CALENDAR + "    holidays: {country: NO}\n")
    assert date(2026, 5, 17) in office(norway).holidays


@pytest.mark.parametrize(
    ("written", "condition"),
    [
        ("unresolved_for: 48h", {"unresolved_for": 48 * HOUR}),
        ("clock: next_reply, is: at_risk", {"clock": "next_reply", "is": "at_risk"}),
        ("volume: drop", {"volume": "drop"}),
        ("source: silent", {"source": "silent", "for": 30 * MINUTE}),
        ("data: stale, for: 2m", {"data": "stale", "for": 2 * MINUTE}),
        ("level: waiting, above: 40", {"level": "waiting", "above": 40, "for": 0}),
        (
            "level: oldest_waiting, above: 2h, for: 1m",
            {"level": "oldest_waiting", "above": 2 * HOUR, "for": MINUTE},
        ),
        (
            "window: first_reply_met_ratio, over: 60m, below: 0.8, min_count: 20, for: 5m",
            {
                "window": "first_reply_met_ratio",
                "over": HOUR,
                "below": 0.8,
                "min_count": 20,
                "for": 5 * MINUTE,
            },
        ),
        (
            "window: first_reply_seconds, over: 1h, above: 10m",
            {
                "window": "first_reply_p90_seconds",
                "over": HOUR,
                "above": 10 * MINUTE,
                "min_count": 0,
                "for": 0,
            },
        ),
    ],
)
def test_conditions_have_their_durations_in_milliseconds(
    written: str, condition: dict[str, object]
) -> None:
    rule = parsed(f"alerts: [{{name: a, when: {{{written}}}}}]").alerts[0]
    assert rule.condition == condition


def test_an_alert_rule_has_all_its_options() -> None:
    text = CALENDAR + (
        "receivers: {support: {alertmanager: {}}, oncall: {alertmanager: {}}}\n"
        "alerts:\n"
        "  - name: a\n"
        "    when: {unresolved_for: 48h}\n"
        "    to: [support]\n"
        "    remind_every: 24h\n"
        "    keep_firing_for: 5m\n"
        "    escalate: [{after: 2d, to: [oncall]}, {after: 24h, severity: critical}]\n"
    )
    rule = parse_policy(text).alerts[0]
    assert (rule.severity, rule.to, rule.calendar) == ("warning", ("support",), ALWAYS)
    assert rule.options == {
        "remind_every": DAY,
        "keep_firing_for": 5 * MINUTE,
        "ack_expires": 4 * HOUR,
        "escalate": (
            Escalation(DAY, "critical", ("support",)),
            Escalation(2 * DAY, "critical", ("oncall",)),
        ),
    }


def test_an_alert_rule_without_options_has_them_too() -> None:
    rule = parsed("alerts: [{name: a, when: {unresolved_for: 48h}}]").alerts[0]
    assert rule.to == ()
    assert rule.options == {
        "remind_every": 0,
        "keep_firing_for": 0,
        "ack_expires": 4 * HOUR,
        "escalate": (),
    }


def test_all_other_settings_reach_the_policy() -> None:
    policy = parsed(
        "channels: [email]\n"
        "windows: {over: [24h, 1m], group_by: [team]}\n"
        "volume: {season: daily, slot: 15m, learn_for: 7d, min_count: 3, sensitivity: 0.01}\n"
        "allowed_lateness: 2m\n"
        "goals: [{name: csat, metric: csat_ratio, over: 7d, target: 0.8},\n"
        "        {name: fast, metric: first_reply_seconds, over: 1d, target: 10m}]\n"
        "privacy: {per_person: true, min_group_size: 3}\n"
        "state: {retention: 7d, max_open_age: 90d}\n"
        "sla_events: all\n"
    )
    assert policy.channels == {"email"}
    assert (policy.windows, policy.group_by) == ((MINUTE, DAY), ("team",))
    assert policy.volume == Volume("daily", 15 * MINUTE, 7 * DAY, 3, 0.01)
    assert policy.allowed_lateness == 2 * MINUTE
    assert policy.goals == (
        Goal("csat", "csat_ratio", 7 * DAY, 0.8),
        Goal("fast", "first_reply_p90_seconds", DAY, 600_000),
    )
    assert (policy.per_person, policy.min_group_size) == (True, 3)
    assert (policy.retention, policy.max_open_age) == (7 * DAY, 90 * DAY)
    assert policy.sla_events == "all"


def test_keys_without_a_value_count_as_left_out() -> None:
    assert parsed("sla:\nalerts:\nwindows:\n").hash == default_policy().hash


def test_anchors_and_merge_keys_save_repetition() -> None:
    policy = parsed(
        "sla:\n"
        "  - {name: a, match: {channel: [email]}, targets: &slow {first_reply: 4h, next_reply: 8h}}\n"
        "  - {name: b, targets: {<<: *slow, next_reply: 1h}}\n"
    )
    last = policy.sla[1].targets
    assert (last["first_reply"].within, last["next_reply"].within) == (4 * HOUR, HOUR)
