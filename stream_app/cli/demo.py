"""`pegel demo`: everything at once in one terminal."""

import asyncio
import shutil
import tempfile
import time
from importlib.resources import as_file, files
from pathlib import Path
from typing import Annotated

import typer

from stream_app.cli.options import examples, parse_span
from stream_app.demo.run import perform
from stream_app.demo.stage import Plan
from stream_app.policyfile import load_policy

app = typer.Typer(rich_markup_mode="rich")


@app.command(
    epilog=examples(
        "pegel demo  # brings its own broker, in memory",
        "pegel demo --broker 127.0.0.1:9092  # on a real Kafka, under names of its own",
        "pegel demo --rate 20 --history 1d --seed 42  # more traffic, less past",
        "curl -s http://127.0.0.1:6066/metrics | grep engagement_open",
    )
)
def demo(
    broker: Annotated[
        str | None,
        typer.Option("--broker", metavar="HOST:PORT", help="Use this Kafka, and tidy up after it."),
    ] = None,
    port: Annotated[
        int, typer.Option("--port", min=1, max=65535, help="Port of the worker, with /metrics.")
    ] = 6066,
    wall_port: Annotated[
        int, typer.Option("--wall-port", min=1, max=65535, help="Port of the wall.")
    ] = 6080,
    rate: Annotated[
        float, typer.Option("--rate", min=0.01, help="Events a second on average, once it is live.")
    ] = 0.5,
    history: Annotated[
        str, typer.Option("--history", help="How much past comes first, e.g. 3d or 12h.")
    ] = "3d",
    seed: Annotated[int, typer.Option("--seed", help="The same seed gives the same traffic.")] = 7,
    policy: Annotated[
        Path | None,
        typer.Option("--policy", metavar="FILE", help="Another policy than the demo's."),
    ] = None,
) -> None:
    """Show everything at once: broker, worker, and the traffic of a simulated support organisation.

    Some days of history run through in seconds, then it goes on live: gauges move, clocks run out,
    alerts fire. Ctrl-C ends everything and leaves nothing behind.
    """
    past = parse_span("--history", history)
    home = Path(tempfile.mkdtemp(prefix="pegel-demo-"))
    with as_file(files("stream_app.demo") / "policy.yaml") as packaged:
        chosen = policy or packaged
        load_policy(chosen)
        plan = Plan(broker, chosen, port, wall_port, seed, rate, history, _mark(), home)
        asyncio.run(perform(plan, past))
    shutil.rmtree(home, ignore_errors=True)  # kept when something went wrong: the logs are there


def _mark() -> str:
    return time.strftime("%Y%m%d-%H%M%S", time.gmtime())
