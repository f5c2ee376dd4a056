"""How well spikes and drops are found: precision, recall and false alarms, against two rivals.

python -m tests.bench.volume [--tuning]     the table, of the judging seeds if not said otherwise
python -m tests.bench.volume --picture FILE   a week as SVG
"""

import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from tests.support.volume_judging import (
    CLASSES,
    Judgement,
    Score,
    fixed_threshold,
    judge,
    pegel,
    z_score,
)
from tests.support.volume_picture import draw, week_of
from tests.support.volume_traffic import JUDGING, KINDS, TUNING, traffic

WEEKS = 7
PICTURED = 5  # the week of a holiday
TITLE = "A week of a channel: messages in 30 min, what is usual (dashed, with its band), verdicts"
DETECTORS = {"Pegel": pegel, "fixed threshold": fixed_threshold, "z-score, last hour": z_score}


def table(total: dict[str, Judgement]) -> str:
    """The figures in Markdown."""
    lines = ["| detector | false alarms per channel and week (worst channel) | precision |"]
    lines.append("|---|---|---|")
    for name, found in total.items():
        lines.append(
            f"| {name} | {found.false_per_week:.2f} ({found.worst:.1f}) | {found.precision:.2f} |"
        )
    lines += ["", "| expected in 30 min | events | " + " | ".join(total) + " | possible |"]
    lines.append("|---|---|" + "---|" * (len(total) + 1))
    for title, what in (("3× spikes within 5 min", "spikes"), ("outages within 10 min", "outages")):
        lines.append(f"| **{title}** |" + " |" * (len(total) + 2))
        for lowest in (0, *CLASSES):
            lines.extend(_row(lowest, [getattr(found, what) for found in total.values()]))
    return "\n".join(lines)


def _row(lowest: int, by_detector: list[dict[int, Score]]) -> list[str]:
    scores = [scores.get(lowest) for scores in by_detector]
    if scores[0] is None:
        return []
    bounds = (0, *CLASSES, None)
    above = bounds[bounds.index(lowest) + 1]
    title = f"{lowest} to {above}" if above else f"{lowest} and more"
    shares = [f"{s.in_time / s.events:.0%} ({s.at_last / s.events:.0%})" for s in scores if s]
    best = scores[0].best / scores[0].events
    return [f"| {title} | {scores[0].events} | " + " | ".join(shares) + f" | {best:.0%} |"]


def judged(seed: int) -> dict[str, Judgement]:
    """What every detector makes of the channels of one seed."""
    some = [traffic(kind, seed, WEEKS, calm_weeks=2) for kind in KINDS]
    return {name: judge(detector, some) for name, detector in DETECTORS.items()}


def main() -> None:
    """Print the table, or draw a week."""
    if sys.argv[1:2] == ["--picture"]:
        shown = traffic(KINDS[2], JUDGING[0], PICTURED + 1, calm_weeks=2)
        points, episodes = week_of(shown, PICTURED)
        Path(sys.argv[2]).write_text(draw(points, episodes, TITLE), encoding="utf-8")
        return
    seeds = TUNING if "--tuning" in sys.argv else JUDGING
    total = {name: Judgement() for name in DETECTORS}
    with ProcessPoolExecutor() as pool:
        for done, found in enumerate(pool.map(judged, seeds), 1):
            print(f"{done} of {len(seeds)} seeds", file=sys.stderr, flush=True)
            for name, judgement in found.items():
                total[name].add(judgement)
    print(table(total))


if __name__ == "__main__":
    main()
