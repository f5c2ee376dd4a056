"""What is promised of the detector of unusual volume, on traffic that it was not tuned with.

False alarms: at most one per channel and week. Of spikes to three times the usual 95 % are found within 5 minutes where
enough messages are expected for it to be possible, of full outages in open hours 95 % within 10 minutes.
"""

from concurrent.futures import ProcessPoolExecutor

from tests.support.volume_judging import (
    ENOUGH_FOR_OUTAGES,
    ENOUGH_FOR_SPIKES,
    Judgement,
    judge,
    pegel,
)
from tests.support.volume_traffic import JUDGING, KINDS, Kind, traffic

WEEKS = 6  # two of them to learn, the last with a change of the clocks and a holiday
PROMISED = 0.95


def judged(one: tuple[Kind, int]) -> Judgement:
    kind, seed = one
    return judge(pegel, [traffic(kind, seed, WEEKS, calm_weeks=2)])


def test_spikes_and_outages_are_found_in_time_with_few_false_alarms() -> None:
    found = Judgement()
    with ProcessPoolExecutor() as pool:
        for one in pool.map(judged, [(kind, seed) for kind in KINDS[2:] for seed in JUDGING[:2]]):
            found.add(one)
    spikes = found.recall(found.spikes, ENOUGH_FOR_SPIKES)
    outages = found.recall(found.outages, ENOUGH_FOR_OUTAGES)
    print(f"{found.false_per_week:.2f} false alarms per channel and week, {spikes=}, {outages=}")
    assert found.false_per_week <= 1
    assert spikes[1] > 40
    assert outages[1] > 40
    assert spikes[0] >= PROMISED * spikes[1]
    assert outages[0] >= PROMISED * outages[1]
