"""How many people a team has, as far as may be known, and what is withheld when they are too few."""

import pytest

from stream_app.domain.figures import window_figures
from stream_app.domain.measures import flatten
from stream_app.domain.staff import (
    BITS,
    PERIOD_MS,
    at_least,
    bit_of,
    lately,
    meet,
    united,
    withheld,
)

NOW = 1000 * PERIOD_MS


def staff_of(*people: str, at: int = NOW) -> dict[int, bytes]:
    staff: dict[int, bytes] = {}
    for person in people:
        meet(staff, bit_of("acme", "billing", person), at)
    return staff


def test_a_person_is_counted_once_however_often_they_are_met() -> None:
    assert at_least(lately(staff_of("p1", "p1", "p1"), NOW)) == 1
    assert at_least(lately(staff_of("p1", "p2", "p3"), NOW)) == 3
    assert at_least(lately({}, NOW)) == 0


def test_never_more_people_are_said_than_there_were() -> None:
    people = [f"person-{n}" for n in range(400)]
    for size in (1, 5, 50, 400):
        said = at_least(lately(staff_of(*people[:size]), NOW))
        assert size * 0.4 <= said <= min(size, BITS)


def test_groups_and_source_partitions_are_united_and_not_added_up() -> None:
    one, two = lately(staff_of("p1", "p2"), NOW), lately(staff_of("p2", "p3"), NOW)
    assert at_least(united([one, two, "", one])) == 3
    assert united([]) == united([""]) == ""


@pytest.mark.parametrize(
    ("later", "known"), [(0, 1), (PERIOD_MS, 1), (2 * PERIOD_MS, 1), (3 * PERIOD_MS, 0)]
)
def test_people_who_left_are_forgotten_after_thirty_to_forty_five_days(
    later: int, known: int
) -> None:
    staff = staff_of("p1")
    assert at_least(lately(staff, NOW + later)) == known
    meet(staff, bit_of("acme", "billing", "p2"), NOW + later)
    assert len(staff) <= 3


def test_the_same_person_has_another_bit_in_another_team() -> None:
    people = [f"person-{n}" for n in range(50)]
    same = sum(bit_of("acme", "a", person) == bit_of("acme", "b", person) for person in people)
    assert same < 5


def test_of_a_small_team_only_what_came_in_and_out_is_shown() -> None:
    values = flatten(
        {"messages_in": 3, "solved": 2, "first_contact_solved": 1, "first_reply_met": 1},
        {"first_reply_ms": 9},
        {"first_reply": {3: 1}},
    )
    assert withheld(window_figures(values), 5) == {
        "messages_in": 3,
        "messages_out": 0,
        "opened": 0,
        "solved": 2,
        "reopened": 0,
        "suppressed": "fewer than 5 people are known to have worked in this team",
    }
