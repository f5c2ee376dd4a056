"""What signals make of an episode, against the rules of `domain.alerts`."""

import pytest

from stream_app.domain.alert_options import Life
from stream_app.domain.alert_view import ticket_ref
from stream_app.domain.alerts import identity, next_wake_at
from tests.support.alerts import MINUTE, T0, seen, subject
from tests.support.episodes import Episodes


def test_a_condition_that_holds_fires_since_the_moment_it_began() -> None:
    episodes = Episodes().hear(seen(True, 5, 1))
    assert episodes.story == [(1, "firing", 5)]
    assert episodes.now.opened_at == T0 + 5


def test_a_condition_that_ends_resolves_at_the_moment_it_ended() -> None:
    episodes = Episodes().hear(seen(True, 5, 1), seen(False, 9, 2, explain={"reason": "solved"}))
    assert episodes.story == [(1, "firing", 5), (1, "resolved", 9)]
    assert episodes.told[-1].reason == "solved"


def test_a_condition_that_comes_back_is_a_new_episode_with_another_identity() -> None:
    episodes = Episodes().hear(seen(True, 5, 1))
    first = identity(episodes.now)
    episodes.hear(seen(False, 9, 2), seen(True, 9, 3))
    assert episodes.story[-1] == (2, "firing", 9)
    assert identity(episodes.now) != first


def test_a_condition_that_never_held_leaves_no_row() -> None:
    assert Episodes().hear(seen(False, 5, 1)).row is None


@pytest.mark.parametrize("order", [(1, 5), (1, 4), (0, 99)])
def test_a_signal_that_is_not_newer_changes_nothing(order: tuple[int, int]) -> None:
    episodes = Episodes().hear(seen(True, 5, 5))
    before = episodes.row
    epoch, seq = order
    episodes.hear(seen(False, 9, seq, epoch=epoch))
    assert episodes.row is before
    assert len(episodes.told) == 1


def test_a_new_epoch_of_the_source_counts_from_the_start_again() -> None:
    episodes = Episodes().hear(seen(True, 5, 50), seen(False, 9, 0, epoch=2))
    assert episodes.now.state == "resolved"


# ---------------------------------------------------------------------------- `for`


def test_with_a_for_it_is_pending_until_it_has_held_that_long() -> None:
    episodes = Episodes(Life(hold=MINUTE)).hear(seen(True, 0, 1))
    assert next_wake_at(episodes.now, episodes.life) == T0 + MINUTE
    episodes.wait(MINUTE - 1).wait(MINUTE)
    assert episodes.story == [(1, "pending", 0), (1, "firing", MINUTE)]
    assert episodes.now.opened_at == T0


def test_a_condition_that_ends_while_pending_has_never_fired_and_gives_its_number_back() -> None:
    episodes = Episodes(Life(hold=MINUTE)).hear(seen(True, 0, 1), seen(False, 9, 2))
    assert episodes.told[-1].reason == "not_held"
    episodes.hear(seen(True, 50, 3)).wait(50 + MINUTE)
    assert episodes.story[-1] == (1, "firing", 50 + MINUTE)


def test_an_end_after_the_for_resolves_what_fired_meanwhile_although_nobody_woke_it() -> None:
    episodes = Episodes(Life(hold=MINUTE)).hear(seen(True, 0, 1), seen(False, 2 * MINUTE, 2))
    assert episodes.story == [
        (1, "pending", 0),
        (1, "firing", MINUTE),
        (1, "resolved", 2 * MINUTE),
    ]


def test_an_end_exactly_when_the_for_is_over_comes_before_the_timer() -> None:
    episodes = Episodes(Life(hold=MINUTE)).hear(seen(True, 0, 1), seen(False, MINUTE, 2))
    assert [state for _, state, _ in episodes.story] == ["pending", "resolved"]


def test_an_end_dated_ahead_of_its_arrival_does_not_pull_time_along() -> None:
    early = seen(False, 2 * MINUTE, 2, tick=MINUTE // 2)
    episodes = Episodes(Life(hold=MINUTE)).hear(seen(True, 0, 1), early)
    assert [state for _, state, _ in episodes.story] == ["pending", "resolved"]


def test_an_end_that_was_before_the_firing_takes_it_back() -> None:
    episodes = Episodes(Life(hold=MINUTE)).hear(seen(True, 0, 1)).wait(2 * MINUTE)
    episodes.hear(seen(False, 30, 2, tick=2 * MINUTE))
    assert episodes.told[-1].reason == "corrected"


# --------------------------------------------------------------------- keep_firing_for


def test_a_flapping_condition_stays_one_episode() -> None:
    episodes = Episodes(Life(keep=5 * MINUTE))
    episodes.hear(seen(True, 0, 1), seen(False, 10, 2), seen(True, 20, 3), seen(False, 30, 4))
    episodes.wait(5 * MINUTE + 30)
    assert episodes.story == [(1, "firing", 0), (1, "resolved", 30 + 5 * MINUTE)]


def test_a_condition_that_returns_after_the_damping_is_a_new_episode_even_unwoken() -> None:
    episodes = Episodes(Life(keep=MINUTE))
    episodes.hear(seen(True, 0, 1), seen(False, 10, 2), seen(True, 2 * MINUTE, 3))
    assert episodes.story[1:] == [(1, "resolved", MINUTE + 10), (2, "firing", 2 * MINUTE)]


def test_opened_at_survives_a_flap() -> None:
    episodes = Episodes(Life(keep=MINUTE))
    episodes.hear(seen(True, 0, 1), seen(False, 10, 2), seen(True, 20, 3), seen(True, 20, 4))
    assert episodes.now.opened_at == T0


# ------------------------------------------------------------------------- corrections


@pytest.mark.parametrize("since", [-10, 5])
def test_an_end_at_or_before_the_beginning_says_that_it_never_was(since: int) -> None:
    episodes = Episodes().hear(seen(True, 5, 1), seen(False, since, 2, tick=9))
    assert episodes.told[-1].reason == "corrected"
    assert episodes.now.void


def test_a_corrected_alert_that_comes_true_later_is_the_same_alert() -> None:
    episodes = Episodes().hear(seen(True, 5, 1))
    first = identity(episodes.now)
    episodes.hear(seen(False, 0, 2, tick=9), seen(True, 50, 3))
    assert identity(episodes.now) == first
    assert episodes.story[-1] == (1, "firing", 50)
    assert episodes.now.opened_at == T0 + 50


def test_an_end_that_turns_out_not_to_have_been_continues_the_same_episode() -> None:
    episodes = Episodes().hear(seen(True, 5, 1), seen(False, 20, 2), seen(True, 5, 3, tick=30))
    assert episodes.story[-1] == (1, "firing", 5)
    assert episodes.told[-1].reason == "corrected"


def test_another_beginning_moves_opened_at_and_makes_no_second_alert() -> None:
    episodes = Episodes().hear(seen(True, 50, 1), seen(True, 20, 2, tick=60))
    assert episodes.story == [(1, "firing", 50), (1, "firing", 20)]
    assert episodes.now.opened_at == T0 + 20


def test_an_earlier_end_moves_the_end() -> None:
    episodes = Episodes().hear(seen(True, 5, 1), seen(False, 20, 2), seen(False, 10, 3, tick=30))
    assert episodes.story[-1] == (1, "resolved", 10)
    assert not episodes.now.void


def test_an_alert_that_never_was_is_not_taken_back_twice() -> None:
    episodes = Episodes().hear(seen(True, 5, 1), seen(False, 0, 2, tick=9))
    assert len(episodes.hear(seen(False, -10, 3, tick=9)).told) == 2


def test_an_end_before_the_beginning_takes_back_even_a_resolved_episode() -> None:
    episodes = Episodes().hear(seen(True, 5, 1), seen(False, 20, 2), seen(False, 0, 3, tick=30))
    assert episodes.now.void
    assert episodes.hear(seen(True, 40, 4)).story[-1] == (1, "firing", 40)


# --------------------------------------------------------------------------- instances


def instance(number: int) -> dict[str, str]:
    return subject(clock="next_reply", instance=str(number))


def test_the_next_instance_ends_the_episode_of_the_one_before() -> None:
    episodes = Episodes().hear(seen(True, 0, 1, subject=instance(1)))
    first = identity(episodes.now)
    episodes.hear(seen(True, 50, 2, subject=instance(2)))
    assert episodes.story == [(1, "firing", 0), (1, "resolved", 50), (2, "firing", 50)]
    assert identity(episodes.told[1].row) == first


def test_the_end_of_another_instance_ends_nothing() -> None:
    episodes = Episodes().hear(seen(True, 0, 1, subject=instance(2)))
    episodes.hear(seen(False, 50, 2, subject=instance(1)))
    assert episodes.now.state == "firing"


def test_a_moved_conversation_is_the_same_subject() -> None:
    moved = subject(channel="whatsapp", priority="urgent")
    episodes = Episodes().hear(seen(True, 0, 1), seen(True, 0, 2, subject=moved))
    assert len(episodes.told) == 1
    assert episodes.now.subject["channel"] == "whatsapp"
    assert episodes.now.label_channel == "email"


# ------------------------------------------------------------------------------ labels


@pytest.mark.parametrize(
    ("about", "labels"),
    [
        (subject(channel="sms", priority="urgent"), ("sms", "urgent", "zendesk/acme/T-1")),
        ({"kind": "channel", "channel": "email"}, ("email", "", "")),
        ({"kind": "source", "source": "zendesk/acme"}, ("", "", "")),
    ],
)
def test_an_alert_is_labelled_with_what_its_subject_has(
    about: dict[str, str], labels: tuple[str, str, str]
) -> None:
    row = Episodes().hear(seen(True, 5, 1, subject=about)).now
    assert (row.label_channel, row.label_priority, ticket_ref(row.subject)) == labels
