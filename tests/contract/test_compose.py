"""The compose file obeys the Compose specification and mounts only what the repository has.

The specification's JSON Schema comes with check-jsonschema, which the lock file pins.
"""

import json
import re
from importlib import resources
from typing import Any

import jsonschema
import pytest
import yaml

from stream_app.cli.main import COMMANDS
from stream_app.settings import Settings
from tests.support.sources import ROOT, repository_files

Compose = dict[str, Any]
CREDENTIALS = {  # read where they are needed, see stream_app.credentials
    name for path in (ROOT / "stream_app").rglob("*.py")
    for name in re.findall(r'"(PEGEL_[A-Z_]+)"', path.read_text())
}  # fmt: skip


@pytest.fixture(scope="module")
def compose() -> Compose:
    loaded: Compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    return loaded


@pytest.fixture(scope="module")
def specification() -> Compose:
    vendored = resources.files("check_jsonschema.builtin_schemas.vendor")
    schema: Compose = json.loads((vendored / "compose-spec.json").read_text())
    return schema


def _volumes(service: Compose) -> list[str]:
    return [str(volume) for volume in service.get("volumes", [])]


def test_it_is_valid_by_the_compose_specification(compose: Compose, specification: Compose) -> None:
    jsonschema.Draft7Validator(specification).validate(compose)


def test_the_specification_refuses_what_is_no_compose_file(
    compose: Compose, specification: Compose
) -> None:
    broken = {**compose, "services": {"kafka": {"imagee": "apache/kafka:4.1.0"}}}
    with pytest.raises(jsonschema.ValidationError, match="imagee"):
        jsonschema.Draft7Validator(specification).validate(broken)


def test_it_names_no_version_which_compose_calls_obsolete(compose: Compose) -> None:
    assert "version" not in compose


def test_every_port_is_bound_to_this_machine_alone(compose: Compose) -> None:
    ports = [port for service in compose["services"].values() for port in service.get("ports", [])]
    assert ports
    assert not [port for port in ports if not port.startswith("127.0.0.1:")]


def test_whatever_it_mounts_from_the_repository_exists(compose: Compose) -> None:
    sources = {
        volume.split(":")[0]
        for service in compose["services"].values()
        for volume in _volumes(service)
        if volume.startswith("./")
    }
    assert sources
    files = repository_files()  # an empty directory is not in version control
    assert not [s for s in sources if not any(f.is_relative_to(ROOT / s) for f in files)]


def test_every_named_volume_is_declared_and_used(compose: Compose) -> None:
    used = {
        volume.split(":")[0]
        for service in compose["services"].values()
        for volume in _volumes(service)
        if not volume.startswith((".", "/"))
    }
    assert used == set(compose["volumes"])


def test_services_wait_for_services_that_exist_and_can_be_waited_for(compose: Compose) -> None:
    services = compose["services"]
    for name, service in services.items():
        needs = service.get("depends_on", {})
        for other, need in needs.items() if isinstance(needs, dict) else []:
            assert other in services, f"{name} waits for {other}"
            if need["condition"] == "service_healthy":
                assert "healthcheck" in services[other], f"{name} waits for {other}'s health"


def test_every_image_has_a_version(compose: Compose) -> None:
    images = [service["image"] for service in compose["services"].values()]
    assert not [i for i in images if ":" not in i or i.endswith(":latest")]


def test_the_simulator_starts_with_the_demo_profile_only(compose: Compose) -> None:
    profiles = {name: s.get("profiles", []) for name, s in compose["services"].items()}
    assert {name for name, wanted in profiles.items() if wanted} == {"simulator"}
    assert profiles["simulator"] == ["demo"]


def test_the_commands_it_runs_are_commands_of_pegel(compose: Compose) -> None:
    ours = [s["command"] for s in compose["services"].values() if s["image"].startswith("pegel:")]
    assert {command[0] for command in ours} == {"topics", "worker", "wall", "simulate"}
    assert {command[0] for command in ours} <= set(COMMANDS)


def test_its_settings_of_pegel_are_settings_that_pegel_knows(compose: Compose) -> None:
    known = {f"PEGEL_{name.upper()}" for name in Settings.model_fields} | CREDENTIALS
    services = [compose["x-pegel"], *compose["services"].values()]
    named = {name for service in services for name in service.get("environment", {})}
    assert {name for name in named if name.startswith("PEGEL_")} <= known
