"""One-click links: a page that asks, and the button on it that acts.

1. GET changes nothing, whoever opens it: chat and mail programs open links to show a preview.
2. POST writes the one command that the signed token allows; its actor is the receiver that the link
   was sent to. The token is the right to do so: no login, and nothing that another site could borrow.
3. What cannot be done is told in the words of a page, for whoever clicked is no program.
"""

from importlib.resources import files
from typing import Any, Final

from aiohttp import web
from jinja2 import Environment, StrictUndefined

from schemas.commands import Command
from schemas.instants import format_ms
from stream_app.links import SNOOZE, BadLinkError, Click, EndedLinkError
from stream_app.wall.answers import Refusal
from stream_app.wall.click_words import WORDS, preferred
from stream_app.wall.context import WALL, Wall
from stream_app.wall.held import HeldAlert

PATH: Final = "/a/{token}"
_OPEN: Final = ("firing", "acknowledged", "snoozed")
_STATE_AFTER: Final = {"acknowledge": "acknowledged", "snooze": "snoozed"}
_PAGE: Final = Environment(autoescape=True, undefined=StrictUndefined).from_string(
    (files("stream_app.wall") / "click.html").read_text(encoding="utf-8")
)


class TurnedAway(Exception):
    """Nothing can be done, for the reason that `why` names in the words of the page."""

    def __init__(self, status: int, why: str, **values: str) -> None:
        super().__init__(why)
        self.status, self.why, self.values = status, why, values


def click_routes() -> list[web.RouteDef]:
    """The page and its button."""
    return [web.get(PATH, _shown), web.post(PATH, _clicked)]


async def _shown(request: web.Request) -> web.Response:
    try:
        click, held = _allowed(request)
    except TurnedAway as away:
        return _turned_away(request, away)
    title = _word(request, click.action, minutes=str(click.snooze_for // 60_000))
    text = _word(request, f"{click.action}_means")
    button = _word(request, f"{click.action}_button")
    return _page(request, 200, title=title, text=text, facts=_facts(request, held), button=button)


async def _clicked(request: web.Request) -> web.Response:
    wall = request.app[WALL]
    try:
        click, held = _allowed(request)
        await _act(wall, click)
    except TurnedAway as away:
        return _turned_away(request, away)
    title = _word(request, f"{click.action}_done")
    return _page(
        request, 202, title=title, text=_word(request, "done_means"), facts=_facts(request, held)
    )


async def _act(wall: Wall, click: Click) -> None:
    if not wall.gate.may_click(click.receiver):
        raise TurnedAway(429, "busy")
    until = format_ms(wall.now_ms() + click.snooze_for) if click.action == SNOOZE else None
    actor = f"link/{click.receiver}"
    command = Command(action=click.action, alert=click.alert, actor=actor, until=until)
    try:
        await wall.commands.write(click.key.encode(), command)
    except Refusal as refusal:
        raise TurnedAway(503, "failed") from refusal


def _allowed(request: web.Request) -> tuple[Click, HeldAlert]:
    """What the link lets its holder do, if there is anything left to do. Raises TurnedAway."""
    wall = request.app[WALL]
    click = _read(wall, request.match_info["token"])
    held = wall.feed.store.alert(click.alert)
    if held is None and wall.feed.state.alerts_read < 1:
        raise TurnedAway(503, "unread")
    if held is None or held.alert.state not in _OPEN:
        raise TurnedAway(410, "over")
    if held.alert.state == _STATE_AFTER[click.action]:
        raise TurnedAway(409, f"already_{held.alert.state}", actor=held.alert.actor or "?")
    return click, held


def _read(wall: Wall, token: str) -> Click:
    if wall.links is None:
        raise TurnedAway(404, "forged")
    try:
        return wall.links.read(token, wall.now_ms())
    except EndedLinkError as ended:
        raise TurnedAway(410, "ended") from ended
    except BadLinkError as bad:
        raise TurnedAway(403, "forged") from bad


def _turned_away(request: web.Request, away: TurnedAway) -> web.Response:
    means = "already_means" if away.why.startswith("already") else f"{away.why}_means"
    title, text = _word(request, away.why), _word(request, means, **away.values)
    again = _word(request, "again") if away.why == "failed" else ""
    return _page(request, away.status, title=title, text=text, button=again)


def _facts(request: web.Request, held: HeldAlert) -> list[tuple[str, str]]:
    alert = held.alert
    subject = alert.subject
    about = " ".join(filter(None, map(subject.get, ("source", "id", "channel", "team"))))
    since = alert.opened_at[:19].replace("T", " ") + " UTC"
    named = (("rule", alert.rule), ("about", about), ("since", since))
    return [(_word(request, name), value) for name, value in named if value]


def _word(request: web.Request, name: str, **values: str) -> str:
    return WORDS[_language(request)][name].format(**values)


def _page(request: web.Request, status: int, **shown: Any) -> web.Response:
    facts = {"facts": [], "button": "", "lang": _language(request)}
    response = web.Response(
        text=_PAGE.render(facts | shown), status=status, content_type="text/html"
    )
    response.headers["Vary"] = "Accept-Language"
    if status == 503:
        response.headers["Retry-After"] = "5"
    return response


def _language(request: web.Request) -> str:
    return preferred(request.headers.get("Accept-Language", ""))
