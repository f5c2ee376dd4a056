"""Days of simulated traffic through the conversations job, against a naive program."""

import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from schemas.events import CLOCK_ADVANCE
from schemas.instants import parse_ms
from schemas.keys import encode_key
from stream_app.domain.clocks import CLOCK_NAMES
from stream_app.policyfile import parse_policy
from tests.oracle.clockwork import text
from tests.oracle.conversations import CLOCKS, LEVELS, find
from tests.oracle.findings import Findings
from tests.support.conversations import TOPIC, FakeRecord, JobRun
from tests.support.promises import AGE, POLICY, PROMISES, TENANT
from tests.support.traffic import START, write_traffic

DAYS = 3
UNTIL = datetime.fromtimestamp(START / 1000, UTC) + timedelta(days=DAYS)
SLA = "engagement.sla.v1"
BATCH = 700
# The naive program knows the three clocks that promises are made of most, and of no warnings.
BEYOND = tuple(f"{clock}_" for clock in CLOCK_NAMES if clock not in CLOCKS)


def run(lines: list[bytes], *, restarts: bool) -> JobRun:
    job = JobRun(parse_policy(POLICY, "policy.yaml"))
    for number, first in enumerate(range(0, len(lines), BATCH)):
        job.take(*[record_of(line, first) for line in lines[first : first + BATCH]])
        if number % 3 == 0:
            job.flush()
            if restarts:
                job.restart()
    job.take(job.control("00:00", CLOCK_ADVANCE, TENANT, until=text(UNTIL)))
    job.flush()
    return job


def record_of(line: bytes, offset: int) -> FakeRecord:
    event = json.loads(line)
    key = encode_key(event["tenant"], event["source"], event["subject"])
    return FakeRecord(TOPIC, 0, offset, parse_ms(event["time"]), key, line)


@pytest.mark.parametrize("restarts", [False, True], ids=["undisturbed", "restarted often"])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_simulated_traffic_gives_what_the_naive_program_finds(
    seed: int, restarts: bool, tmp_path: Path
) -> None:
    file = tmp_path / "traffic.jsonl"
    write_traffic(file, DAYS, 0.04, seed, TENANT)
    lines = file.read_bytes().splitlines()
    found, job = find(lines, PROMISES, AGE, UNTIL), run(lines, restarts=restarts)
    assert job.rejected == []
    assert outcomes(job) == Counter(found.outcomes)
    assert totals(job) == +found.counts
    assert levels(job) == +found.levels
    assert firing(job) == {name for name, _, end in found.episodes if end is None}
    assert is_rich(found)


def outcomes(job: JobRun) -> Counter[tuple[Any, ...]]:
    fields = ("conversation", "clock", "instance", "type", "time", "elapsed")
    told = [tuple(sent[field] for field in fields) for sent in job.sent(SLA)]
    return Counter((*t[:3], t[3].removeprefix("sla."), *t[4:]) for t in told)


def totals(job: JobRun) -> Counter[tuple[str, ...]]:
    counted: Counter[tuple[str, ...]] = Counter()
    for (_, *group), row in job.job.totals():
        for name, n in row.counts.items():
            counted[name, *group] += n
        for clock, buckets in row.buckets.items():
            counted[f"{clock}_observed", *group] += sum(buckets)
    beyond = (name for name, *_ in counted if name.startswith(BEYOND) or name.endswith("_at_risk"))
    left_out = set(beyond)
    return Counter({key: n for key, n in counted.items() if n and key[0] not in left_out})


def levels(job: JobRun) -> Counter[tuple[str, ...]]:
    standing: Counter[tuple[str, ...]] = Counter()
    for (_, *group), shown in job.job.levels():
        for level in LEVELS:
            standing[level, *group] += shown[level]
    return +standing


def firing(job: JobRun) -> set[str]:
    last = {
        s["subject"]["id"]: s["active"] for s in job.sent("engagement.signal.v1") if "rule" in s
    }
    return {conversation for conversation, active in last.items() if active}


def is_rich(found: Findings) -> bool:
    """Whether the traffic had everything that is compared."""
    said = {(clock, what) for _, clock, _, what, _, _ in found.outcomes}
    counted = {key[0] for key in +found.counts}
    handled = {"first_contact_solved", "self_served", "corrections_first_contact_solved"}
    assert handled | {"first_reply_late", "first_reply_abandoned"} <= counted
    return len(said) >= 8 and {key[0] for key in +found.levels} == set(LEVELS)
