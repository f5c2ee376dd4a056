"""The naive program about incident logs, on logs small enough to check by hand."""

import ast
import gzip
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.oracle import volvo
from tests.oracle.real_log import real_log
from tests.oracle.volvo import Answer, answer, office_hours, read

HEADER = "case_id,occurred_at,status,sub_status,impact,role,support_team,line,product"
NEW = "Queued,Awaiting Assignment"
OPEN = "Accepted,In Progress"
SOLVED = "Completed,Resolved"
CLOSED = "Completed,Closed"


def log(*rows: str) -> list[str]:
    """`case time status,sub_status [impact [team]]`; 2025-03-03 is a Monday."""
    lines = [HEADER]
    for row in rows:
        case, time, state, impact, team = (*row.split("|"), "Medium", "T1")[:5]
        lines.append(f"{case},2025-03-{time},{state},{impact},R,{team},L,P")
    return lines


def ask(*rows: str) -> Answer:
    return answer(read(log(*rows)))


def episodes(found: Answer) -> list[tuple[str, str, str | None]]:
    return [
        (
            e.conversation,
            f"{e.fired_at:%d %H:%M:%S}",
            f"{e.resolved_at:%d %H:%M}" if e.resolved_at else None,
        )
        for e in found.episodes
    ]


def test_an_incident_fires_when_it_is_48_hours_old() -> None:
    found = ask(f"A|03T08:00:00Z|{NEW}", f"A|06T09:00:00Z|{SOLVED}")
    assert episodes(found) == [("A", "05 08:00:00", "06 09:00")]


def test_a_solve_exactly_at_48_hours_is_in_time() -> None:
    assert not ask(f"A|03T08:00:00Z|{NEW}", f"A|05T08:00:00Z|{SOLVED}").episodes


def test_an_age_reached_exactly_at_the_end_of_the_log_fires() -> None:
    found = ask(f"A|03T08:00:00Z|{NEW}", f"B|05T08:00:00Z|{SOLVED}")
    assert episodes(found) == [("A", "05 08:00:00", None)]


def test_one_second_short_of_48_hours_at_the_end_does_not_fire() -> None:
    assert not ask(f"A|03T08:00:00Z|{NEW}", f"B|05T07:59:59Z|{SOLVED}").episodes


def test_reopening_an_old_incident_fires_at_once_as_a_new_episode() -> None:
    found = ask(
        f"A|03T08:00:00Z|{NEW}",
        f"A|06T00:00:00Z|{SOLVED}",
        f"A|07T00:00:00Z|{OPEN}",
        f"A|08T00:00:00Z|{SOLVED}",
    )
    assert episodes(found) == [("A", "05 08:00:00", "06 00:00"), ("A", "07 00:00:00", "08 00:00")]


def test_reopening_a_young_incident_fires_when_it_gets_old() -> None:
    found = ask(
        f"A|03T08:00:00Z|{NEW}",
        f"A|03T09:00:00Z|{SOLVED}",
        f"A|04T09:00:00Z|{OPEN}",
        f"B|09T00:00:00Z|{SOLVED}",
    )
    assert episodes(found) == [("A", "05 08:00:00", None)]


def test_an_incident_reopened_and_solved_within_one_second_was_never_unresolved() -> None:
    found = ask(
        f"A|03T08:00:00Z|{NEW}",
        f"A|03T09:00:00Z|{SOLVED}",
        f"A|09T00:00:00Z|{OPEN}",
        f"A|09T00:00:00Z|{SOLVED}",
    )
    assert not found.episodes


def test_closing_a_solved_incident_is_no_second_solve() -> None:
    found = ask(f"A|03T08:00:00Z|{NEW}", f"A|06T00:00:00Z|{SOLVED}", f"A|07T00:00:00Z|{CLOSED}")
    assert episodes(found) == [("A", "05 08:00:00", "06 00:00")]


def test_open_incidents_count_where_their_last_row_puts_them() -> None:
    found = ask(f"A|03T08:00:00Z|{NEW}|Low|T1", f"A|03T09:00:00Z|{OPEN}|High|T2")
    assert volvo.as_json(found)["open"] == {"portal/T2/high": 1}


def test_an_incident_waits_until_it_is_solved_for_the_first_time() -> None:
    found = ask(
        f"A|03T08:00:00Z|{NEW}",
        f"B|03T08:00:00Z|{NEW}",
        f"B|03T09:00:00Z|{SOLVED}",
        f"B|03T10:00:00Z|{OPEN}",
        f"C|03T11:00:00Z|{SOLVED}",
    )
    assert found.open.total() == 2
    assert found.waiting.total() == 1


def test_a_status_that_the_table_does_not_know_counts_as_open() -> None:
    assert ask("A|03T08:00:00Z|Unmatched,Unmatched").open.total() == 1


@pytest.mark.parametrize(
    ("created", "due"),
    [
        ("2026-01-09T15:00:00+01:00", "2026-01-13T15:00:00+01:00"),  # over a weekend
        ("2026-01-10T12:00:00+01:00", "2026-01-13T17:00:00+01:00"),  # created on Saturday
        ("2026-01-12T07:00:00+01:00", "2026-01-13T17:00:00+01:00"),  # before opening
        ("2026-01-12T17:00:00+01:00", "2026-01-14T17:00:00+01:00"),  # at closing
        ("2026-03-27T16:00:00+01:00", "2026-03-31T16:00:00+02:00"),  # over the change to summer
    ],
)
def test_sixteen_office_hours_are_two_working_days(created: str, due: str) -> None:
    counted = office_hours("Europe/Berlin")(datetime.fromisoformat(created))
    assert counted == datetime.fromisoformat(due)


def test_the_zone_decides_when_the_office_is_open() -> None:
    created = datetime(2026, 1, 12, 8, 30, tzinfo=UTC)  # 09:30 in Brussels
    assert office_hours("Europe/Brussels", 1)(created) == datetime(2026, 1, 12, 9, 30, tzinfo=UTC)
    assert office_hours("UTC", 1)(created) == datetime(2026, 1, 12, 10, 0, tzinfo=UTC)


def test_office_hours_find_other_episodes_than_plain_time() -> None:
    rows = log(f"A|07T15:00:00Z|{NEW}", f"A|10T08:00:00Z|{SOLVED}")  # Friday to Monday
    assert len(answer(read(rows)).episodes) == 1
    assert not answer(read(rows), office_hours("UTC")).episodes


def test_plain_and_packed_files_give_the_same(tmp_path: Path) -> None:
    text = "\n".join(log(f"A|03T08:00:00Z|{NEW}"))
    (tmp_path / "a.csv").write_text(text)
    with gzip.open(tmp_path / "a.csv.gz", "wt") as packed:
        packed.write(text)
    assert volvo.read_file(tmp_path / "a.csv") == volvo.read_file(tmp_path / "a.csv.gz")


def test_the_oracle_shares_no_code_with_the_product() -> None:
    tree = ast.parse(Path(volvo.__file__).read_text())
    imported = {
        alias.name for n in ast.walk(tree) if isinstance(n, ast.Import) for alias in n.names
    }
    imported |= {str(n.module) for n in ast.walk(tree) if isinstance(n, ast.ImportFrom)}
    roots = {name.split(".")[0] for name in imported}
    assert not roots & {"agents", "schemas", "stream_app", "tests"}


def test_the_real_log_has_3314_episodes_in_3081_incidents() -> None:
    found = answer(volvo.read_file(real_log()))
    assert found.conversations == 7554
    assert len(found.episodes) == 3314
    assert len({episode.conversation for episode in found.episodes}) == 3081
    assert sum(episode.resolved_at is None for episode in found.episodes) == found.open.total()
