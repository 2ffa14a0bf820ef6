"""What `manage.py doctor` says: each fault has a line with its remedy; the exit status tells."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.db import connection
from pytest_django import Settings

from detector.management.diagnosis import packages, weights
from detector.models import Heartbeat
from detector.reports.keys import get_signing_key, write_public_key
from detector.tests.factories.processes import run_python
from detector.tests.factories.signing import identity

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def as_at_home(settings: Settings) -> None:
    """Without what the tests themselves open."""
    settings.DATA_DIR.chmod(0o700)
    settings.ALLOWED_HOSTS = ["localhost"]


def ask() -> str:
    """What it says of an installation without a fault."""
    out = io.StringIO()
    call_command("doctor", stdout=out, no_color=True)
    return out.getvalue()


def ask_with_fault() -> str:
    out = io.StringIO()
    with pytest.raises(CommandError, match="Number of faults: [1-9]"):
        call_command("doctor", stdout=out, no_color=True)
    return out.getvalue()


def find(said: str, words: str) -> str:
    (line,) = [line for line in said.splitlines() if words in line]
    return line.strip()


@pytest.mark.slow
def test_an_installation_that_works_has_no_fault(settings: Settings) -> None:
    settings.ANALYSIS_ENGINE = "EMBEDDED"
    said = ask()
    assert "FAULT" not in said
    assert find(said, "packages for serving").startswith("ok")
    assert find(said, "statistical is as it shipped").startswith("ok")
    assert find(said, "C2PA list of 20").startswith("ok")
    assert find(said, "No worker").startswith("note") and "manage.py work" in said
    assert find(said, "There is no administrator").startswith("note")
    Heartbeat.objects.beat("w", 1)
    User.objects.create_superuser("root")
    said = ask()
    assert "number of workers: 1" in find(said, "Engine embedded")
    assert find(said, "Number of administrators: 1").startswith("ok")


@pytest.mark.slow
def test_a_missing_package_is_named_with_the_command_that_installs_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    known = packages._installed
    monkeypatch.setattr(packages, "_installed", lambda name: known(name) if name != "ray" else None)
    line = find(ask(), "scanning on a Ray cluster")
    assert line.startswith("note") and "missing: ray." in line and "make ray" in line
    monkeypatch.setattr(packages, "_installed", lambda name: known(name) if name > "n" else None)
    line = find(ask_with_fault(), "Packages for serving")
    assert line.startswith("FAULT") and "django" in line and "make run" in line


@pytest.mark.slow
def test_another_release_than_was_tested_is_a_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    known = packages._installed

    def installed(name: str) -> str | None:
        return {"pillow": "1.0", "numpy": f"{known('numpy')}+local"}.get(name) or known(name)

    monkeypatch.setattr(packages, "_installed", installed)
    line = find(ask(), "another release")
    assert line.startswith("warning") and "pillow 1.0" in line and "numpy" not in line


def test_without_the_list_of_packages_the_rest_is_told(settings: Settings, tmp_path: Path) -> None:
    settings.BASE_DIR = tmp_path
    said = ask()
    assert find(said, "pyproject.toml is missing").startswith("note")
    assert "C2PA list" in said


@pytest.mark.slow
def test_rights_of_others_are_a_warning_with_the_remedy(settings: Settings) -> None:
    settings.DATA_DIR.chmod(0o755)
    line = find(ask(), "The data folder has")
    assert line.startswith("warning") and f"chmod 700 {settings.DATA_DIR}" in line
    key = settings.DATA_DIR / "secret_key"
    key.touch(0o644)
    key.chmod(0o644)
    assert "chmod 600" in find(ask(), "The secret key has")
    key.unlink()


@pytest.mark.slow
def test_the_key_of_the_reports_is_told_and_a_broken_one_is_a_fault(
    settings: Settings, tmp_path: Path
) -> None:
    settings.REPORT_KEY = tmp_path / "key.pem"
    assert find(ask(), "No report was signed").startswith("note")
    public = write_public_key(get_signing_key().public_key())
    assert find(ask(), public).startswith("ok")
    settings.REPORT_KEY.chmod(0o644)
    assert "chmod 600" in find(ask(), "The key of the reports has")
    settings.REPORT_KEY.write_text("none")
    assert str(settings.REPORT_KEY) in find(ask_with_fault(), "The key of the reports in")


def test_a_database_of_an_earlier_version_is_a_fault() -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'detector'")
    assert "manage.py migrate" in find(ask_with_fault(), "earlier version")


def test_weights_that_are_missing_are_a_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(weights, "WEIGHTS_DIR", tmp_path)
    said = ask_with_fault()
    assert "Restore detector/weights" in find(said, "dinov2/SHA256SUMS is missing")


@pytest.mark.slow
def test_trust_is_told_and_a_broken_list_is_a_fault(settings: Settings, tmp_path: Path) -> None:
    settings.C2PA_TRUST_ANCHORS = tmp_path / "anchors.pem"
    settings.C2PA_TRUST_ANCHORS.write_text(identity().anchor)
    assert find(ask(), "list of this installation").startswith("ok")
    settings.C2PA_TRUST_ANCHORS.write_text("none")
    assert "FAULT" in ask_with_fault()
    settings.C2PA_TRUST_ANCHORS, settings.C2PA_TRUST_LIST = None, False
    assert find(ask(), "C2PA are off").startswith("warning")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("ALLOWED_HOSTS", ["*"], "accepts every name"),
        ("ALLOWED_HOSTS", ["example.org"], "has a public name"),
        ("HTTPS", True, "believed to be the proxy"),
        ("API_OPEN", True, "API answers everybody"),
        ("LOG_DETAILS", True, "log holds digests"),
    ],
)
def test_what_is_open_is_a_warning(
    settings: Settings, name: str, value: object, words: str
) -> None:
    assert words not in ask()
    setattr(settings, name, value)
    assert find(ask(), words).startswith("warning")


def test_debug_is_a_fault(settings: Settings) -> None:
    settings.DEBUG = True
    assert "DEBUG is on" in ask_with_fault()


@pytest.mark.slow
def test_without_a_database_it_answers_all_the_same(tmp_path: Path) -> None:
    done = run_python("manage.py", "doctor", data_dir=tmp_path)
    assert done.returncode == 1 and "Traceback" not in done.stderr
    assert "manage.py migrate" in done.stdout and "Number of faults: 2" in done.stderr
    (tmp_path / "db.sqlite3").write_bytes(b"damaged" * 1000)
    done = run_python("manage.py", "doctor", data_dir=tmp_path)
    assert done.returncode == 1 and "Traceback" not in done.stderr
    assert "manage.py restore" in done.stdout
