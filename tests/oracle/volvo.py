"""A naive program that reads an incident log (CSV) alone and says what Pegel has to find in it.

It holds the whole file in memory, looks at one incident after the other and imports nothing of
Pegel. It answers for the log's last instant: which conversations are open and which are waiting, per
channel, team and priority; and every episode of "ticket unresolved for 48 h".

How a row is read:
- An incident's rows count in the order of the file. The first creates the ticket, by the customer.
- `solved` and `closed` are not live; going from one to the other is no second solve.
- Several changes at one instant count as one step to the last of them: an incident that is reopened
  and solved within the same second was never unresolved.
- A creation by the customer is a question. The log knows no replies, so that an incident waits from
  its creation until it is solved for the first time; reopening by a status asks nothing new.
- An age reached exactly at the solve is in time; one reached exactly at the end of the log fires.
"""

import argparse
import csv
import gzip
import json
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import groupby
from pathlib import Path
from zoneinfo import ZoneInfo

STATUS = {
    "Accepted/In Progress": "open",
    "Accepted/Assigned": "open",
    "Accepted/Wait - User": "pending_customer",
    "Accepted/Wait - Customer": "pending_customer",
    "Accepted/Wait": "on_hold",
    "Accepted/Wait - Implementation": "on_hold",
    "Accepted/Wait - Vendor": "on_hold",
    "Queued/Awaiting Assignment": "new",
    "Completed/Resolved": "solved",
    "Completed/In Call": "solved",
    "Completed/Closed": "closed",
    "Completed/Cancelled": "closed",
}
PRIORITY = {"Low": "low", "Medium": "normal", "High": "high", "Major": "urgent"}
CHANNEL = "portal"

Due = Callable[[datetime], datetime]


@dataclass(frozen=True)
class Row:
    """One line of the log, translated."""

    conversation: str
    at: datetime
    status: str
    team: str
    priority: str

    @property
    def live(self) -> bool:
        return self.status not in ("solved", "closed")


@dataclass(frozen=True)
class Episode:
    """One time that the rule fired for a conversation; `resolved_at` None: still firing."""

    conversation: str
    fired_at: datetime
    resolved_at: datetime | None


@dataclass(frozen=True)
class Answer:
    """What holds at `until`; groups are (channel, team, priority)."""

    until: datetime
    conversations: int
    open: Counter[tuple[str, str, str]]
    waiting: Counter[tuple[str, str, str]]
    episodes: list[Episode]


def around_the_clock(start: datetime) -> datetime:
    """48 h of plain time after the creation."""
    return start + timedelta(hours=48)


def office_hours(zone: str, hours: float = 16) -> Due:
    """So many hours after the creation, counted Monday to Friday from 09:00 to 17:00 in `zone`."""
    local = ZoneInfo(zone)

    def due(start: datetime) -> datetime:
        left = timedelta(hours=hours)
        day = start.astimezone(local).date()
        while True:
            opening, closing = _office_day(day, local)
            begin = max(opening, start)
            if begin < closing:
                if left <= closing - begin:
                    return begin + left
                left -= closing - begin
            day += timedelta(days=1)

    return due


def _office_day(day: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    opening = datetime.combine(day, time(9), zone).astimezone(UTC)
    if day.weekday() > 4:
        return opening, opening
    return opening, datetime.combine(day, time(17), zone).astimezone(UTC)


def read(lines: Iterable[str]) -> Iterator[Row]:
    """The rows of a log, in the order of the file."""
    for cells in csv.DictReader(lines):
        yield Row(
            conversation=cells["case_id"],
            at=datetime.fromisoformat(cells["occurred_at"]),
            status=STATUS.get(f"{cells['status']}/{cells['sub_status']}", "open"),
            team=cells["support_team"],
            priority=PRIORITY[cells["impact"]],
        )


def answer(rows: Iterable[Row], due: Due = around_the_clock) -> Answer:
    """Everything about a log, at its last instant."""
    log = list(rows)
    until = max(row.at for row in log)
    incidents: dict[str, list[Row]] = {}
    for row in log:
        incidents.setdefault(row.conversation, []).append(row)
    found = Answer(until, len(incidents), Counter(), Counter(), [])
    for history in incidents.values():
        last = history[-1]
        group = (CHANNEL, last.team, last.priority)
        found.open[group] += last.live
        found.waiting[group] += all(row.live for row in history)
        found.episodes.extend(_episodes(history, due(history[0].at), until))
    found.episodes.sort(key=lambda episode: (episode.fired_at, episode.conversation))
    return found


def _episodes(history: list[Row], old_at: datetime, until: datetime) -> Iterator[Episode]:
    for begin, end in _live_spans(history):
        fired_at = max(begin, old_at)
        if fired_at <= until and (end is None or fired_at < end):
            yield Episode(history[0].conversation, fired_at, end)


def _live_spans(history: list[Row]) -> Iterator[tuple[datetime, datetime | None]]:
    begin: datetime | None = None
    for at, changes in groupby(history, key=lambda row: row.at):
        live = list(changes)[-1].live
        if live and begin is None:
            begin = at
        elif not live and begin is not None:
            yield begin, at
            begin = None
    if begin is not None:
        yield begin, None


def as_json(found: Answer) -> dict[str, object]:
    """The answer in plain values: groups joined with "/", instants in UTC."""
    return {
        "until": _text(found.until),
        "conversations": found.conversations,
        "open": _groups(found.open),
        "waiting": _groups(found.waiting),
        "episodes": [
            {key: _text(value) for key, value in asdict(episode).items()}
            for episode in found.episodes
        ],
    }


def _groups(counts: Counter[tuple[str, str, str]]) -> dict[str, int]:
    return {"/".join(group): n for group, n in sorted(counts.items()) if n}


def _text(value: object) -> object:
    return text(value) if isinstance(value, datetime) else value


def text(at: datetime) -> str:
    """An instant in UTC as it stands in events."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def read_file(path: Path) -> list[Row]:
    """The rows of a CSV file, plain or gzip."""
    if path.suffix == ".gz":
        with gzip.open(path, "rt", encoding="utf-8", newline="") as lines:
            return list(read(lines))
    with path.open(encoding="utf-8", newline="") as lines:
        return list(read(lines))


def main() -> None:
    """Print the answer as JSON."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("file", type=Path)
    options.add_argument("--office", metavar="ZONE", help="16 office hours in ZONE instead of 48 h")
    chosen = options.parse_args()
    due = office_hours(chosen.office) if chosen.office else around_the_clock
    json.dump(as_json(answer(read_file(chosen.file), due)), sys.stdout, indent=1)


if __name__ == "__main__":
    main()
