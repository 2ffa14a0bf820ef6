"""The lock files say what pyproject.toml says: `make lock` was not forgotten."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
GROUPS: dict[str, list[str]] = tomllib.loads((ROOT / "pyproject.toml").read_text())[
    "dependency-groups"
]
HEAVY = {"torch", "torchvision", "transformers", "datasets", "evaluate", "scikit-learn", "timm"}


def locked(name: str) -> dict[str, set[str]]:
    """Package to versions; Python versions may need different ones."""
    found: dict[str, set[str]] = {}
    for package, version in re.findall(r"^([\w.-]+)==([^\s;\\]+)", read(name), re.MULTILINE):
        found.setdefault(package, set()).add(version)
    return found


def read(name: str) -> str:
    return (ROOT / "locks" / f"{name}.txt").read_text()


def pins(group: str) -> dict[str, str]:
    """Package to the one version that the group names."""
    found: dict[str, str] = {}
    for line in GROUPS[group]:
        requirement = Requirement(line)
        (specifier,) = requirement.specifier
        assert specifier.operator in ("==", "==="), f"{line} is not pinned"
        found[canonicalize_name(requirement.name)] = specifier.version
    return found


@pytest.mark.parametrize("group", GROUPS)
def test_a_lock_has_the_versions_of_its_group(group: str) -> None:
    versions = locked(group)
    assert {name: versions.get(name) for name in pins(group)} == {
        name: {version} for name, version in pins(group).items()
    }


@pytest.mark.parametrize("group", GROUPS)
def test_every_locked_package_has_a_hash(group: str) -> None:
    lines = read(group).splitlines()
    packages = [n for n, line in enumerate(lines) if "==" in line]
    assert packages and all("--hash=sha256:" in lines[n + 1] for n in packages)


def test_the_locks_can_be_installed_together() -> None:
    versions: dict[str, set[frozenset[str]]] = {}
    for group in GROUPS:
        for name, found in locked(group).items():
            versions.setdefault(name, set()).add(frozenset(found))
    assert [name for name, found in versions.items() if len(found) > 1] == []


def test_serving_needs_no_training_library() -> None:
    assert HEAVY & set(locked("serve")) == set()


def test_requirements_are_the_complete_list() -> None:
    lines = (ROOT / "requirements.txt").read_text().splitlines()
    pinned = [line for line in lines if line[0] != "#"]
    listed = {str(canonicalize_name(Requirement(line).name)): line for line in pinned}
    wanted = {name: version for group in GROUPS for name, version in pins(group).items()}
    assert {name: line.rpartition("=")[2] for name, line in listed.items()} == wanted
    assert "torch===" in listed["torch"], "or pip takes a local build that has no torchvision"
