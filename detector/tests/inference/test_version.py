"""The one notion of version: what changes it, and what it tells apart."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import detector
from detector.inference import version as versions
from detector.inference.version import (
    code_digest,
    digest_sources,
    weights_part,
    without_context,
    write_version,
)


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    (tmp_path / "methods").mkdir()
    (tmp_path / "verdict.py").write_text("THRESHOLD = 0.9\n")
    (tmp_path / "methods" / "one.py").write_text("")
    return tmp_path


def test_the_number_stands_in_the_changelog_alone() -> None:
    changelog = (Path(detector.__file__).parent.parent / "CHANGELOG.md").read_text()
    newest = re.search(r"^## (\S+)", changelog, re.MULTILINE)
    assert newest and newest[1] == detector.__version__


def test_a_changed_line_of_code_changes_the_digest(sources: Path) -> None:
    before = digest_sources([sources], [])
    (sources / "methods" / "one.py").write_text("x = 1\n")
    assert digest_sources([sources], []) != before


def test_a_renamed_source_changes_the_digest(sources: Path) -> None:
    before = digest_sources([sources], [])
    (sources / "verdict.py").rename(sources / "verdicts.py")
    assert digest_sources([sources], []) != before


def test_what_is_no_source_does_not_change_the_digest(sources: Path) -> None:
    before = digest_sources([sources], [])
    (sources / "verdict.cpython-311.pyc").write_bytes(b"\0")
    assert digest_sources([sources], []) == before


def test_another_release_of_a_library_changes_the_digest(sources: Path) -> None:
    assert digest_sources([sources], ["12.0.0"]) != digest_sources([sources], ["13.0.0"])


def test_the_releases_in_use_are_known() -> None:
    # A package that is misspelt here would never change the version.
    assert "unknown" not in map(versions._release, versions.LIBRARIES)


def test_the_code_that_answers_is_in_the_version() -> None:
    assert code_digest()[: versions.DIGITS] in write_version("weights")


def test_weights_and_code_are_told_apart() -> None:
    old, new = write_version("a" * 64, code="1" * 64), write_version("a" * 64, code="2" * 64)
    assert old != new and weights_part(old) == weights_part(new) != ""
    assert weights_part(write_version("b" * 64, code="1" * 64)) != weights_part(old)


def test_the_context_is_the_last_part_and_no_part_of_what_is_measured() -> None:
    measured = write_version("a" * 64, code="1" * 64)
    full = write_version("a" * 64, code="1" * 64, context="f" * 64)
    assert full == f"{measured}.ffffffff" and without_context(full) == measured
    assert without_context(measured) == measured and weights_part(full) == "a" * 8


def test_a_version_of_the_older_form_names_no_weights() -> None:
    assert weights_part("0.1.0+677899f6") == ""
