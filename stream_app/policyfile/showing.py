"""Prints a policy as YAML that reads like one written by hand: short blocks on one line."""

from typing import Any, Final

import yaml

from stream_app.domain.policy import Policy

_INLINE: Final = frozenset({"match", "when", "windows", "holidays"})


class _Inline(dict[str, Any]):
    """A block for one line."""


class _Dumper(yaml.SafeDumper):
    """Lists indented under their key, and no anchors."""

    def ignore_aliases(self, _data: Any) -> bool:
        return True

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)


def _represent(dumper: yaml.SafeDumper, data: _Inline) -> yaml.Node:
    return dumper.represent_mapping("tag:yaml.org,2002:map", data, flow_style=True)


_Dumper.add_representer(_Inline, _represent)


def show(policy: Policy) -> str:
    """The policy as YAML with everything written down that was left out."""
    text = yaml.dump(
        _inlined(dict(policy.raw)),
        Dumper=_Dumper,
        sort_keys=False,
        allow_unicode=True,
        default_flow_style=None,
        width=100,
    )
    return str(text)


def _inlined(value: Any, key: str = "") -> Any:
    if isinstance(value, dict):
        kind = _Inline if key in _INLINE else dict
        return kind({name: _inlined(item, name) for name, item in value.items()})
    return [_inlined(item) for item in value] if isinstance(value, list) else value
