"""A person takes a conversation out of the figures and puts it back; who and why stays known."""

from typing import Any

from schemas import events as wire
from stream_app.domain.calendar import ALWAYS
from stream_app.domain.policy import AlertRule
from tests.support.conversations import SOURCE, JobRun
from tests.support.talk import HOUR, make_policy, within

RULES = (AlertRule("old", {"unresolved_for": HOUR}, ALWAYS),)
SLA = "engagement.sla.v1"


def begun() -> JobRun:
    run = JobRun(make_policy({"first_reply": within(2 * HOUR)}, RULES))
    run.created("09:00")
    run.at_end("10:00")
    return run


def exclude(run: JobRun, at: str, **fields: Any) -> None:
    said = {"by": "p_lead", "reason": "a test of the provider"} | fields
    run.take(run.event(at, wire.TICKET_EXCLUDED, id=f"x{at}", **said))


def include(run: JobRun, at: str, **fields: Any) -> None:
    run.take(run.event(at, wire.TICKET_INCLUDED, **{"by": "p_boss", "reason": "no test"} | fields))


def explained(run: JobRun) -> dict[str, Any]:
    found = run.job.explain("acme", SOURCE, "T-1")
    assert found is not None
    return found


def test_an_exclusion_tells_running_promises_as_cancelled_with_its_reason() -> None:
    run = begun()
    exclude(run, "10:10")
    run.flush()
    (event,) = run.sent(SLA)
    assert (event["type"], event["reason"], event["clock"]) == (
        "sla.cancelled",
        "excluded",
        "first_reply",
    )
    assert event["time"].endswith("10:10:00Z")
    assert len(event["caused_by"]) == 2  # what began the clock, and the exclusion


def test_from_then_on_it_counts_nowhere_and_its_alerts_end() -> None:
    run = begun()
    assert run.levels()["open"] == 1
    exclude(run, "10:10")
    run.at_end("12:00")
    run.replies("12:10")
    run.flush()
    assert run.levels() == {}
    assert "first_reply_missed" not in run.totals()
    assert [event["type"] for event in run.sent(SLA)] == ["sla.cancelled"]
    signals = [signal["active"] for signal in run.sent("engagement.signal.v1", rule="old")]
    assert signals == [True, False]


def test_an_inclusion_lets_it_count_again_from_then_on() -> None:
    run = begun()
    exclude(run, "10:10")
    include(run, "10:30")
    assert run.levels()["open"] == 1
    run.replies("10:40")
    run.flush()
    told = [(event["type"], event["elapsed"]) for event in run.sent(SLA)]
    assert told == [("sla.cancelled", 4200.0), ("sla.fulfilled", 6000.0)]
    signals = [signal["active"] for signal in run.sent("engagement.signal.v1", rule="old")]
    assert signals == [True, False, True]


def test_who_did_it_when_and_why_is_explained_and_survives_a_takeover() -> None:
    run = begun()
    exclude(run, "10:10")
    include(run, "10:30", reason=None)
    run.flush()
    run.restart()
    acts = explained(run)["acts"]
    assert [(act["what"], act["at"][11:16], act["by"], act["reason"]) for act in acts] == [
        ("excluded", "10:10", "p_lead", "a test of the provider"),
        ("included", "10:30", "p_boss", None),
    ]
    lines = [line["what"] for line in explained(run)["timeline"]]
    assert "excluded by p_lead: a test of the provider" in lines
    assert "included by p_boss" in lines


def test_excluding_twice_cancels_once_and_notes_both() -> None:
    run = begun()
    exclude(run, "10:10")
    exclude(run, "10:20", by="p_other")
    run.flush()
    assert len(run.sent(SLA)) == 1
    assert [act["by"] for act in explained(run)["acts"]] == ["p_lead", "p_other"]


def test_only_the_last_acts_and_the_beginning_of_a_long_reason_are_kept() -> None:
    run = begun()
    for minute in range(10, 20):
        exclude(run, f"10:{minute}", reason="long " * 100)
    acts = explained(run)["acts"]
    assert len(acts) == 8
    assert {len(act["reason"]) for act in acts} == {200}


def test_an_exclusion_that_comes_late_takes_back_what_was_counted_after_it() -> None:
    run = begun()
    run.replies("10:05")
    run.flush()
    assert [event["type"] for event in run.sent(SLA)] == ["sla.fulfilled"]
    run.take(run.event("10:03", wire.TICKET_EXCLUDED, by="p", reason="late", arrives="10:06"))
    run.flush()
    types = [event["type"] for event in run.sent(SLA)]
    assert sorted(types[1:]) == ["sla.cancelled", "sla.corrected"]
    assert run.levels() == {}
