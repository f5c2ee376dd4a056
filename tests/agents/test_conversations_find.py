"""Finding a conversation by its native id alone, as `pegel explain` does."""

from tests.support.conversations import JobRun


def test_a_conversation_is_found_by_its_native_id_also_after_a_restart() -> None:
    run = JobRun()
    run.created("08:00", "T-1")
    run.created("08:00:01", "XT-1")
    (found,) = run.job.find("T-1")
    assert found.id == "T-1"
    run.flush()
    run.restart()
    assert run.job.find("T-1") == [found]


def test_separators_in_an_id_are_part_of_it() -> None:
    run = JobRun()
    run.created("08:00", "a|b%c")
    (found,) = run.job.find("a|b%c")
    assert found.id == "a|b%c"
    assert run.job.find("b%c") == []


def test_an_id_that_nobody_has_is_not_found() -> None:
    assert JobRun().job.find("T-1") == []
