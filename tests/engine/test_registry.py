import pytest
from faust.types import TP

from stream_app.engine.errors import FatalError
from stream_app.engine.limits import Limits
from stream_app.engine.registry import Registry
from stream_app.testing import counting_spec


def registry() -> Registry:
    specs = [counting_spec("one", ("a", "b")), counting_spec("two", ("c",))]
    return Registry("app", specs, Limits(), "1.0")


def assigned(*numbers: int, without: str = "") -> set[TP]:
    one = ("a", "b", "app-one-counts-changelog", "app-one-letters-changelog")
    two = ("c", "app-two-counts-changelog", "app-two-letters-changelog")
    return {TP(topic, n) for topic in (*one, *two, "other") for n in numbers if topic != without}


def test_an_assignment_gives_each_agent_its_partition_numbers() -> None:
    found = registry().owned(assigned(0, 3))
    assert found == {("one", 0), ("one", 3), ("two", 0), ("two", 3)}


def test_no_assignment_owns_nothing() -> None:
    assert registry().owned(set()) == set()


@pytest.mark.parametrize("missing", ["b", "app-two-letters-changelog"])
def test_a_topic_that_is_not_assigned_like_the_others_is_named(missing: str) -> None:
    with pytest.raises(FatalError, match=f"{missing} is not assigned like"):
        registry().owned(assigned(0, 1, without=missing))


def test_sources_and_changelogs_know_their_agent() -> None:
    found = registry()
    topics = ("b", "c", "app-two-counts-changelog", "other")
    assert [found.agent_of(topic) for topic in topics] == ["one", "two", "two", None]


def test_two_batch_agents_cannot_share_a_source() -> None:
    with pytest.raises(ValueError, match="a belongs to one already"):
        Registry("app", [counting_spec("one", ("a",)), counting_spec("two", ("a",))], Limits(), "1")
