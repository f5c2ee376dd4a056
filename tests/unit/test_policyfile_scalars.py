"""Durations, shares and hours as words."""

import pytest

from stream_app.policyfile import scalars
from stream_app.policyfile.problems import listed, nearest, quoted, suggestion
from stream_app.policyfile.scalars import Hours, Wrong

MINUTE = 60_000


@pytest.mark.parametrize(
    ("text", "minutes"),
    [("30s", 0.5), ("5m", 5), ("1h30m", 90), ("48h", 2880), ("3d", 4320), ("1w2d", 12_960)],
)
def test_durations_are_numbers_with_units(text: str, minutes: float) -> None:
    assert scalars.duration(text).ms == minutes * MINUTE


@pytest.mark.parametrize("text", ["", "h", "5", "5M", "5m5m", "1h 30m", "5ms", "٣h", "1_0m", "+5m"])
def test_other_texts_are_no_durations(text: str) -> None:
    with pytest.raises(Wrong):
        scalars.duration(text)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("2 days", "2d"),
        ("5min", "5m"),
        ("1,5 h", "1h30m"),
        ("1 hour and 30 minutes", "1h30m"),
        ("90 MINUTES", "1h30m"),
    ],
)
def test_what_people_write_instead_is_recognised(text: str, meant: str) -> None:
    with pytest.raises(Wrong) as caught:
        scalars.duration(text)
    assert caught.value.allowed.endswith(f"did you mean {meant}?")


@pytest.mark.parametrize(
    ("ms", "text"), [(0, "0s"), (90_000, "1m30s"), (5_400_000, "1h30m"), (691_200_000, "8d")]
)
def test_durations_are_written_the_short_way(ms: int, text: str) -> None:
    assert scalars.format_duration(ms) == text


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("08:00-12:00", 480, 720),
        ("8:00 – 12:30", 480, 750),
        ("00:00-24:00", 0, 1440),
        ("18:00-00:00", 1080, 1440),
        ("22:00-06:00", 1320, 1800),
    ],
)
def test_hours_may_run_over_midnight(text: str, start: int, end: int) -> None:
    assert scalars.interval(text) == Hours(start, end)


@pytest.mark.parametrize(
    ("start", "end", "text"),
    [(480, 720, "08:00-12:00"), (1320, 1800, "22:00-06:00"), (0, 1440, "00:00-24:00")],
)
def test_hours_are_written_with_two_digits(start: int, end: int, text: str) -> None:
    assert Hours(start, end).text == text


@pytest.mark.parametrize(
    ("text", "milli"), [("75%", 75_000), ("12.5%", 12_500), ("0.001%", 1), ("99.999%", 99_999)]
)
def test_shares_lie_between_nothing_and_all(text: str, milli: int) -> None:
    assert scalars.share(text).milli == milli


@pytest.mark.parametrize("text", ["0%", "100%", "150%", "-5%", "x%", "7 5%"])
def test_other_shares_are_refused(text: str) -> None:
    with pytest.raises(Wrong):
        scalars.share(text)


def test_long_texts_are_cut_in_messages() -> None:
    assert quoted("x" * 100) == f'"{"x" * 57}..."'


def test_lists_end_with_or() -> None:
    assert listed(["a", "b", "c"]) == "a, b or c"
    assert listed(["a"]) == "a"


def test_guesses_look_at_likeness_and_not_at_case() -> None:
    assert nearest("Frist_reply", ["first_reply", "next_reply"]) == "first_reply"
    assert nearest("something", ["first_reply", "next_reply"]) is None


def test_long_lists_of_choices_are_not_printed() -> None:
    many = [f"word{number}" for number in range(30)]
    assert suggestion("x", many, "words") == "words: 30 are known, such as word0, word1 or word2"
