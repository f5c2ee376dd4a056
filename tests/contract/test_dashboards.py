"""Dashboards are what the code builds, explain themselves, and ask only for what exists."""

import json
from typing import Any, Final

import pytest
import yaml

from grafana.build import DASHBOARDS, FOLDER, rendered
from grafana.panels import WIDTH
from tests.support.promql import complaints, rules, selected
from tests.support.sources import ROOT

BUILT: Final = {name: build() for name, build in DASHBOARDS.items()}
PANELS: Final = [
    pytest.param(panel, id=f"{name}: {panel['title']}")
    for name, dashboard in BUILT.items()
    for panel in dashboard["panels"]
    if panel["type"] != "row"
]
each_dashboard = pytest.mark.parametrize("name", BUILT)
each_panel = pytest.mark.parametrize("panel", PANELS)


@each_dashboard
def test_the_committed_file_is_what_the_code_builds(name: str) -> None:
    assert (FOLDER / name).read_text() == rendered(BUILT[name]), "run: python -m grafana.build"


def test_there_is_no_file_that_no_code_builds() -> None:
    assert {path.name for path in FOLDER.glob("*.json")} == set(BUILT)


@each_dashboard
def test_a_dashboard_can_be_provisioned(name: str) -> None:
    dashboard = json.loads((FOLDER / name).read_text())
    assert dashboard["schemaVersion"] == 41
    assert dashboard["editable"] is False
    assert dashboard["uid"].startswith("pegel-")
    numbers = [panel["id"] for panel in dashboard["panels"]]
    assert len(set(numbers)) == len(numbers)


@each_dashboard
def test_panels_lie_on_the_grid_and_not_on_each_other(name: str) -> None:
    taken: set[tuple[int, int]] = set()
    for panel in BUILT[name]["panels"]:
        place = panel["gridPos"]
        columns = range(place["x"], place["x"] + place["w"])
        cells = {(x, y) for x in columns for y in range(place["y"], place["y"] + place["h"])}
        assert columns.stop <= WIDTH
        assert not taken & cells, panel["title"]
        taken |= cells


@each_panel
def test_a_panel_has_title_description_and_unit(panel: dict[str, Any]) -> None:
    assert panel["title"]
    assert panel["description"].endswith(".")
    assert panel["fieldConfig"]["defaults"]["unit"]


@each_panel
def test_a_panel_does_not_show_nothing_as_zero(panel: dict[str, Any]) -> None:
    assert panel["fieldConfig"]["defaults"]["noValue"] == "no data"
    assert not panel["fieldConfig"]["defaults"]["custom"].get("spanNulls")
    assert not any("vector(0)" in target["expr"] for target in panel["targets"])


@each_panel
def test_a_query_asks_for_what_exists_and_reads_counters_as_slopes(panel: dict[str, Any]) -> None:
    assert panel["targets"]
    for target in panel["targets"]:
        assert target["datasource"]["uid"] == "${datasource}"
        assert selected(target["expr"])
        assert complaints(target["expr"]) == []


@each_dashboard
def test_marks_on_the_time_axis_ask_for_what_exists(name: str) -> None:
    for mark in BUILT[name]["annotations"]["list"]:
        assert complaints(mark["expr"]) == []


def test_the_wall_can_be_read_from_across_the_room() -> None:
    panels = [panel for panel in BUILT["wall.json"]["panels"] if panel["type"] != "row"]
    assert len(panels) <= 10


def test_dashboards_have_names_of_their_own_and_lead_to_each_other() -> None:
    assert len(BUILT) == len({built["uid"] for built in BUILT.values()}) == 5
    assert len({built["title"] for built in BUILT.values()}) == 5
    for built in BUILT.values():
        (link,) = built["links"]
        assert set(link["tags"]) <= set(built["tags"])


def test_rules_and_runbooks_lead_to_dashboards_that_exist() -> None:
    addresses = {f"/d/{built['uid']}" for built in BUILT.values()}
    assert {rule["annotations"]["dashboard_url"] for rule in rules("alert")} <= addresses


def test_a_query_for_what_does_not_exist_would_be_found() -> None:
    assert complaints("engagement_nonsense") == ["engagement_nonsense does not exist"]
    assert complaints('engagement_open_conversations{colour="red"}') == [
        "engagement_open_conversations has no label colour"
    ]
    assert complaints("sum(engagement_messages_total)") == [
        "engagement_messages_total is read without a slope"
    ]
    with pytest.raises(ValueError, match="unclosed left parenthesis"):
        complaints("sum(rate(engagement_messages_total[5m])")


def test_the_data_source_has_the_uid_that_dashboards_expect() -> None:
    path = ROOT / "grafana" / "provisioning" / "datasources" / "prometheus.yaml"
    sources = yaml.safe_load(path.read_text())["datasources"]
    variables = {v["name"]: v for v in BUILT["wall.json"]["templating"]["list"]}
    assert sources[0]["uid"] == variables["datasource"]["current"]["value"] == "prometheus"


def test_the_provider_reads_the_folder_that_the_compose_file_mounts() -> None:
    path = ROOT / "grafana" / "provisioning" / "dashboards" / "pegel.yaml"
    provider = yaml.safe_load(path.read_text())["providers"][0]
    compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    mounts = compose["services"]["grafana"]["volumes"]
    assert f"./grafana/dashboards:{provider['options']['path']}:ro" in mounts
    assert provider["allowUiUpdates"] is False


def test_runbooks_name_panels_that_exist() -> None:
    titles = {panel["title"] for dashboard in BUILT.values() for panel in dashboard["panels"]}
    pages = [path.read_text() for path in (ROOT / "docs" / "runbooks").glob("*.md")]
    for named in ("Lag", "Partition states", "Records per second", "Engine time by step"):
        assert named in titles
        assert any(f"*{named}*" in page for page in pages)
