"""What `manage.py check` says about an installation, and that models have their migrations."""

from __future__ import annotations

import shutil
from itertools import chain
from pathlib import Path

import pytest
from django.core.management import call_command
from pytest_django import Settings

from detector import checks
from detector.inference.methods import METHODS
from detector.inference.runtime import WEIGHTS_DIR
from detector.tests.factories.processes import HEAVY, loaded_after
from detector.tests.factories.signing import identity

PEM = identity().anchor


def ids(weights: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    monkeypatch.setattr(checks, "WEIGHTS_DIR", weights)
    found = checks.weights_are_present()
    assert all(message.hint for message in found)
    return [str(message.id) for message in found]


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    """As the shipped weights, with empty files."""
    for folder in chain(["fusion"], *(spec.weights for spec in METHODS.values())):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "metrics.json").touch()
    (tmp_path / "fusion" / "config.json").touch()
    return tmp_path


def test_what_ships_is_complete() -> None:
    assert checks.weights_are_present() == []
    assert (WEIGHTS_DIR / "fusion").is_dir()


def test_a_complete_folder_is_silent(weights: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert ids(weights, monkeypatch) == []


def test_a_missing_fusion_is_an_error(weights: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (weights / "fusion" / "config.json").unlink()
    assert ids(weights, monkeypatch) == ["detector.E001"]


@pytest.mark.parametrize(
    ("key", "folder"), [(key, folder) for key, spec in METHODS.items() for folder in spec.weights]
)
def test_missing_weights_are_a_warning(
    weights: Path, monkeypatch: pytest.MonkeyPatch, key: str, folder: str
) -> None:
    shutil.rmtree(weights / folder)
    assert ids(weights, monkeypatch) == ["detector.W001"]
    assert METHODS[key].title in checks.weights_are_present()[0].msg


@pytest.mark.slow
def test_checking_loads_no_heavy_library(tmp_path: Path) -> None:
    code = (
        "import django; django.setup()\n"
        "from django.core.management import call_command; call_command('check')"
    )
    assert loaded_after(code, HEAVY, tmp_path) == []


@pytest.mark.django_db
def test_every_change_of_a_model_has_its_migration() -> None:
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (None, "cannot be read: No such file"),
        ("hello", "holds no certificate in PEM"),
        ("-----BEGIN CERTIFICATE-----", "holds a certificate that cannot be read"),
        (f"{PEM[:200]}\n{PEM[300:]}", "holds a certificate that cannot be read"),
        (f"{PEM}\n-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----", "cannot be read"),
    ],
)
def test_a_trust_list_without_certificates_is_an_error(
    tmp_path: Path, settings: Settings, text: str | None, said: str
) -> None:
    settings.C2PA_TRUST_ANCHORS = tmp_path / "anchors.pem"
    if text is not None:
        settings.C2PA_TRUST_ANCHORS.write_text(text)
    (message,) = checks.trust_lists_are_certificates()
    assert message.id == "detector.E002" and said in message.msg and "anchors.pem" in message.msg


def test_no_trust_list_and_one_with_a_certificate_are_fine(
    tmp_path: Path, settings: Settings
) -> None:
    settings.C2PA_TRUST_ANCHORS = None
    assert checks.trust_lists_are_certificates() == []
    settings.C2PA_TRUST_ANCHORS = tmp_path / "anchors.pem"
    settings.C2PA_TRUST_ANCHORS.write_text(f"# Zertifizierungsstelle für Prüfer\n{PEM}", "utf-8")
    assert checks.trust_lists_are_certificates() == []
