"""Levels and lists of a group equal what looking at every conversation gives."""

from hypothesis import given
from hypothesis import strategies as st

from schemas.states import ConversationState
from stream_app.domain.groups import Groups
from stream_app.domain.levels import AT_RISK, LEVELS, OVERDUE
from stream_app.domain.standing import TOP, GroupKey, Part, nothing_in

KEYS: tuple[GroupKey, ...] = (("acme", "email", "", ""), ("acme", "phone", "", ""))
AGES = (50, 90)
names = st.integers(0, 14).map(lambda n: f"T-{n}".encode())
instants = st.integers(1, 100)


@st.composite
def parts(draw: st.DrawFn) -> Part:
    key = draw(st.sampled_from(KEYS))
    flags = draw(st.sampled_from([0, 1, 3, 1 | OVERDUE, 1 | AT_RISK, 3 | AT_RISK]))
    if not flags:
        return nothing_in(key)
    waiting = draw(instants) if flags & 2 else 0
    due = draw(instants) if flags & (OVERDUE | AT_RISK) else 0
    return (key, flags, waiting, draw(instants), due)


@given(moves=st.lists(st.tuples(names, parts()), max_size=60), tick=st.integers(60, 200))
def test_levels_and_lists_equal_a_look_at_every_conversation(
    moves: list[tuple[bytes, Part]], tick: int
) -> None:
    groups, now = Groups({}, 0, AGES), dict[bytes, Part]()
    for name, part in moves:
        groups.move(name, now.get(name, nothing_in(part[0])), part)
        now[name] = part
    for key in KEYS:
        mine = {name: part for name, part in now.items() if part[0] == key and part[1]}
        standing = groups.state(key).standing
        levels = standing.levels(tick, AGES)
        for bit, level in enumerate(LEVELS):
            assert levels[level] == sum(part[1] >> bit & 1 for part in mine.values())
        assert levels["longest_open_since"] == min((p[3] for p in mine.values()), default=0)
        waiting = [part[2] for part in mine.values() if part[2]]
        assert levels["oldest_waiting_since"] == min(waiting, default=0)
        for age in AGES:
            assert levels[f"unresolved_{age}ms"] == sum(tick - p[3] >= age for p in mine.values())
        tops = standing.tops()
        for flag, level, place in (
            (OVERDUE, "overdue", 4),
            (AT_RISK, "at_risk", 4),
            (2, "waiting", 2),
        ):
            expected = sorted((p[place], name) for name, p in mine.items() if p[1] & flag)
            assert tops[level] == expected[:TOP]


@given(ticks=st.lists(st.integers(0, 200), min_size=1), created=st.lists(instants, min_size=1))
def test_a_group_is_told_anew_exactly_when_time_has_changed_one_of_its_ages(
    ticks: list[int], created: list[int]
) -> None:
    groups, key = Groups({}, 0, AGES), KEYS[0]
    for number, at in enumerate(created):
        groups.move(str(number).encode(), nothing_in(key), (key, 1, 0, at, 0))
    told = groups.state(key).standing.tell(0, AGES)
    groups.dirty_levels.clear()
    for tick in sorted(ticks):
        groups.age({"acme": tick})
        now = groups.state(key).standing.levels(tick, AGES)
        assert bool(groups.dirty_levels) == (now != told)
        if groups.dirty_levels:
            told = groups.state(key).standing.tell(tick, AGES)
            groups.dirty_levels.clear()


def test_the_levels_that_clocks_make_have_the_bits_that_standing_reads() -> None:
    assert [LEVELS[bit] for bit in range(6) if 1 << bit in (OVERDUE, AT_RISK)] == [
        "overdue",
        "at_risk",
    ]
    assert ConversationState().flags == 0
