"""What late input makes of levels that had been told."""

from schemas.rows import ConditionState
from schemas.states import ConversationState
from stream_app.domain.facts import ConditionChanged, Counted, TakenBack
from stream_app.domain.retelling import difference

GROUP = ("email", "", "")


def level(active: bool, since: int, instance: int = 0) -> ConditionChanged:
    return ConditionChanged(
        "old", "", instance, active, since, 0, 0, 0, GROUP, "always", "", "v1"
    )  # fmt: skip


def retold(
    before: list[ConditionChanged], after: list[ConditionChanged], *standing: ConditionState
) -> list[tuple[bool, int]]:
    state = ConversationState()
    state.conditions = list(standing)
    found = difference([*before], [*after], state).retold
    return [(fact.active, fact.since) for fact in found]


A1, I2, A3, I4 = level(True, 1), level(False, 2), level(True, 3), level(False, 4)


def test_what_is_told_as_before_is_not_told_again() -> None:
    assert retold([A1, I2], [A1, I2]) == []


def test_everything_from_the_first_difference_on_is_told_in_its_order() -> None:
    assert retold([A1], [A1, I2, A3]) == [(False, 2), (True, 3)]


def test_where_nothing_follows_the_level_that_stands_is_told() -> None:
    assert retold([A1, I2, A3], [A1]) == [(True, 1)]


def test_a_beginning_that_moved_is_told_once() -> None:
    assert retold([A1, I4], [A3, I4]) == [(True, 3), (False, 4)]


def test_a_beginning_after_the_end_that_was_told_is_another_one() -> None:
    assert retold([A1, I2], [A3, I4]) == [(False, 1), (True, 3), (False, 4)]


def test_a_beginning_that_was_none_is_ended_first_when_another_one_follows() -> None:
    assert retold([A1, I2, A3, I4], [A3, I4]) == [(False, 1), (True, 3), (False, 4)]


def test_an_end_that_moved_to_later_is_told_with_its_beginning() -> None:
    assert retold([A1, I2], [A1, I4]) == [(True, 1), (False, 4)]
    assert retold([A1, I4], [A1, I2]) == [(False, 2)]
    assert retold([I2], [I4]) == [(False, 4)]


def test_a_change_that_was_none_leaves_what_was_so_before_the_tail() -> None:
    still = ConditionState("old", active=True, since=-7)
    assert retold([I2], [], still) == [(True, -7)]
    assert retold([A1], []) == [(False, 1)]


def test_counts_are_added_and_withdrawn_one_by_one() -> None:
    one, other = Counted("opened", 1, GROUP), Counted("solved", 1, GROUP)
    found = difference([one, one], [one, other, A1], ConversationState())
    assert (found.added, found.withdrawn, found.retold) == ([other], [one], [A1])


def test_what_is_counted_and_what_is_taken_back_are_two_things() -> None:
    counted = Counted("first_contact_solved", 1, GROUP)
    undone = TakenBack("first_contact_solved", 1, GROUP)
    found = difference([], [counted, undone], ConversationState())
    assert [type(fact) for fact in found.added] == [Counted, TakenBack]
