"""A story that late input tells anew ends in the episodes of a story told in order."""

from stream_app.domain.alert_options import Life
from tests.support.alerts import HOUR, MINUTE, seen, subject
from tests.support.episodes import Episodes

SECOND = 1_000
HELD = Life(hold=2 * MINUTE)


def two_episodes() -> Episodes:
    return Episodes().hear(
        seen(True, HOUR, 1), seen(False, 2 * HOUR, 2), seen(True, 3 * HOUR, 3, tick=3 * HOUR)
    )


def again(*levels: tuple[bool, int], first: int = 4, tick: int = 4 * HOUR) -> Episodes:
    story = two_episodes()
    for number, (active, since) in enumerate(levels, first):
        story.hear(seen(active, since, number, tick=tick))
    return story


def shown(story: Episodes) -> tuple[int, str, int, bool]:
    row = story.now
    return row.episode, row.state, row.opened_at - story.told[0].row.opened_at, row.void


def test_a_first_episode_that_never_ended_goes_on_and_the_second_one_was_none() -> None:
    story = again((True, HOUR))
    assert shown(story) == (1, "firing", 0, False)
    assert [(n, state) for n, state, _ in story.story][-2:] == [(2, "resolved"), (1, "firing")]


def test_a_first_episode_that_ended_earlier_leaves_the_second_one_as_it_was() -> None:
    story = again((False, 90 * MINUTE), (True, 3 * HOUR))
    assert shown(story) == (2, "firing", 2 * HOUR, False)
    assert (1, "resolved", 90 * MINUTE) in story.story


def test_a_first_episode_that_never_was_gives_its_number_to_the_second_one() -> None:
    story = again((False, HOUR), (True, 3 * HOUR))
    assert shown(story) == (1, "firing", 2 * HOUR, False)


def test_a_beginning_that_was_only_earlier_moves_without_anything_being_taken_back() -> None:
    story = again((True, 150 * MINUTE))
    assert shown(story) == (2, "firing", 90 * MINUTE, False)
    assert [state for _, state, _ in story.story] == ["firing", "resolved", "firing", "firing"]


def test_a_beginning_that_moved_while_the_alert_is_kept_firing_moves_it() -> None:
    story = Episodes(Life(keep=10 * MINUTE)).hear(
        seen(True, HOUR, 1), seen(False, 2 * HOUR, 2, tick=2 * HOUR)
    )
    told = seen(True, 90 * MINUTE, 3, tick=125 * MINUTE)
    story.hear(told, seen(False, 2 * HOUR, 4, tick=125 * MINUTE)).wait(3 * HOUR)
    assert story.story[-1] == (1, "resolved", 130 * MINUTE)
    assert story.now.opened_at == told.since


def test_what_comes_back_while_an_alert_is_kept_firing_moves_nothing() -> None:
    story = Episodes(Life(keep=10 * MINUTE)).hear(
        seen(True, HOUR, 1), seen(False, 2 * HOUR, 2, tick=2 * HOUR)
    )
    opened = story.now.opened_at
    story.hear(seen(True, 125 * MINUTE, 3, tick=125 * MINUTE))
    assert (story.now.state, story.now.opened_at) == ("firing", opened)


def test_an_end_may_turn_out_to_have_been_later() -> None:
    story = Episodes().hear(seen(True, HOUR, 1), seen(False, 2 * HOUR, 2))
    story.hear(seen(False, 150 * MINUTE, 3, tick=3 * HOUR))
    assert story.story[-1] == (1, "resolved", 150 * MINUTE)


def test_an_earlier_streak_that_comes_to_light_comes_before_the_present_one() -> None:
    first, second = (
        subject(clock="next_reply", instance="1"),
        subject(clock="next_reply", instance="2"),
    )
    story = Episodes().hear(seen(True, 3 * HOUR, 1, subject=second))
    for number, (active, since, who) in enumerate(
        ((True, HOUR, first), (False, 2 * HOUR, first), (True, 3 * HOUR, second)), 2
    ):
        story.hear(seen(active, since, number, tick=4 * HOUR, subject=who))
    assert (story.now.episode, story.now.state) == (2, "firing")
    assert story.now.subject["instance"] == "2"


def test_going_back_further_than_the_row_remembers_leaves_the_oldest_it_knows() -> None:
    story = Episodes()
    for number in range(1, 7):
        story.hear(seen(True, 2 * number * SECOND, 2 * number))
        story.hear(seen(False, (2 * number + 1) * SECOND, 2 * number + 1))
    story.hear(seen(False, SECOND, 20, tick=14 * SECOND))
    assert (story.now.episode, story.now.state, story.now.void) == (2, "resolved", True)


def test_one_that_never_fired_does_not_hide_the_one_before_it() -> None:
    story = Episodes(HELD).hear(seen(True, HOUR, 1), seen(False, 2 * HOUR, 2))
    story.hear(seen(True, 2 * HOUR + SECOND, 3), seen(False, 2 * HOUR + MINUTE, 4))
    story.hear(seen(False, HOUR, 5, tick=3 * HOUR))
    assert (story.now.episode, story.now.void) == (1, True)


def test_an_episode_that_never_fired_is_not_remembered() -> None:
    story = Episodes(HELD).hear(seen(True, HOUR, 1), seen(False, HOUR + MINUTE, 2))
    story.hear(seen(True, 2 * HOUR, 3))
    assert story.now.past == ()


def test_a_streak_that_never_was_gives_its_number_to_the_next_streak() -> None:
    first, second = (
        subject(clock="next_reply", instance="1"),
        subject(clock="next_reply", instance="2"),
    )
    story = Episodes().hear(
        seen(True, HOUR, 1, subject=first), seen(False, 2 * HOUR, 2, subject=first)
    )
    for number, (active, since, who) in enumerate(((False, HOUR, first), (True, 3 * HOUR, second))):
        story.hear(seen(active, since, number + 3, tick=4 * HOUR, subject=who))
    assert (story.now.episode, story.now.state, story.now.void) == (1, "firing", False)
    assert story.now.subject["instance"] == "2"
