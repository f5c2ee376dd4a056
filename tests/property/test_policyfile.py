"""Laws of the policy file: it can be shown and read again, and no text breaks the reader."""

from typing import Any

import yaml
from hypothesis import given
from hypothesis import strategies as st

from stream_app.policyfile import examine, parse_policy, show
from stream_app.policyfile.figures import CLOCKS, LIVE_STATUSES
from stream_app.policyfile.scalars import LONGEST, duration, format_duration

NAMES = st.text("abcdefghij äß-_:#{}'\"", min_size=1, max_size=12).filter(str.strip)
MINUTES = st.integers(2, 20_000)
SPANS = MINUTES.map(lambda minutes: format_duration(minutes * 60_000))
HOURS = st.lists(st.integers(0, 24), min_size=2, max_size=4, unique=True).map(sorted)


@st.composite
def calendars(draw: st.DrawFn) -> dict[str, Any]:
    edges = draw(HOURS)
    spans = [
        f"{start:02d}:00-{end:02d}:00" for start, end in zip(edges[::2], edges[1::2], strict=False)
    ]
    zone = draw(st.sampled_from(["UTC", "Europe/Berlin", "Asia/Kathmandu"]))
    holidays = draw(st.sampled_from([{}, {"holidays": {"country": "DE", "subdivision": "BY"}}]))
    return {"zone": zone, "hours": {"mon-fri": spans}, **holidays}


@st.composite
def targets(draw: st.DrawFn) -> dict[str, Any] | str:
    within = draw(MINUTES)
    text = format_duration(within * 60_000)
    if draw(st.booleans()):
        return text
    share, left = draw(st.integers(1, 99)), draw(st.integers(1, within - 1))
    return {
        "within": text,
        "warn": draw(st.sampled_from([[], [f"{share}%"], [f"{share}%", f"{left}m"]])),
        "pause_on": draw(st.lists(st.sampled_from(LIVE_STATUSES), unique=True)),
    }


@st.composite
def policies(draw: st.DrawFn) -> dict[str, Any]:
    entries = st.fixed_dictionaries(
        {
            "name": NAMES,
            "match": st.fixed_dictionaries(
                {}, optional={"team": st.just(["a"]), "tags": st.just([])}
            ),
            "calendar": st.sampled_from(["always", "office"]),
            "targets": st.dictionaries(st.sampled_from(CLOCKS), targets(), max_size=3),
            "bot_counts": st.booleans(),
        }
    )
    rules = st.fixed_dictionaries(
        {
            "name": NAMES.filter(lambda name: name != "any"),
            "when": SPANS.map(lambda span: {"unresolved_for": span}),
        },
        optional={"remind_every": SPANS, "calendar": st.just("office")},
    )
    return {
        "apiVersion": "pegel/v1",
        "calendars": {"office": draw(calendars())},
        "sla": draw(st.lists(entries, max_size=3, unique_by=lambda entry: str(entry["name"]))),
        "alerts": draw(st.lists(rules, max_size=3, unique_by=lambda rule: str(rule["name"]))),
        "allowed_lateness": draw(SPANS),
    }


@given(policies())
def test_what_is_shown_reads_as_the_same_policy(document: dict[str, Any]) -> None:
    policy = parse_policy(yaml.safe_dump(document, allow_unicode=True))
    again = parse_policy(show(policy))
    assert again == policy
    assert show(again) == show(policy)


@given(policies(), st.randoms(use_true_random=False))
def test_the_order_of_keys_does_not_matter(document: dict[str, Any], random: Any) -> None:
    shuffled = dict(sorted(document.items(), key=lambda _: random.random()))
    one = yaml.safe_dump(document, sort_keys=False)
    other = yaml.safe_dump(shuffled, sort_keys=False, default_flow_style=True)
    assert parse_policy(one).hash == parse_policy(other).hash


@given(policies())
def test_warnings_lie_before_the_breach_in_ascending_order(document: dict[str, Any]) -> None:
    for entry in parse_policy(yaml.safe_dump(document)).sla:
        for target in entry.targets.values():
            assert list(target.warn) == sorted(set(target.warn))
            assert all(0 <= step < target.within for step in target.warn)


@given(st.integers(0, LONGEST // 1000))
def test_durations_read_as_they_are_written(seconds: int) -> None:
    assert duration(format_duration(seconds * 1000)).ms == seconds * 1000


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.dates(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["name", "targets", "first_reply", "hours", "mon", "when", "match", "x"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)
KEYS = st.sampled_from(
    ["tenants", "channels", "calendars", "sla", "alerts", "receivers", "windows", "goals", "x"]
)


@given(st.dictionaries(KEYS, JUNK, max_size=4))
def test_no_document_breaks_the_reader(document: dict[str, Any]) -> None:
    seen = examine(yaml.safe_dump({"apiVersion": "pegel/v1", **document}), "junk.yaml")
    errors = [problem for problem in seen.problems if problem.severity == "error"]
    assert (seen.policy is None) == bool(errors)
    assert all(problem.place.line > 0 and problem.found for problem in seen.problems)


@given(st.text(max_size=200))
def test_no_text_breaks_the_reader(text: str) -> None:
    seen = examine(text, "junk.yaml")
    assert seen.policy is None
    assert seen.problems
