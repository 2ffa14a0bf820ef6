"""The environment: optional, and refused loudly where it makes no sense."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from ai_image_detector import settings as project
from detector.tests.factories.pictures import bad_exif
from detector.tests.factories.processes import run_python

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    ("value", "meaning"),
    [("true", True), ("True", True), (" 1 ", True), ("false", False), ("0", False), ("", False)],
)
def test_booleans_are_read(monkeypatch: pytest.MonkeyPatch, value: str, meaning: bool) -> None:
    monkeypatch.setenv("SWITCH", value)
    assert project.env_bool("SWITCH", not meaning) is meaning


@pytest.mark.parametrize("default", [True, False])
def test_a_missing_boolean_has_its_default(default: bool) -> None:
    assert project.env_bool("SURELY_NOT_SET", default) is default


@pytest.mark.parametrize("value", ["yes", "on", "2", "tru"])
def test_other_booleans_are_refused_by_name(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("SWITCH", value)
    with pytest.raises(ImproperlyConfigured, match=f"SWITCH is '{value}'; accepted are"):
        project.env_bool("SWITCH", False)


@pytest.mark.parametrize("value", ["0", "-1", "1.5", "many", "²", "1_000", "0x10"])
def test_other_numbers_are_refused_by_name(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("NUMBER", value)
    with pytest.raises(ImproperlyConfigured, match="NUMBER is .*; accepted are whole numbers"):
        project.env_int("NUMBER", 3)


def test_numbers_lists_and_paths_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NUMBER", "12")
    monkeypatch.setenv("HOSTS", " a.example, ,b.example ")
    monkeypatch.setenv("FOLDER", "~/pictures")
    monkeypatch.setenv("EMPTY", "")
    assert project.env_int("NUMBER", 3) == 12
    assert project.env_list("HOSTS", "") == ["a.example", "b.example"]
    assert project.env_path("FOLDER", Path("/x")) == Path.home() / "pictures"
    assert project.env_path("EMPTY", Path("/x")) == Path("/x")


def test_the_secret_key_is_made_once_and_kept_private(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SECRET_KEY", raising=False)
    path = tmp_path / "secret_key"
    key = project.secret_key(path)
    assert len(key) >= 50 and project.secret_key(path) == key
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [path]


def test_of_two_first_starts_at_once_one_key_wins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SECRET_KEY", raising=False)
    path = tmp_path / "secret_key"

    def be_overtaken() -> str:
        path.write_text("the other's key")
        return "ours"

    monkeypatch.setattr(project, "get_random_secret_key", be_overtaken)
    assert project.secret_key(path) == "the other's key"
    assert list(tmp_path.iterdir()) == [path]


def test_a_secret_key_of_the_environment_needs_no_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET_KEY", "given")
    assert project.secret_key(tmp_path / "secret_key") == "given"
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("command", ["check", "detect"])
@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("MAX_UPLOAD_MB", "lots", "MAX_UPLOAD_MB is 'lots'; accepted are whole numbers from 1 to"),
        ("RETENTION_HOURS", "9" * 5000, "is '99999999999999999999'; accepted are whole numbers"),
        ("MAX_MEGAPIXELS", "0", "MAX_MEGAPIXELS is '0'; accepted are whole numbers from 1 to"),
        ("FORCE_CPU", "maybe", "FORCE_CPU is 'maybe'; accepted are true and false."),
        ("SHARE_RESULTS", "some", "SHARE_RESULTS is 'some'; accepted are true and false."),
        ("SWEEP_SECONDS", "0", "SWEEP_SECONDS is '0'; accepted are whole numbers from 1 to"),
        ("LOG_LEVEL", "loud", "LOG_LEVEL is 'LOUD'; accepted are DEBUG, INFO, WARNING, ERROR,"),
        ("DATA_DIR", "manage.py", "manage.py cannot be made a folder: File exists."),
        ("DATA_DIR", "manage.py/data", "manage.py/data cannot be made a folder: Not a directory."),
        (
            "DATA_DIR",
            "~no-one/data",
            "DATA_DIR is '~no-one/data': Could not determine home",
        ),
        (
            "FINETUNED_DIR",
            "~no-one",
            "FINETUNED_DIR is '~no-one': Could not determine home",
        ),
        ("DJANGO_SETTINGS_MODULE", "nonsense", "DJANGO_SETTINGS_MODULE is 'nonsense': No module"),
        ("DJANGO_SETTINGS_MODULE", "ai_image_detector.none", "No module named 'ai_image_detector."),
        ("DJANGO_SETTINGS_MODULE", "ai_image_detector.a.b", "No module named 'ai_image_detector.a"),
    ],
)
def test_a_bad_value_stops_the_start_with_its_name(
    tmp_path: Path, command: str, name: str, value: str, said: str
) -> None:
    done = run_python("manage.py", command, ".", data_dir=tmp_path, **{name: value})
    assert done.returncode == 1
    assert done.stderr.startswith("The settings are not right: ") and said in done.stderr
    assert name in done.stderr and done.stderr.count("\n") == 1


def test_a_value_that_is_empty_is_as_good_as_none(tmp_path: Path) -> None:
    names = ("LOG_LEVEL", "FORCE_CPU", "MAX_UPLOAD_MB", "FINETUNED_DIR", "C2PA_TRUST_ANCHORS")
    empty = dict.fromkeys(names, "")
    done = run_python("manage.py", "check", data_dir=tmp_path, **empty)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("content", [None, b"\xff\xfe"])
def test_a_secret_key_that_cannot_be_read_stops_the_start(
    tmp_path: Path, content: bytes | None
) -> None:
    path = tmp_path / "secret_key"
    path.mkdir() if content is None else path.write_bytes(content)
    done = run_python("manage.py", "check", data_dir=tmp_path, SECRET_KEY="")
    assert done.returncode == 1 and done.stderr.count("\n") == 1
    assert f"the secret key in {path} can be neither made nor read" in done.stderr


def test_the_data_folder_is_made_even_where_the_key_is_given(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "data"
    done = run_python("manage.py", "migrate", "contenttypes", data_dir=folder, SECRET_KEY="x" * 50)
    assert done.returncode == 0, done.stderr
    assert (folder / "db.sqlite3").is_file()


def test_a_damaged_file_does_not_write_into_the_log(tmp_path: Path) -> None:
    path = tmp_path / "bad.jpg"
    path.write_bytes(bad_exif())
    code = (
        "import django; django.setup()\nfrom pathlib import Path\n"
        f"from detector.installation import read_image\nread_image(Path({str(path)!r}))"
    )
    done = run_python("-c", code, data_dir=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
