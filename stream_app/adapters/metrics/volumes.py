"""The volume of every channel of the owned tenants: what came, what is usual, and the verdict."""

from collections.abc import Iterable
from typing import Final

from stream_app.adapters.metrics import catalogue
from stream_app.adapters.metrics.families import Families
from stream_app.adapters.metrics.labels import VERDICTS
from stream_app.adapters.metrics.sources import VolumeSource

_FIGURES: Final = {
    "observed": catalogue.VOLUME,
    "expected": catalogue.VOLUME_EXPECTED,
    "low": catalogue.VOLUME_LOW,
    "high": catalogue.VOLUME_HIGH,
}


def add_volumes(out: Families, jobs: Iterable[VolumeSource]) -> None:
    """Add the readings of all jobs; a figure that is not known has no series."""
    for job in jobs:
        for tenant, channel, reading in job.volumes():
            for name, metric in _FIGURES.items():
                value = getattr(reading, name)
                if value is not None:
                    out.add(metric, (tenant, channel), value)
            for verdict in VERDICTS:
                labels = (tenant, channel, verdict)
                out.add(catalogue.VOLUME_VERDICT, labels, float(verdict == reading.verdict))
