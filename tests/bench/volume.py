"""How well spikes and drops are found: precision, recall and false alarms, against two rivals.

python -m tests.bench.volume [--tuning]     the table, of the judging seeds if not said otherwise
python -m tests.bench.volume --picture FILE   a week as SVG
"""

import sys
from concurrent.futures import ProcessPoolExecutor
from itertools import pairwise
from pathlib import Path

from tests.support.volume_judging import (
    CLASSES,
    ENOUGH_FOR_OUTAGES,
    ENOUGH_FOR_SPIKES,
    Judgement,
    Score,
    fixed_threshold,
    judge,
    pegel,
    z_score,
)
from tests.support.volume_picture import draw, week_of
from tests.support.volume_traffic import JUDGING, KINDS, TUNING, Kind, traffic

WEEKS = 7
PICTURED = 5  # the week of a holiday
TITLE = "A week of a channel: messages in 30 min, what is usual (dashed, with its band), verdicts"
_NO_END = 1_000_000
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
    for title, what, least in (
        ("3× spikes within 5 min", "spikes", ENOUGH_FOR_SPIKES),
        ("outages within 10 min", "outages", ENOUGH_FOR_OUTAGES),
    ):
        lines.append(f"| **{title}** |" + " |" * (len(total) + 2))
        scores = [getattr(one, what) for one in total.values()]
        lines.extend(_row(low, above, scores) for low, above in pairwise((0, *CLASSES, _NO_END)))
        lines.extend(_row(low, _NO_END, scores) for low in (120, least))
    return "\n".join(line for line in lines if line)


def _row(lowest: int, above: int, by_detector: list[dict[int, Score]]) -> str:
    """The events of some classes: how many, how many were found by each, and could be found."""
    sums = []
    for scores in by_detector:
        sums.append(Score())
        for bound, score in scores.items():
            if lowest <= bound < above:
                sums[-1].join(score)
    if not sums[0].events:
        return ""
    title = f"{lowest} to {above}" if above < _NO_END else f"{lowest} and more"
    shares = [f"{s.in_time / s.events:.1%} ({s.at_last / s.events:.0%})" for s in sums]
    best = sums[0].best / sums[0].events
    return f"| {title} | {sums[0].events} | " + " | ".join(shares) + f" | {best:.1%} |"


def judged(one: tuple[Kind, int]) -> dict[str, Judgement]:
    """What every detector makes of the channel of one kind and seed."""
    kind, seed = one
    some = [traffic(kind, seed, WEEKS, calm_weeks=2)]
    return {name: judge(detector, some) for name, detector in DETECTORS.items()}


def main() -> None:
    """Print the table, or draw a week."""
    if sys.argv[1:2] == ["--picture"]:
        shown = traffic(KINDS[3], JUDGING[0], PICTURED + 1, calm_weeks=2)
        points, episodes = week_of(shown, PICTURED)
        Path(sys.argv[2]).write_text(draw(points, episodes, TITLE), encoding="utf-8")
        return
    seeds = TUNING if "--tuning" in sys.argv else JUDGING
    channels = [(kind, seed) for seed in seeds for kind in KINDS]
    total = {name: Judgement() for name in DETECTORS}
    with ProcessPoolExecutor() as pool:
        for done, found in enumerate(pool.map(judged, channels), 1):
            print(f"{done} of {len(channels)} channels", file=sys.stderr, flush=True)
            for name, judgement in found.items():
                total[name].add(judgement)
    print(table(total))


if __name__ == "__main__":
    main()
