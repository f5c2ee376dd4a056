"""The documentation of the policy file: its examples hold, and its list of keys is that of the table.

`python -m tests.unit.test_policyfile_docs` writes the list anew.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from stream_app.policyfile import examine, policy_schema
from stream_app.policyfile.figures import DEFAULT_PAUSES, LIVE_STATUSES
from tests.support.policies import HEAD

PAGE = Path(__file__).parents[2] / "docs" / "policy.md"
LIST = re.compile(r"(<!-- generated: [^>]*-->\n).*(<!-- end -->)", re.DOTALL)
BLOCKS = re.findall(r"```yaml\n(.*?)```", PAGE.read_text(), re.DOTALL)


def keys(schema: dict[str, Any], path: str) -> Iterator[tuple[str, str, str]]:
    """Every key with its meaning and its default; those of repeated parts once."""
    required = schema.get("required", [])
    for name, item in schema.get("properties", {}).items():
        where = f"{path}.{name}" if path else name
        default = f"`{json.dumps(item['default'])}`" if "default" in item else ""
        yield where, item["description"], "required" if name in required else default
        yield from keys(item, where)
    inner = [schema.get("items"), *schema.get("anyOf", [])]
    for item in inner:
        if isinstance(item, dict):
            yield from keys(item, path)
    if isinstance(schema.get("additionalProperties"), dict) and "properties" not in schema:
        yield from keys(schema["additionalProperties"], f"{path}.NAME")


def reference() -> str:
    """The list of keys as a table."""
    rows = [f"| `{path}` | {meaning} | {default} |" for path, meaning, default in _keys()]
    return "\n".join(["| key | meaning | when left out |", "|---|---|---|", *rows]) + "\n"


def _keys() -> Iterator[tuple[str, str, str]]:
    # Conditions have a table of their own, and `match` of alerts is that of promises.
    for path, meaning, default in keys(policy_schema(), ""):
        if not path.startswith(("alerts.when.", "alerts.match.")):
            yield path, meaning, default


def test_the_list_of_keys_is_up_to_date() -> None:
    assert LIST.sub(lambda mark: mark[1] + reference() + mark[2], PAGE.read_text()) == (
        PAGE.read_text()
    )


@pytest.mark.parametrize("block", BLOCKS)
def test_the_examples_on_the_page_are_policies_without_a_remark(block: str) -> None:
    text = block if block.startswith("apiVersion") else HEAD + block
    assert examine(text, "docs").problems == ()


def test_the_table_of_pauses_is_that_of_the_clocks() -> None:
    said = {
        clock: statuses
        for clocks, statuses in re.findall(
            r"^\| (`\w+`(?:, `\w+`)*) \| (.*) \|$", PAGE.read_text(), re.M
        )
        for clock in re.findall(r"`(\w+)`", clocks)
        if clock in DEFAULT_PAUSES
    }
    for clock, pauses in DEFAULT_PAUSES.items():
        named = set(re.findall(r"`(\w+)`", said[clock]))
        meant = set(LIVE_STATUSES) - named if said[clock].startswith("all but") else named
        assert meant == set(pauses), clock


if __name__ == "__main__":
    page = PAGE.read_text()
    PAGE.write_text(LIST.sub(lambda mark: mark[1] + reference() + mark[2], page))
