"""The example mapping against the naive program: both have to read the same file the same way."""

from collections import Counter
from pathlib import Path

import pytest

from schemas.events import Event
from stream_app.policyfile import load_policy
from stream_app.replay import load_mapping, read_events, stop
from tests.oracle import volvo
from tests.oracle.real_log import real_log

EXAMPLES = Path(__file__).parents[2] / "examples"
LIVE = ("new", "open", "on_hold", "pending_customer")


@pytest.fixture(params=["example", "real"])
def log(request: pytest.FixtureRequest) -> Path:
    return EXAMPLES / "incidents.csv" if request.param == "example" else real_log()


def events(log: Path) -> list[Event]:
    return list(read_events(log, load_mapping(EXAMPLES / "volvo.yaml"), on_unreadable=stop))


def test_open_incidents_agree_with_the_naive_program(log: Path) -> None:
    last: dict[str, dict[str, str | None]] = {}
    for event in events(log):
        data = event.data
        known = last.setdefault(event.subject, {})
        if data.channel is not None:
            known.update(channel=data.channel, status=data.status, priority=data.priority)
        if data.team is not None:
            known["team"] = data.team
        if event.type.endswith("status_changed.v1"):
            known["status"] = data.to
        elif event.type.endswith("priority_changed.v1"):
            known["priority"] = data.to
    found = Counter(
        (known["channel"], known["team"], known["priority"])
        for known in last.values()
        if known["status"] in LIVE
    )
    assert found == +volvo.answer(volvo.read_file(log)).open


def test_every_incident_is_created_once_and_by_its_customer() -> None:
    log = EXAMPLES / "incidents.csv"
    created = [e for e in events(log) if e.type == "support.ticket.created.v1"]
    assert len(created) == volvo.answer(volvo.read_file(log)).conversations
    assert {e.data.created_by for e in created} == {"customer"}


def test_reading_a_log_again_gives_the_same_ids_and_none_twice() -> None:
    ids = [e.id for e in events(EXAMPLES / "incidents.csv")]
    assert ids == [e.id for e in events(EXAMPLES / "incidents.csv")]
    assert len(ids) == len(set(ids))


def test_the_example_shows_episodes_of_all_kinds() -> None:
    found = volvo.answer(volvo.read_file(EXAMPLES / "incidents.csv")).episodes
    assert {episode.conversation for episode in found} == {"7-1001", "7-1004", "7-1006"}
    assert sum(episode.resolved_at is None for episode in found) == 2
    assert len([episode for episode in found if episode.conversation == "7-1004"]) == 2


def test_the_policy_for_the_example_lets_the_tenant_run_on_event_time() -> None:
    policy = load_policy(EXAMPLES / "volvo-policy.yaml")
    assert policy.tenants == {"incidents": "event"}
    assert policy.max_open_age > 800 * 86_400_000
