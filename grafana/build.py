"""Writes every dashboard as the JSON that Grafana provisions: `python -m grafana.build`."""

import json
from pathlib import Path
from typing import Any, Final

from grafana import alerts, channel_sla, pipeline, team_lead, wall

FOLDER: Final = Path(__file__).parent / "dashboards"
DASHBOARDS: Final = {
    "alerts.json": alerts.dashboard,
    "channel-sla.json": channel_sla.dashboard,
    "pipeline.json": pipeline.dashboard,
    "team-lead.json": team_lead.dashboard,
    "wall.json": wall.dashboard,
}


def rendered(dashboard: dict[str, Any]) -> str:
    """The text of a dashboard file."""
    return json.dumps(dashboard, indent=2, ensure_ascii=False) + "\n"


def main() -> None:
    """Write all files."""
    FOLDER.mkdir(exist_ok=True)
    for name, build in DASHBOARDS.items():
        (FOLDER / name).write_text(rendered(build()), encoding="utf-8")


if __name__ == "__main__":
    main()
