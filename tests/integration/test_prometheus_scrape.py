"""A real Prometheus scrapes a worker's server: rules and dashboards answer with what the state says."""

import asyncio
import json
import urllib.parse
import urllib.request
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from grafana.build import DASHBOARDS
from stream_app.adapters.clock import now_ms
from stream_app.adapters.metrics.labels import CLOCKS, STEPS
from stream_app.domain.policy import SlaPolicy, Target
from stream_app.engine.status import EngineStatus, FlushStatus, PartitionStatus, Timings
from stream_app.web.worker import WorkerServer
from tests.support.promql import rule_files
from tests.support.servers import Server
from tests.support.wait import eventually_async
from tests.support.worker_fakes import (
    Always,
    FakeAlerts,
    FakeChannels,
    FakeConversations,
    FakeRuntime,
    observed_totals,
    partition,
    policy,
    standing_levels,
    standing_views,
)

GROUP = ("acme", "email", "billing", "")
StartPrometheus = Callable[[str], Server]


class LiveRuntime(FakeRuntime):
    """A worker on paper whose counters grow with every status that is asked for."""

    def __init__(self) -> None:
        targets = {clock: Target(14_400_000, Always()) for clock in CLOCKS}
        super().__init__(policy=policy(sla=(SlaPolicy("all", targets, Always()),)))
        self.asked = 0
        self.owned = {0, 1}

    def status(self) -> EngineStatus:
        self.asked += 1
        episodes = [("ticket_unresolved", "acme", level, 3) for level in ("warning", "critical")]
        alerts = FakeAlerts(episodes=episodes)
        self.held = [self._conversations(number) for number in sorted(self.owned)]
        self.held.append(partition("alerts", 0, alerts))
        self.held.append(partition("channels", 0, FakeChannels(views=standing_views())))
        timings = Timings()
        for step in STEPS:
            setattr(timings, f"{step}_seconds", self.asked / 100)
        return replace(super().status(), timings=timings)

    def _conversations(self, number: int) -> PartitionStatus:
        n, now = self.asked, now_ms()
        job = FakeConversations(
            held={GROUP: observed_totals(n)},
            standing={GROUP: standing_levels(now)},
            times={"acme": (now - 700, now - 700, "live")},
            last_event_ms=now - 900,
            counters={"late_events": n},
        )
        counts = job.held[GROUP].counts
        counts["corrections_messages_in"] = n
        for clock in CLOCKS:  # a tenth is missed, as is allowed
            counts |= {f"{clock}_met": 9 * n, f"{clock}_missed": n}
        flush = FlushStatus(count=n, seconds=n * 0.02, rows=n * 7, events=n * 90)
        dead = {"undecodable": n}
        return partition("conversations", number, job, flush=flush, dead_letters=dead, lag=5)


@pytest.fixture
def runtime() -> LiveRuntime:
    return LiveRuntime()


@pytest.fixture
async def worker(runtime: LiveRuntime) -> AsyncIterator[WorkerServer]:
    server = WorkerServer(runtime, "127.0.0.1", 0)
    await server.start()
    yield server
    await server.stop()


@pytest.fixture
async def scraped(
    worker: WorkerServer, prometheus: StartPrometheus, tmp_path: Path
) -> Callable[..., Any]:
    """A function that asks the Prometheus which scrapes the worker, twice a second."""
    for path in rule_files():  # their own pace is for production
        text = path.read_text().replace("interval: 15s", "interval: 1s")
        (tmp_path / path.name).write_text(text)
    config = {
        "global": {
            "scrape_interval": "500ms",
            "scrape_timeout": "400ms",
            "evaluation_interval": "1s",
        },
        "rule_files": [str(tmp_path / path.name) for path in rule_files()],
        "scrape_configs": [
            {"job_name": "pegel", "static_configs": [{"targets": [f"127.0.0.1:{worker.port}"]}]}
        ],
    }
    server = await asyncio.to_thread(prometheus, json.dumps(config))

    async def ask(path: str, **query: str) -> Any:
        return await asyncio.to_thread(_fetch, f"{server.url}/api/v1/{path}", query)

    return ask


def _fetch(url: str, query: dict[str, str]) -> Any:
    with urllib.request.urlopen(f"{url}?{urllib.parse.urlencode(query)}", timeout=10) as answer:
        content = json.load(answer)
    assert content["status"] == "success"
    return content["data"]


def plain(expr: str) -> str:
    """A dashboard's query with its variables filled in."""
    filled = expr.replace("$tenant", ".+").replace("$channel", ".+")
    # Of the last week, Prometheus looks at whole steps of five minutes; this one is a minute old.
    return filled.replace("$__rate_interval", "5s").replace("[7d:5m]", "[30s:1s]")


async def value(ask: Callable[..., Any], expr: str) -> float | None:
    """The one value of an expression, or None."""
    found = (await ask("query", query=expr))["result"]
    assert len(found) <= 1
    return float(found[0]["value"][1]) if found else None


async def test_every_dashboard_query_returns_data(scraped: Callable[..., Any]) -> None:
    asked = {
        f"{name}: {panel['title']}: {target['expr']}": target["expr"]
        for name, build in DASHBOARDS.items()
        for panel in build()["panels"]
        if panel["type"] != "row"
        for target in panel["targets"]
    }
    queries = {name: plain(expr) for name, expr in asked.items()}
    assert len(queries) > 50

    async def without_data() -> list[str]:
        answers = {name: await scraped("query", query=expr) for name, expr in queries.items()}
        return [name for name, answer in answers.items() if not answer["result"]]

    async def all_have_data() -> bool:
        missing = await without_data()
        assert missing == []
        return True

    await eventually_async(all_have_data, 60, every=1, what="every query has data")


async def test_every_rule_evaluates_and_only_what_is_true_fires(
    scraped: Callable[..., Any],
) -> None:
    async def evaluated() -> list[dict[str, Any]]:
        groups = (await scraped("rules"))["groups"]
        rules = [rule for group in groups for rule in group["rules"]]
        assert {rule["health"] for rule in rules} == {"ok"}
        return rules

    rules = await eventually_async(evaluated, 30, what="all rules are evaluated")
    assert len(rules) > 10

    async def firing() -> bool:
        alerts = (await scraped("alerts"))["alerts"]
        names = {alert["labels"]["alertname"] for alert in alerts if alert["state"] == "firing"}
        assert names == {"Watchdog", "EngagementDeadLetters"}
        return True

    await eventually_async(firing, 30, what="the two that are true fire")


async def test_prometheus_holds_what_the_state_says(scraped: Callable[..., Any]) -> None:
    async def waiting() -> bool:
        return await value(scraped, "sum(engagement_waiting_conversations)") == 8

    await eventually_async(waiting, 20, what="levels of both partitions are added up")
    counted = await value(scraped, 'count(engagement_first_reply_seconds_bucket{le="300.0"})')
    assert counted == 2
    target = 'engagement_sla_target_seconds{channel="email",clock="first_reply",tenant="acme",priority="none"}'
    assert await value(scraped, target) == 14400


async def test_a_partition_that_moves_away_takes_its_series_along_at_once(
    scraped: Callable[..., Any], runtime: LiveRuntime
) -> None:
    def count(number: int) -> str:
        selector = (
            f'tenant="acme",channel="email",direction="in",priority="none",partition="{number}"'
        )
        return f"count(engagement_messages_total{{{selector}}})"

    async def there() -> bool:
        return await value(scraped, count(1)) == 1

    async def gone() -> bool:
        return await value(scraped, count(1)) is None

    await eventually_async(there, 20, what="the series of partition 1")
    runtime.owned = {0}
    await eventually_async(gone, 5, what="the end of the series of partition 1")
    assert await value(scraped, count(0)) == 1


async def test_a_worker_that_stops_leaves_no_figure_behind(
    scraped: Callable[..., Any], worker: WorkerServer
) -> None:
    async def waiting() -> bool:
        return await value(scraped, "sum(engagement_waiting_conversations)") == 8

    async def silent() -> bool:
        down = await value(scraped, 'up{job="pegel"}') == 0
        return down and await value(scraped, "sum(engagement_waiting_conversations)") is None

    await eventually_async(waiting, 20, what="figures")
    await worker.stop()
    await eventually_async(silent, 10, what="silence instead of old figures")
