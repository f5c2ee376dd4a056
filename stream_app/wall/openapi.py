"""The OpenAPI 3.1 document, made of the table of routes and the types that they answer with."""

from collections.abc import Iterable
from typing import Any, Final

import msgspec

from stream_app import __version__
from stream_app.wall.answers import PROBLEM, Problem
from stream_app.wall.routing import LONGEST, Param, Route

_REF: Final = "#/components/schemas/{name}"
_ALWAYS: Final = {400, 429}  # what any request can be told


def document(routes: Iterable[Route]) -> dict[str, Any]:
    """The whole document."""
    rows = list(routes)
    types = {kind for row in rows for kind in (row.answer, row.body) if kind is not None}
    ordered = sorted({*types, Problem}, key=lambda kind: kind.__name__)
    _, schemas = msgspec.json.schema_components(ordered, ref_template=_REF)
    paths: dict[str, dict[str, Any]] = {}
    for row in rows:
        paths.setdefault(row.path, {})[row.method.lower()] = _operation(row)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Pegel",
            "version": __version__,
            "description": "Live engagement figures, urgent conversations and alerts. "
            "Instants are RFC 3339 in UTC, durations seconds, ratios 0 to 1.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer"},
                "session": {"type": "apiKey", "in": "cookie", "name": "pegel_session"},
            },
        },
    }


def _operation(row: Route) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": row.name,
        "summary": row.help,
        "parameters": [_parameter(param) for param in row.params],
        "responses": _responses(row),
        "security": [{"bearer": []}, {"session": []}] if row.role else [],
    }
    if row.role:
        operation["description"] = f"Needs the role `{row.role}`."
    if row.body is not None:
        schema = {"$ref": _REF.format(name=row.body.__name__)}
        content = {"application/json": {"schema": schema}}
        operation["requestBody"] = {"required": True, "content": content}
    return operation


def _parameter(param: Param) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": "string", "minLength": 1, "maxLength": LONGEST}
    if param.most:
        schema = {"type": "integer", "minimum": 1, "maximum": param.most}
    elif param.choices:
        schema = {"type": "string", "enum": list(param.choices)}
    if param.default is not None:
        schema["default"] = param.default
    return {
        "name": param.name,
        "in": param.place,
        "required": param.required,
        "description": param.help,
        "schema": schema,
    }


def _responses(row: Route) -> dict[str, Any]:
    found: dict[str, Any] = {str(row.status): _good(row)}
    if row.method == "GET" and row.answer is not None:
        found["304"] = {"description": "Not modified since the ETag that If-None-Match names."}
    refused = {401, 403} if row.role else set()
    if row.body is not None:
        refused |= {401, 403, 413, 415}
    for status in sorted({*_ALWAYS, *refused, *row.problems}):
        found[str(status)] = _problem(row, status)
    return found


def _good(row: Route) -> dict[str, Any]:
    good: dict[str, Any] = {"description": row.help}
    if row.answer is not None:
        good["content"] = {row.media: {"schema": {"$ref": _REF.format(name=row.answer.__name__)}}}
    elif row.status != 204:
        good["content"] = {row.media: {"schema": {"type": "string"}}}
    return good


def _problem(row: Route, status: int) -> dict[str, Any]:
    if row.name == "ready" and status == 503:
        return {**_good(row), "description": "Not ready."}
    schema = {"$ref": _REF.format(name=Problem.__name__)}
    return {"description": "Refused.", "content": {PROBLEM: {"schema": schema}}}
