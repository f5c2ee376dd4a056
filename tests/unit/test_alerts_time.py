"""What people and time make of an episode, and the table behind it."""

from itertools import product

import pytest

from schemas.alert_rows import AlertRow
from stream_app.domain.alert_options import Life
from stream_app.domain.alert_table import FIRED, TRANSITIONS, UNRESOLVED, Cause, State, next_state
from stream_app.domain.alerts import NEVER, identity, next_wake_at, withdrawn
from stream_app.domain.policy import Escalation
from tests.support.alerts import DAY, HOUR, T0, seen
from tests.support.episodes import PLAIN, Episodes

# ---------------------------------------------------------------------------- commands


def test_an_acknowledgement_expires() -> None:
    episodes = Episodes().hear(seen(True, 0, 1)).ask("acknowledge", 60)
    assert episodes.now.actor == "agent-7"
    episodes.wait(60 + 4 * HOUR - 1).wait(60 + 4 * HOUR)
    assert episodes.story[1:] == [(1, "acknowledged", 60), (1, "firing", 60 + 4 * HOUR)]
    assert episodes.now.opened_at == T0


def test_a_snooze_ends_when_it_said_it_would() -> None:
    episodes = Episodes().hear(seen(True, 0, 1)).ask("snooze", 60, until=T0 + HOUR).wait(HOUR)
    assert [state for _, state, _ in episodes.story] == ["firing", "snoozed", "firing"]


def test_a_snooze_into_the_past_is_refused() -> None:
    episodes = Episodes().hear(seen(True, 0, 1)).ask("snooze", 60, until=T0 + 60)
    assert episodes.now.state == "firing"


def test_taking_an_acknowledgement_back_fires_again() -> None:
    episodes = Episodes().hear(seen(True, 0, 1)).ask("acknowledge", 60).ask("release", 90)
    assert episodes.story[-1] == (1, "firing", 90)
    assert episodes.told[-1].row.actor == "agent-7"


def test_a_solved_conversation_ends_an_acknowledged_alert() -> None:
    episodes = Episodes().hear(seen(True, 0, 1)).ask("acknowledge", 60).hear(seen(False, 90, 2))
    assert episodes.now.state == "resolved"
    assert episodes.now.until == 0


def test_a_command_for_an_older_episode_changes_nothing() -> None:
    episodes = Episodes().hear(seen(True, 0, 1))
    old = identity(episodes.now)
    episodes.hear(seen(False, 5, 2), seen(True, 9, 3))
    before = episodes.row
    assert episodes.ask("acknowledge", 60, alert=old).row is before


@pytest.mark.parametrize("action", ["acknowledge", "release", "delete"])
def test_a_resolved_alert_takes_no_command(action: str) -> None:
    episodes = Episodes().hear(seen(True, 0, 1), seen(False, 5, 2))
    before = episodes.row
    assert episodes.ask(action, 60).row is before


# ------------------------------------------------------------------------------- time


def test_reminders_come_while_it_fires_and_what_was_missed_comes_once() -> None:
    episodes = Episodes(Life(remind=HOUR)).hear(seen(True, 0, 1)).wait(HOUR).wait(5 * HOUR + 3)
    assert [change.kind for change in episodes.told] == ["started", "reminded", "reminded"]
    assert next_wake_at(episodes.now, episodes.life) == T0 + 6 * HOUR


def test_an_acknowledged_alert_is_silent() -> None:
    life = Life(remind=HOUR, steps=(Escalation(HOUR, "critical", ("boss",)),))
    episodes = Episodes(life).hear(seen(True, 0, 1)).ask("acknowledge", 60).wait(3 * HOUR)
    assert len(episodes.told) == 2


def test_escalation_steps_raise_the_severity_each_in_its_time() -> None:
    life = Life(
        steps=(Escalation(HOUR, "critical", ("boss",)), Escalation(2 * HOUR, "critical", ("ceo",)))
    )
    episodes = Episodes(life).hear(seen(True, 0, 1)).wait(HOUR)
    assert episodes.now.severity == "critical"
    assert episodes.now.label_severity == "warning"
    assert episodes.wait(2 * HOUR).now.steps == (T0 + HOUR, T0 + 2 * HOUR)


def test_a_step_that_fell_into_an_acknowledgement_is_taken_when_that_expires() -> None:
    life = Life(ack=2 * HOUR, steps=(Escalation(HOUR, "critical", ("boss",)),))
    episodes = Episodes(life).hear(seen(True, 0, 1)).ask("acknowledge", 60).wait(3 * HOUR)
    assert episodes.now.steps == (T0 + 60 + 2 * HOUR,)


def test_a_new_episode_starts_without_the_steps_of_the_old_one() -> None:
    life = Life(steps=(Escalation(HOUR, "critical", ("boss",)),))
    episodes = Episodes(life).hear(seen(True, 0, 1)).wait(HOUR)
    episodes.hear(seen(False, 2 * HOUR, 2), seen(True, 3 * HOUR, 3))
    assert episodes.now.steps == ()
    assert episodes.now.severity == "warning"


@pytest.mark.parametrize("state", sorted(UNRESOLVED))
def test_an_unresolved_alert_is_written_again_within_a_day(state: str) -> None:
    episodes = Episodes(Life(hold=9 * DAY if state == "pending" else 0, ack=9 * DAY))
    episodes.hear(seen(True, 0, 1))
    if state == "acknowledged":
        episodes.ask("acknowledge", 1)
    elif state == "snoozed":
        episodes.ask("snooze", 1, until=T0 + 9 * DAY)
    told = len(episodes.told)
    episodes.wait(DAY + 1)
    assert [change.kind for change in episodes.told[told:]] == ["repeated"]
    assert episodes.now.state == state


def test_a_resolved_row_sheds_its_text_then_its_number() -> None:
    episodes = Episodes(Life(retention=DAY)).hear(seen(True, 0, 1), seen(False, 5, 2))
    assert episodes.wait(HOUR).now.explain == {}
    assert episodes.now.episode == 1
    assert episodes.wait(DAY + 5).row is None


def test_a_rule_that_left_the_policy_ends_its_episodes() -> None:
    episodes = Episodes().hear(seen(True, 0, 1))
    row, told = withdrawn(episodes.now, T0 + 99, PLAIN)
    assert row is not None
    assert (row.state, row.since, told[0].reason) == ("resolved", T0 + 99, "withdrawn")


# ------------------------------------------------------------------------------ table


def test_every_cause_that_the_table_does_not_list_leads_nowhere() -> None:
    illegal = [(s, c) for s, c in product(State, Cause) if c not in TRANSITIONS[s]]
    assert len(illegal) > len(State)
    assert all(next_state(state, cause) is None for state, cause in illegal)


def test_every_unresolved_state_can_end_and_none_is_a_dead_end() -> None:
    for state in UNRESOLVED:
        assert State.RESOLVED in TRANSITIONS[state].values()
    assert all(TRANSITIONS[state] for state in State)
    assert FIRED < UNRESOLVED


def test_a_fresh_row_waits_for_nothing() -> None:
    assert next_wake_at(AlertRow(1, "r", "t"), PLAIN) == NEVER
