"""A policy version as a record: whole, small enough, and read without the file and the holidays package."""

import subprocess
import sys
from dataclasses import replace
from datetime import date
from pathlib import Path

import msgspec
import pytest
import yaml
from hypothesis import given

from schemas.policies import FORMAT, decode_policy, encode
from stream_app.domain.calendar import ALWAYS, OfficeCalendar
from stream_app.domain.policy import Escalation, Policy
from stream_app.errors import UserError
from stream_app.policies.codec import (
    MAX_BYTES,
    UnreadableVersionError,
    decode_version,
    encode_version,
)
from stream_app.policyfile import default_policy, load_policy, parse_policy
from stream_app.policyfile.version import version
from tests.property.test_policyfile import policies

ROOT = Path(__file__).parents[2]
FILES = sorted(p for p in (ROOT / "examples").glob("*policy.yaml"))


@pytest.mark.parametrize("policy", [default_policy(), *map(load_policy, FILES)])
def test_what_is_read_again_is_the_same_policy_under_the_same_version(policy: Policy) -> None:
    value = encode_version(policy)
    again = decode_version(value)
    assert again == policy
    assert version(again) == policy.hash
    assert encode_version(again) == value


@given(policies())
def test_any_policy_survives_the_topic(document: dict[str, object]) -> None:
    policy = parse_policy(yaml.safe_dump(document, allow_unicode=True))
    assert decode_version(encode_version(policy)) == policy


def test_holidays_stand_in_the_record_as_days() -> None:
    policy = parse_policy(
        "apiVersion: pegel/v1\ncalendars: {office: {zone: Europe/Berlin, "
        'hours: {mon-fri: ["09:00-17:00"]}, holidays: {country: DE}, closed: [2026-12-24]}}'
    )
    record = decode_policy(encode_version(policy)).calendars["office"]
    assert "2026-12-25" in record.holidays
    assert record.closed == ["2026-12-24"]


def test_the_holidays_package_is_not_asked_when_a_version_is_read(tmp_path: Path) -> None:
    file = tmp_path / "version"
    file.write_bytes(encode_version(load_policy(ROOT / "examples" / "policy.yaml")))
    code = (
        "import sys, pathlib; sys.modules['holidays'] = None\n"
        "from stream_app.policies.codec import decode_version\n"
        f"print(decode_version(pathlib.Path({str(file)!r}).read_bytes()).hash)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert done.stdout.strip() == load_policy(ROOT / "examples" / "policy.yaml").hash


def test_calendars_and_escalation_steps_are_values_again() -> None:
    policy = decode_version(encode_version(load_policy(ROOT / "examples" / "policy.yaml")))
    steps = [step for rule in policy.alerts for step in rule.options["escalate"]]  # type: ignore[attr-defined]
    assert steps
    assert all(isinstance(step, Escalation) for step in steps)
    assert policy.calendars["always"] is ALWAYS
    assert all(sla.calendar is policy.calendars[sla.calendar.name] for sla in policy.sla)


def test_a_version_that_no_topic_takes_is_refused_with_its_size() -> None:
    days = frozenset(date.fromordinal(700_000 + n) for n in range(MAX_BYTES // 10))
    office = OfficeCalendar("office", "UTC", (((540, 1020),),) * 7, days)
    policy = replace(default_policy(), calendars={"office": office})
    with pytest.raises(UserError, match=rf"takes \d+ bytes .* the limit is {MAX_BYTES}"):
        encode_version(policy)


@pytest.mark.parametrize(
    "value",
    [b"", b"{}", b'{"format": 1, "hash": "x", "calendars": {}, "policy": {}, "file": {}}'],
    ids=["nothing", "empty", "half"],
)
def test_what_is_no_version_is_unreadable(value: bytes) -> None:
    with pytest.raises(UnreadableVersionError, match="cannot be read"):
        decode_version(value)


def test_a_version_of_a_later_format_is_named() -> None:
    record = decode_policy(encode_version(default_policy()))
    later = encode(msgspec.structs.replace(record, format=FORMAT + 1))
    with pytest.raises(UnreadableVersionError, match=f"{record.hash} has format {FORMAT + 1}"):
        decode_version(later)


def test_fields_of_a_later_release_are_ignored_and_missing_ones_have_their_default() -> None:
    record = decode_policy(encode_version(default_policy()))
    record.policy["something_new"] = 7
    del record.policy["max_open_age"]
    assert decode_version(encode(record)) == default_policy()
