"""The OpenAPI document is valid, and it and the server know the same routes, parameters and fields."""

import json
from collections.abc import AsyncIterator
from typing import Any

import jsonschema
import pytest
from aiohttp import ClientSession, web
from openapi_spec_validator import OpenAPIV31SpecValidator

from stream_app.wall.openapi import document
from stream_app.wall.routes import ROUTES
from stream_app.wall.routing import Route
from stream_app.wall.server import wall_app
from stream_app.wall.timelines import Told
from tests.support.wall import PaperWall, alert, paper_wall, served, view

DOCUMENT: dict[str, Any] = json.loads(json.dumps(document(ROUTES)))
AS_OF = "2026-01-12T09:00:03Z"
EXAMPLES = {
    "{channel}": "email",
    "{source}": "zendesk%2Facme",
    "{id}": "4711",
    "{alert}": alert(1).alert,
}


def schema_of(name: str) -> dict[str, Any]:
    return {"$ref": f"#/components/schemas/{name}", "components": DOCUMENT["components"]}


def test_it_is_valid_openapi() -> None:
    OpenAPIV31SpecValidator(DOCUMENT).validate()


def test_the_validator_refuses_what_is_none() -> None:
    broken = {**DOCUMENT, "paths": {"/x": {"get": {"responses": {"200": {}}}}}}
    assert list(OpenAPIV31SpecValidator(broken).iter_errors())


def test_every_route_of_the_server_is_described() -> None:
    app: web.Application = wall_app(paper_wall().wall)
    served_routes = {
        (route.method.lower(), resource.canonical)
        for resource in app.router.resources()
        for route in resource
        if route.method != "HEAD"
    }
    described = {
        (method, path) for path, methods in DOCUMENT["paths"].items() for method in methods
    }
    rest = {path for _, path in served_routes - described}
    assert described <= served_routes
    pages = {"/", "/a/{token}"}  # for people, not for programs
    assert {p for p in rest if not p.startswith("/assets/")} == {*pages, "/api/v1/openapi.json"}


def test_operations_have_names_of_their_own_and_say_what_they_do() -> None:
    operations = [each for methods in DOCUMENT["paths"].values() for each in methods.values()]
    names = [each["operationId"] for each in operations]
    assert len(set(names)) == len(names)
    assert all(each["summary"].endswith(".") for each in operations)


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.name)
def test_parameters_of_the_path_are_declared(route: Route) -> None:
    in_path = {part[1:-1] for part in route.path.split("/") if part.startswith("{")}
    assert {param.name for param in route.params if param.place == "path"} == in_path
    assert all(param.required for param in route.params if param.place == "path")


@pytest.fixture
async def paper() -> AsyncIterator[PaperWall]:
    async with served(paper_wall()) as paper:
        goal = {"name": "fast", "actual": 0.9}
        top = {"overdue": [{"conversation": "1", "source": "a/b", "due": AS_OF}]}
        paper.feed.put(view(None, goals=[goal], top=top), view("email", goals=[goal], top=top))
        paper.feed.put(view(scope={"channel": "email", "team": "billing"}))
        paper.feed.put_alerts(alert(1), alert(1, "acknowledged", actor="wall/a", reason="mine"))
        paper.told.append(Told(200, {"conversation": "4711", "as_of": AS_OF}))
        yield paper


@pytest.mark.parametrize(
    "route", [route for route in ROUTES if route.answer is not None], ids=lambda route: route.name
)
async def test_what_is_answered_is_what_is_described_with_every_field(
    paper: PaperWall, route: Route
) -> None:
    path = route.path
    for name, value in EXAMPLES.items():
        path = path.replace(name, value)
    query = {"state": "overdue"} if route.name == "conversations" else {}
    body = {"log_in": {"token": "x"}, "snooze": {"for": "1h"}}.get(route.name, {})
    async with ClientSession() as session:
        send = {"params": query} | ({"json": body} if route.method == "POST" else {})
        answer = await session.request(route.method, paper.url + path, **send)  # type: ignore[arg-type]
        content = await answer.json(content_type=None)
    if route.name == "log_in":
        assert answer.status == 401
        jsonschema.Draft202012Validator(schema_of("Problem")).validate(content)
        return
    assert answer.status == route.status
    assert route.answer is not None
    jsonschema.Draft202012Validator(schema_of(route.answer.__name__)).validate(content)
    assert_all_described(content, schema_of(route.answer.__name__))


def assert_all_described(content: Any, schema: dict[str, Any]) -> None:
    """No field of an answer is missing in its schema, at any depth that the schema describes."""
    schema = (
        DOCUMENT["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]]
        if "$ref" in schema
        else schema
    )
    if isinstance(content, dict) and "properties" in schema:
        assert set(content) <= set(schema["properties"])
        for name, value in content.items():
            assert_all_described(value, schema["properties"][name])
    elif isinstance(content, list) and isinstance(schema.get("items"), dict):
        for each in content:
            assert_all_described(each, schema["items"])


async def test_the_document_is_served(paper: PaperWall) -> None:
    async with (
        ClientSession() as session,
        session.get(f"{paper.url}/api/v1/openapi.json") as answer,
    ):
        assert await answer.json() == DOCUMENT
