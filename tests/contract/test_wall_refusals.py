"""What the wall does not answer, and timelines: what is wrong, where, and what to do about it."""

from collections.abc import Mapping
from typing import Any

import pytest

from stream_app.wall.timelines import Told
from tests.support.wall_api import AS_OF, Api


@pytest.mark.parametrize(
    ("path", "place", "said"),
    [
        ("views?limit=0", "query: limit", "1 to 1000"),
        ("views?limit=1001", "query: limit", "1 to 1000"),
        ("views?limit=ten", "query: limit", "1 to 1000"),
        ("views?limit=", "query: limit", "1 to 1000"),
        ("views?scope=odd", "query: scope", "wide, all"),
        ("views?chanel=email", "query: chanel", "unknown parameter"),
        ("conversations", "query: state", "missing"),
        ("conversations?state=late", "query: state", "overdue, at_risk, waiting"),
        ("channels/" + "x" * 257, "path: channel", "256"),
        ("views?channel=a%00b", "query: channel", "printable"),
    ],
)
async def test_what_is_wrong_with_a_request_is_named(
    acme: Api, path: str, place: str, said: str
) -> None:
    status, problem = await acme.refused(path)
    assert (status, problem["place"]) == (400, place)
    assert said in problem["detail"]


@pytest.mark.parametrize(
    "path", ["nothing", "channels/fax", "windows?team=nobody", "alerts/v1-0", "alerts/v1-0/ack/x"]
)
async def test_what_is_not_there_is_a_problem_with_a_remedy(acme: Api, path: str) -> None:
    status, problem = await acme.refused(path)
    assert status == 404
    assert problem["remedy"]


# ------------------------------------------------------------------------------------- timelines

TIMELINE: Mapping[str, Any] = {"conversation": "4711", "as_of": AS_OF, "clocks": []}
HERE = Told(200, dict(TIMELINE))
ELSEWHERE = Told(
    404, {"hint": "this worker owns partitions 1: ask the others, check source and id"}
)
RESTORING = Told(404, {"hint": "this worker is still restoring partitions: ask again"})
SILENT = Told(0, {})


@pytest.mark.parametrize("path", ["zendesk%2Facme/4711", "zendesk/acme/4711"])
async def test_a_timeline_comes_from_whichever_worker_knows_it(acme: Api, path: str) -> None:
    acme.paper.told += [SILENT, ELSEWHERE, HERE]
    content = await acme.get(f"conversations/{path}")
    assert content["conversation"] == TIMELINE
    assert content["as_of"] == AS_OF


@pytest.mark.parametrize(
    ("told", "status", "said"),
    [
        ([SILENT, SILENT], 502, "no worker answers"),
        ([SILENT, ELSEWHERE], 502, "1 workers do not"),
        ([ELSEWHERE, RESTORING], 503, "restoring"),
        ([ELSEWHERE, ELSEWHERE], 404, "no conversation 4711 of mail"),
    ],
)
async def test_a_timeline_that_nobody_tells_is_explained(
    acme: Api, told: list[Told], status: int, said: str
) -> None:
    acme.paper.told += told
    found, problem = await acme.refused("conversations/mail/4711")
    assert found == status
    assert said in problem["detail"] + problem["remedy"]
