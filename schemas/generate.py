"""Writes `schemas/json` and `schemas/examples` from the structs: `python -m schemas.generate`.

The structs are the source. What they cannot say (formats, closed sets, shapes inside free objects)
stands in `DETAILS` below. A contract test fails when the files are not what this module writes.
"""

import inspect
import json
from pathlib import Path
from typing import Any, Final, NamedTuple

import msgspec

from schemas import samples
from schemas.commands import ACTIONS, Command
from schemas.events import Event, encode_event
from schemas.outputs import Alert, PaneRecord, Signal, SlaEvent, View
from schemas.policies import PolicyRecord

HERE: Final = Path(__file__).parent
DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"


class Kind(NamedTuple):
    """One schema file: what it is called, the struct, and examples by file name."""

    name: str
    type: type[msgspec.Struct]
    examples: dict[str, msgspec.Struct]


KINDS: Final = (
    Kind(
        "support.event.v1",
        Event,
        {
            "support.message.created.v1": samples.EVENT,
            "pegel.clock.advance.v1": samples.CONTROL,
            "pegel.policy.activate.v1": samples.ACTIVATION,
        },
    ),
    Kind(
        "engagement.pane.v1",
        PaneRecord,
        {
            "engagement.pane.v1": samples.PANE,
            "engagement.pane.v1.level": samples.LEVEL,
            "engagement.pane.v1.heartbeat": samples.HEARTBEAT,
            "engagement.pane.v1.snapshot_end": samples.SNAPSHOT_END,
        },
    ),
    Kind("engagement.sla.v1", SlaEvent, {"engagement.sla.v1": samples.SLA}),
    Kind("engagement.signal.v1", Signal, {"engagement.signal.v1": samples.SIGNAL}),
    Kind("engagement.command.v1", Command, {"engagement.command.v1": samples.COMMAND}),
    Kind("engagement.alert.v1", Alert, {"engagement.alert.v1": samples.ALERT}),
    Kind("engagement.view.v1", View, {"engagement.view.v1": samples.VIEW}),
    Kind("engagement.policy.v1", PolicyRecord, {"engagement.policy.v1": samples.POLICY}),
)

_INSTANT: Final = {"format": "date-time"}
_MODE: Final = {"enum": ["live", "catchup", "event"]}
_COUNT: Final = {"type": "integer", "minimum": 0}
_RATIO: Final = {"type": "number", "minimum": 0, "maximum": 1}
_SECONDS: Final = {"type": "number", "minimum": 0}
_STATISTICS: Final = {
    "type": "object",
    "description": "Durations in seconds; an empty window has count 0, sum 0 and nothing else.",
    "properties": {
        "count": _COUNT,
        **dict.fromkeys(("sum", "mean", "p50", "p90", "p95", "p99", "max"), _SECONDS),
    },
    "required": ["count", "sum"],
}
_TEXT: Final = {"type": "string", "minLength": 1}
_WINDOW: Final = {
    "type": "object",
    "patternProperties": {"_seconds$": _STATISTICS, "_ratio$": _RATIO},
    "properties": {
        **dict.fromkeys(("messages_in", "messages_out", "opened", "solved", "reopened"), _COUNT),
        "suppressed": {**_TEXT, "description": "Why a team's window says no more than this."},
    },
}
_SCOPE: Final = {
    "propertyNames": {"enum": ["channel", "team", "priority"]},
    "description": "What the view is of: the whole tenant when empty.",
}
_LEVELS: Final = {
    "properties": {
        name: {"type": "string", **_INSTANT}
        for name in ("oldest_waiting_since", "longest_open_since")
    },
    "patternProperties": {"_seconds$": _SECONDS, "^unresolved_": _COUNT},
}
_LISTED: Final = {
    "type": "object",
    "description": "Most urgent first, ten at most; the level of the same name is the total.",
    "properties": {
        **dict.fromkeys(
            ("conversation", "source", "url", "channel", "team", "priority", "clock"), _TEXT
        ),
        **{name: {"type": "string", **_INSTANT} for name in ("due", "since")},
    },
    "required": ["conversation", "source", "since"],
}
_TOP: Final = {
    "propertyNames": {"enum": ["overdue", "at_risk", "waiting"]},
    "additionalProperties": {"type": "array", "maxItems": 10, "items": _LISTED},
}
_GOAL: Final = {
    "type": "object",
    "description": "Times in seconds; without a value the state is unknown, and `reason` says why.",
    "properties": {
        **dict.fromkeys(("name", "metric", "over", "reason"), _TEXT),
        "target": {"type": "number"},
        "value": {"type": "number"},
        "count": _COUNT,
        "state": {"enum": ["met", "missed", "on_track", "unknown"]},
    },
    "required": ["name", "metric", "over", "target", "count", "state"],
}
_SLA_TYPES: Final = (
    "at_risk", "breached", "fulfilled", "cancelled", "corrected", "activated", "paused", "resumed",
)  # fmt: skip

DETAILS: Final[dict[str, dict[str, dict[str, Any]]]] = {
    "Event": {
        "specversion": {"const": "1.0"},
        "time": _INSTANT,
        "type": {"pattern": r"^(support|customer|pegel)\.[a-z_.]+\.v\d+$"},
        "tenant": {"not": {"const": "control"}},
        "timequality": {"examples": ["source", "header", "received"]},
        "ingest": {"examples": ["live", "import"]},
    },
    "Data": dict.fromkeys(
        ("snoozed_until", "created_at", "oldest_unanswered_at", "until"), _INSTANT
    ),
    "TenantClock": {"watermark": _INSTANT, "tick": _INSTANT, "mode": _MODE},
    "PaneRecord": {
        "kind": {"enum": ["pane", "level", "heartbeat", "snapshot_begin", "snapshot_end"]},
        "source_partition": {"minimum": 0},
        "epoch": {"minimum": 0},
        "seq": {"minimum": 0},
        "watermark": _INSTANT,
        "tick": _INSTANT,
        "mode": _MODE,
        "resolution": {"enum": [10, 60], "description": "seconds"},
        "start": _INSTANT,
        "hist": {"additionalProperties": {"$ref": "#/$defs/Histogram"}},
        "top": _TOP,
    },
    "SlaEvent": {
        "type": {"enum": [f"sla.{name}" for name in _SLA_TYPES]},
        "time": _INSTANT,
        "due": _INSTANT,
        "caused_by": {"items": {"type": "string", "pattern": "^[0-9a-f]{16}$"}},
    },
    "Signal": {
        "since": _INSTANT,
        "tick": _INSTANT,
        "mode": _MODE,
        "severity": {"enum": ["info", "warning", "critical"]},
    },
    "Command": {"action": {"enum": sorted(ACTIONS)}, "until": _INSTANT},
    "Alert": {
        "state": {"enum": ["pending", "firing", "acknowledged", "snoozed", "resolved"]},
        "severity": {"enum": ["info", "warning", "critical"]},
        "since": _INSTANT,
        "opened_at": _INSTANT,
        "episode": {"minimum": 1},
    },
    "PolicyRecord": {
        "format": {"minimum": 1},
        "hash": {"pattern": "^[0-9a-f]{16}$"},
        "policy": {"description": "The fields of the policy; calendars by name, durations in ms."},
        "file": {"description": "The policy file with all defaults filled in."},
    },
    "View": {
        "as_of": _INSTANT,
        "mode": _MODE,
        "scope": _SCOPE,
        "missing_partitions": {"items": {"type": "integer", "minimum": 0}},
        "levels": _LEVELS,
        "windows": {"additionalProperties": _WINDOW},
        "goals": {"items": _GOAL},
        "top": _TOP,
    },
}
_HISTOGRAM: Final = {
    "type": "object",
    "description": "Bucket number to count; -1 holds zero, i the milliseconds up to (1.01/0.99)^i.",
    "propertyNames": {"pattern": "^(-1|[0-9]+)$"},
    "additionalProperties": {"type": "integer"},
}


def schema(kind: Kind) -> dict[str, Any]:
    """The JSON Schema of one kind of record."""
    (_,), found = msgspec.json.schema_components([kind.type], ref_template="#/$defs/{name}")
    for name, definition in found.items():
        definition["description"] = inspect.cleandoc(definition.get("description", ""))
        for field, detail in DETAILS.get(name, {}).items():
            _refine(definition["properties"][field], detail)
    root = found.pop(kind.type.__name__)
    if kind.type is PaneRecord:
        found["Histogram"] = _HISTOGRAM
    head = {"$schema": DIALECT, "$id": f"{kind.name}.schema.json", **root}
    return {**head, "$defs": found} if found else head


def files() -> dict[Path, str]:
    """Every file that is generated, with its text."""
    texts: dict[Path, str] = {}
    for kind in KINDS:
        texts[HERE / "json" / f"{kind.name}.schema.json"] = _text(schema(kind))
        for name, example in kind.examples.items():
            texts[HERE / "examples" / f"{name}.json"] = _text(json.loads(_encode(example)))
    return texts


def main() -> None:
    """Write them all."""
    for path, text in files().items():
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")


def _refine(field: dict[str, Any], detail: dict[str, Any]) -> None:
    # An optional field is "something or null": the detail is about the something.
    options = field.get("anyOf", [])
    target = next((option for option in options if option.get("type") != "null"), field)
    target.update(detail)


def _encode(example: msgspec.Struct) -> bytes:
    return encode_event(example) if isinstance(example, Event) else msgspec.json.encode(example)


def _text(value: object) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    main()
