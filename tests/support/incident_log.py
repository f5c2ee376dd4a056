"""A made-up incident log in the shape of a real one, with every turn that a history can take.

Thousands of rows from a seed: incidents that are solved in time, late, or never; exactly at the age of
the rule; reopened months later, or reopened and solved within the same second; handed from team to team.
"""

import csv
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

HEADER: Final = (
    "case_id", "occurred_at", "status", "sub_status", "impact", "role", "support_team", "line", "product",
)  # fmt: skip
START: Final = datetime(2024, 1, 31, 8, tzinfo=UTC)
AGE: Final = timedelta(hours=48)
_SPREAD: Final = timedelta(days=300)
_LIVE: Final = (
    ("Accepted", "In Progress"), ("Accepted", "Assigned"), ("Accepted", "Wait - User"),
    ("Accepted", "Wait"), ("Accepted", "Wait - Vendor"), ("Queued", "Awaiting Assignment"),
)  # fmt: skip
_DONE: Final = (("Completed", "Resolved"), ("Completed", "In Call"), ("Completed", "Closed"))
_TEAMS: Final = ("North 1st", "North 2nd", "East 2nd", "South 3rd", "Line | 100 %")
_IMPACTS: Final = ("Low", "Medium", "High", "Major")
_SECOND: Final = timedelta(seconds=1)

Change = tuple[datetime, tuple[str, str], str, str]
"""When, status, team, impact."""


def write_incident_log(path: Path, incidents: int = 500, seed: int = 11) -> int:
    """Write the log, sorted by time as such exports are; returns its number of rows."""
    dice = random.Random(seed)
    rows = [
        (at, f"7-{number}", status, team, impact)
        for number in range(incidents)
        for at, status, team, impact in _incident(dice)
    ]
    rows.sort(key=lambda row: row[0])  # stable: what happens at one instant keeps its order
    with path.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(HEADER)
        for at, case, status, team, impact in rows:
            instant = at.isoformat().replace("+00:00", "Z")
            writer.writerow([case, instant, *status, impact, "R", team, "L", "P"])
    return len(rows)


def _incident(dice: random.Random) -> Iterator[Change]:
    at = START + _SPREAD * dice.random()
    at = created = at.replace(microsecond=0)
    team, impact = dice.choice(_TEAMS), dice.choice(_IMPACTS)
    yield at, dice.choice(_LIVE), team, impact
    for _ in range(dice.randrange(5)):
        at += timedelta(seconds=dice.choice((0, 1, 600, 40_000, 150_000)))
        team = dice.choice(_TEAMS) if dice.random() < 0.4 else team
        yield at, dice.choice(_LIVE), team, impact
    for solved, reopened in _ends(dice, created, at):
        yield solved, dice.choice(_DONE), team, impact
        if reopened is not None:
            team = dice.choice(_TEAMS) if dice.random() < 0.3 else team
            yield reopened, dice.choice(_LIVE), team, impact


def _ends(
    dice: random.Random, created: datetime, at: datetime
) -> Iterator[tuple[datetime, datetime | None]]:
    """Instants of each solve and of the reopening after it, if there is one."""
    if dice.random() < 0.05:
        return  # never solved
    exact = [created + AGE + shift for shift in (-_SECOND, timedelta(0), _SECOND)]
    later = [at + timedelta(seconds=dice.randrange(1, 400_000))]
    solved = dice.choice([end for end in exact if end > at] or later)
    solved = solved if dice.random() < 0.2 else later[0]
    while dice.random() < 0.35:
        reopened = solved + timedelta(seconds=dice.choice((1, 3_600, 86_400, 8_000_000)))
        yield solved, reopened
        solved = reopened + timedelta(seconds=dice.choice((0, 1, 7_200, 172_800, 900_000)))
    yield solved, None
