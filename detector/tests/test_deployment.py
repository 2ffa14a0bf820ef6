"""The files for operators hold together with commands, settings, metrics and shipped data."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import subprocess
from configparser import RawConfigParser
from pathlib import Path

import pytest
import yaml
from django.test import Client

from detector.inference.weights.folder import check_digests
from detector.tests.factories.processes import ROOT

DEPLOY = ROOT / "docs" / "deploy"
UNITS = ["ai-image-detector.service", "ai-image-detector-backup.service"]
HARDENED = {
    "NoNewPrivileges": "yes",
    "CapabilityBoundingSet": "",
    "ProtectSystem": "strict",
    "ProtectHome": "yes",
    "PrivateTmp": "yes",
    "PrivateDevices": "yes",
    "RestrictNamespaces": "yes",
    "SystemCallArchitectures": "native",
    "UMask": "0077",
}


def read_unit(name: str) -> dict[str, list[str]]:
    """The settings of a service; one may be there several times."""
    lines = (DEPLOY / name).read_text().splitlines()
    pairs = [line.split("=", 1) for line in lines if re.match(r"\w+=", line)]
    return {key: [value for other, value in pairs if other == key] for key, _ in pairs}


@pytest.mark.parametrize("name", UNITS)
def test_a_unit_is_hardened_and_runs_commands_of_this_project(name: str) -> None:
    unit = read_unit(name)
    assert {key: unit[key][0] for key in HARDENED} == HARDENED
    assert unit["User"] == ["ai-image-detector"]
    commands = re.findall(r"manage\.py (\w+)", "\n".join(unit["ExecStart"]))
    own = {path.stem for path in (ROOT / "detector" / "management" / "commands").glob("*.py")}
    assert commands and set(commands) <= own


@pytest.mark.parametrize("name", UNITS)
def test_a_unit_sets_settings_that_there_are(name: str) -> None:
    source = (ROOT / "ai_image_detector" / "settings.py").read_text()
    known = set(re.findall(r'(?:env_\w+|environ\.get)\("([A-Z_0-9]+)"', source))
    (line,) = read_unit(name)["Environment"]
    names = {part.split("=")[0] for part in line.split()} - {"PYTHONDONTWRITEBYTECODE"}
    assert names and names <= known


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd")
@pytest.mark.parametrize("name", UNITS)
def test_systemd_rates_a_unit_as_little_exposed(name: str) -> None:
    command = ["systemd-analyze", "security", "--offline=true", "--threshold=30", "--no-pager"]
    done = subprocess.run([*command, str(DEPLOY / name)], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-300:] + done.stderr


def test_the_services_of_the_compose_file_are_hardened() -> None:
    services = yaml.safe_load((ROOT / "compose.yaml").read_text())["services"]
    own = [one for one in services.values() if one["image"] == "ai-image-detector"]
    assert len(own) == 3
    for service in own:
        assert service["read_only"] and service["cap_drop"] == ["ALL"]
        assert service["security_opt"] == ["no-new-privileges:true"]


def test_the_timer_starts_its_service() -> None:
    parser = RawConfigParser(strict=False)
    parser.optionxform = str  # type: ignore[assignment, method-assign]
    parser.read(DEPLOY / "ai-image-detector-backup.timer")
    assert parser["Timer"]["OnCalendar"] == "daily"
    assert (DEPLOY / "ai-image-detector-backup.service").is_file()


# Metrics


@pytest.mark.django_db
def test_dashboard_and_alerts_ask_for_metrics_that_there_are(client: Client) -> None:
    client.get("/")
    told = client.get("/metrics").content.decode()
    known = set(re.findall(r"^# TYPE (\w+)", told, re.MULTILINE))
    known |= {f"{name}_bucket" for name in known}
    dashboard = json.loads((DEPLOY / "grafana.json").read_text())
    rules = yaml.safe_load((DEPLOY / "alerts.yml").read_text())
    asked = [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]
    asked += [rule["expr"] for group in rules["groups"] for rule in group["rules"]]
    names = {name for expression in asked for name in re.findall(r"detector_\w+", expression)}
    assert len(names) > 8 and names <= known, names - known


# Supply chain


def third_party() -> list[tuple[str, str, str]]:
    """Place, licence and digest of each row of the table in docs/security.md."""
    page = (ROOT / "docs" / "security.md").read_text()
    row = r"^\| `([^`]+)` \| [^|]+ \| ([^|]+) \| `([0-9a-f]{64}|SHA256SUMS)` \|$"
    return re.findall(row, page, re.MULTILINE)


def test_data_of_others_ship_with_licence_and_digest() -> None:
    rows = {name: (licence.strip(), digest) for name, licence, digest in third_party()}
    trust = {path.relative_to(ROOT).as_posix() for path in (ROOT / "detector/trust").glob("*.pem")}
    weights = {
        path.parent.relative_to(ROOT).as_posix()
        for path in ROOT.glob("detector/weights/*/model.safetensors")
    }
    assert rows.keys() == trust | weights
    for name in trust:
        assert rows[name] == ("CC BY 4.0", hashlib.sha256((ROOT / name).read_bytes()).hexdigest())
    for name in weights:
        assert rows[name] == ("Apache 2.0", "SHA256SUMS")
        assert "license: apache-2.0" in (ROOT / name / "README.md").read_text()
        check_digests(ROOT / name)


def test_every_lock_has_hashes() -> None:
    for path in (ROOT / "locks").glob("*.txt"):
        packages = re.findall(r"^[\w.-]+(?:\[[^]]*\])?===?\S+", path.read_text(), re.MULTILINE)
        parts = re.split(r"^(?=[\w.-]+(?:\[[^]]*\])?==)", path.read_text(), flags=re.MULTILINE)[1:]
        assert len(parts) == len(packages) > 3
        assert all("--hash=sha256:" in part for part in parts), path.name


OPTIONS = ("requirements", "--output-reproducible", "-o")


@pytest.mark.slow
def test_the_list_of_components_names_every_package_of_serving_with_its_hashes(
    tmp_path: Path,
) -> None:
    recipe = (ROOT / "Makefile").read_text()
    assert "cyclonedx-py requirements --output-reproducible" in recipe
    target = tmp_path / "sbom.json"
    program = ROOT / ".venv" / "bin" / "cyclonedx-py"
    if not program.exists():
        pytest.skip("cyclonedx-py is not installed")
    lock = ROOT / "locks" / "serve.txt"
    command = [str(one) for one in (program, *OPTIONS, target, lock)]
    subprocess.run(command, check=True, capture_output=True)
    components = json.loads(target.read_text())["components"]
    names = {component["name"].lower() for component in components}
    wanted = set(re.findall(r"^([\w.-]+)==", lock.read_text(), re.MULTILINE))
    assert {name.lower() for name in wanted} == names
    assert all(one["externalReferences"][0]["hashes"] for one in components)


# The table of threats


def test_every_test_that_the_table_names_is_there() -> None:
    page = (ROOT / "docs" / "security.md").read_text()
    named = re.findall(r"`(detector/tests/[\w/]+\.py)(?:::(\w+))?`", page)
    assert len(named) > 25
    for path, name in named:
        source = (ROOT / path).read_text()
        assert not name or f"def {name}(" in source, f"{path}::{name}"
