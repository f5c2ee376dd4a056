"""Routes as declarations: one row says the path, the parameters, the types and the role.

Requests are read by these rows, and the OpenAPI document is made of the same rows, so neither can know
a parameter that the other does not.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple, TypeVar

import msgspec
from aiohttp import web

from stream_app.wall.answers import Refusal
from stream_app.wall.context import Wall
from stream_app.wall.tokens import Caller

LONGEST: Final = 256
T = TypeVar("T")


class Param(NamedTuple):
    """One parameter. Text of up to `LONGEST` characters, one of `choices`, or a number up to `most`."""

    name: str
    help: str
    place: str = "query"
    choices: tuple[str, ...] = ()
    default: str | int | None = None
    most: int = 0
    required: bool = False

    def read(self, text: str) -> str | int:
        """The value of what was given; 400 when it cannot be one."""
        if self.most:
            return self._number(text)
        if self.choices and text not in self.choices:
            raise self._wrong("must be one of: " + ", ".join(self.choices))
        if not text or len(text) > LONGEST or not text.isprintable():
            raise self._wrong(f"must be 1 to {LONGEST} printable characters")
        return text

    def _number(self, text: str) -> int:
        if not text.isascii() or not text.isdecimal() or not 1 <= int(text[:9]) <= self.most:
            raise self._wrong(f"must be a whole number from 1 to {self.most}")
        return int(text)

    def _wrong(self, what: str) -> Refusal:
        return Refusal(400, f"{self.name} {what}", "mend the request", f"{self.place}: {self.name}")


class Call(NamedTuple):
    """One request, read by its route."""

    request: web.Request
    wall: Wall
    caller: Caller
    values: Mapping[str, Any]
    body: Any = None

    def text(self, name: str) -> str | None:
        """A parameter that is text, if it was given."""
        found: str | None = self.values.get(name)
        return found


Handler = Callable[[Call], Awaitable[web.StreamResponse]]


@dataclass(frozen=True, slots=True)
class Route:
    """One row. `answer` None: what it answers is no JSON of a declared type."""

    method: str
    path: str
    name: str
    help: str
    handler: Handler
    answer: type | None
    params: tuple[Param, ...] = ()
    body: type | None = None
    status: int = 200
    role: str | None = "view"
    problems: tuple[int, ...] = field(default=())
    media: str = "application/json"


def read_call(route: Route, wall: Wall, request: web.Request, caller: Caller) -> Call:
    """The parameters that a route declares; 400 for others, so that a typing error is not passed over."""
    known = {param.name for param in route.params if param.place == "query"}
    for name in request.query:
        if name not in known:
            listed = ", ".join(sorted(known)) or "none"
            raise Refusal(400, "unknown parameter", f"there are: {listed}", f"query: {name[:40]}")
    values: dict[str, Any] = {}
    for param in route.params:
        given = request.match_info if param.place == "path" else request.query
        if param.name in given:
            values[param.name] = param.read(given[param.name])
        elif param.required:
            raise Refusal(400, f"{param.name} is missing", param.help, f"query: {param.name}")
        elif param.default is not None:
            values[param.name] = param.default
    return Call(request, wall, caller, values)


async def read_body(request: web.Request, kind: type[T]) -> T:
    """The body as a declared type. An empty one is an empty object."""
    data = await request.read()
    try:
        return msgspec.json.decode(data or b"{}", type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError) as problem:
        said = str(problem)
        place = said.rpartition("`")[0].rpartition("`")[2] if "$" in said else "$"
        raise Refusal(400, said, "see /api/v1/openapi.json", f"body: {place}") from None
