"""`make bench`: all figures, one after the other. Say what is of interest to run less.

python -m tests.bench [engine] [compiled] [toy] [core] [backtest] [memory] [times] [wall] [volume] [alerts] [kills]
"""

import os
import subprocess
import sys
from pathlib import Path

from tests.support.compiled import BUILD, has_build

ROOT = Path(__file__).parents[2]
JOB = ("--jobs", "tests.bench.conversations")
PIPELINE = "tests/bench/test_pipeline_times.py"
PYTEST = ("-m", "pytest", "-q", "-s", "-p", "no:randomly")
WALL = ("tests/bench/test_wall_times.py", "tests/bench/test_scrape.py")
PARTS = {
    "volume": ("spikes and drops against the truth, and two rivals", ("-m", "tests.bench.volume")),
    "engine": ("the conversations agent on real Kafka", ("-m", "tests.bench.engine", *JOB)),
    "compiled": (
        "the same, compiled (make compile)",
        ("-m", "tests.bench.engine", *JOB, "--compiled"),
    ),
    "toy": ("the engine alone, with a job that counts", ("-m", "tests.bench.engine")),
    "core": ("the core alone, by type of event", ("-m", "tests.bench.core")),
    "backtest": ("two years of a help desk", ("-m", "tests.bench.backtest")),
    "memory": ("memory per open conversation", ("-m", "tests.bench.memory")),
    "times": ("start, kill -9 and delay of the whole pipeline", (*PYTEST, PIPELINE)),
    "wall": ("event to gauge, API, stream and pixel; scrape; page weight", (*PYTEST, *WALL)),
    "alerts": (
        "how late alerts are told, and many at once",
        (*PYTEST, "tests/bench/test_alert_times.py"),
    ),
    "kills": (
        "alerts lost or doubled over 200 kills, in half an hour or more",
        ("-m", "pytest", "-q", "-s", "-p", "no:randomly", "tests/bench/test_alert_kills.py"),
    ),
}
COMPILED_TOO = ("backtest", "core")  # run once more on the compiled build, where there is one


def main() -> None:
    """Run the parts that were named, or all of them."""
    for name in sys.argv[1:] or list(PARTS):
        if name == "compiled" and not has_build():
            print("\n== compiled: left out, run `make compile` first", flush=True)
            continue
        title, command = PARTS[name]
        print(f"\n== {name}: {title}", flush=True)
        _run(command, ROOT)
        if name in COMPILED_TOO and has_build():
            _run(command, BUILD, ROOT)


def _run(command: tuple[str, ...], *path: Path) -> None:
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, path))}
    # -P: the folder at hand must not win over the compiled build.
    subprocess.run([sys.executable, "-P", *command], check=True, cwd=ROOT, env=env)


main()
