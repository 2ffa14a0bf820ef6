"""The settings that the README lists: each has its default and reaches what it is for."""

from __future__ import annotations

import json
import re
import stat
from pathlib import Path
from typing import Any

import pytest
from pytest_django import Settings

from detector import installation
from detector.inference.runtime import TRUST_DIR as SHIPPED_TRUST
from detector.inference.runtime import Runtime
from detector.tests.factories.processes import ROOT, run_python

NAMES = (
    "FORCE_CPU", "MEMORY_CONSTRAINED", "MAX_UPLOAD_MB", "MAX_MEGAPIXELS", "RETENTION_HOURS",
    "DATA_DIR", "FINETUNED_DIR", "C2PA_TRUST_ANCHORS", "SECRET_KEY", "ALLOWED_HOSTS",
    "CSRF_TRUSTED_ORIGINS", "HTTPS", "DEBUG", "LOG_LEVEL",
)  # fmt: skip
TELL = """
import json
import django; django.setup()
from django.conf import settings as s
names = ("FORCE_CPU MEMORY_CONSTRAINED MAX_UPLOAD_MB MAX_MEGAPIXELS RETENTION_HOURS DATA_DIR "
    "FINETUNED_DIR COMPILED_DIR MEDIA_ROOT C2PA_TRUST_ANCHORS HUB_CACHE HUB_ENDPOINT ALLOWED_HOSTS "
    "CSRF_TRUSTED_ORIGINS DEBUG SESSION_COOKIE_SECURE CSRF_COOKIE_SECURE SECURE_PROXY_SSL_HEADER "
    "FILE_UPLOAD_PERMISSIONS FILE_UPLOAD_DIRECTORY_PERMISSIONS SESSION_COOKIE_HTTPONLY "
    "SESSION_COOKIE_SAMESITE").split()
told = {name: getattr(s, name) for name in names}
told["database"] = str(s.DATABASES["default"]["NAME"])
told["level"] = s.LOGGING["loggers"]["detector"]["level"]
print(json.dumps(told, default=str))
"""


def tell(data_dir: Path, monkeypatch: pytest.MonkeyPatch, **env: str) -> dict[str, Any]:
    """The settings of a process with these variables of the environment and no others of ours."""
    for name in (*NAMES, "HF_HUB_CACHE", "HF_ENDPOINT", "HF_HOME"):
        monkeypatch.delenv(name, raising=False)
    done = run_python("-c", TELL, data_dir=data_dir, **env)
    assert done.returncode == 0, done.stderr
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def test_without_an_environment_everything_is_safe_for_one_machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "data"
    told = tell(folder, monkeypatch)
    assert told == {
        "FORCE_CPU": False,
        "MEMORY_CONSTRAINED": False,
        "MAX_UPLOAD_MB": 32,
        "MAX_MEGAPIXELS": 120,
        "RETENTION_HOURS": 24,
        "DATA_DIR": str(folder),
        "FINETUNED_DIR": str(ROOT / "hf_finetuned_models"),
        "COMPILED_DIR": str(folder / "openvino"),
        "MEDIA_ROOT": str(folder / "media"),
        "database": str(folder / "db.sqlite3"),
        "C2PA_TRUST_ANCHORS": None,
        "HUB_CACHE": None,
        "HUB_ENDPOINT": None,
        "ALLOWED_HOSTS": ["localhost", "127.0.0.1", "[::1]"],
        "CSRF_TRUSTED_ORIGINS": [],
        "DEBUG": False,
        "SESSION_COOKIE_SECURE": False,
        "CSRF_COOKIE_SECURE": False,
        # Believed without a proxy in front, the header would let anybody pass for HTTPS.
        "SECURE_PROXY_SSL_HEADER": None,
        "FILE_UPLOAD_PERMISSIONS": 0o600,
        "FILE_UPLOAD_DIRECTORY_PERMISSIONS": 0o700,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "level": "INFO",
    }
    # Sessions, previews and the key are nobody else's.
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((folder / "secret_key").stat().st_mode) == 0o600


def test_every_variable_of_the_environment_is_followed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = tell(
        tmp_path / "data", monkeypatch,
        FORCE_CPU="true", MEMORY_CONSTRAINED="true", MAX_UPLOAD_MB="3", MAX_MEGAPIXELS="4",
        RETENTION_HOURS="5", FINETUNED_DIR=str(tmp_path / "mine"), HF_HUB_CACHE="/cache",
        HF_ENDPOINT="https://hub.example", C2PA_TRUST_ANCHORS=str(tmp_path / "anchors.pem"),
        ALLOWED_HOSTS="a.example", CSRF_TRUSTED_ORIGINS="https://a.example", HTTPS="true",
        DEBUG="true", LOG_LEVEL="warning",
    )  # fmt: skip
    wanted = {
        "FORCE_CPU": True,
        "MEMORY_CONSTRAINED": True,
        "MAX_UPLOAD_MB": 3,
        "MAX_MEGAPIXELS": 4,
        "RETENTION_HOURS": 5,
        "FINETUNED_DIR": str(tmp_path / "mine"),
        "C2PA_TRUST_ANCHORS": str(tmp_path / "anchors.pem"),
        "HUB_CACHE": "/cache",
        "HUB_ENDPOINT": "https://hub.example",
        "ALLOWED_HOSTS": ["a.example"],
        "CSRF_TRUSTED_ORIGINS": ["https://a.example"],
        "DEBUG": True,
        "SESSION_COOKIE_SECURE": True,
        "CSRF_COOKIE_SECURE": True,
        "SECURE_PROXY_SSL_HEADER": ["HTTP_X_FORWARDED_PROTO", "https"],
        "level": "WARNING",
    }
    assert {name: told[name] for name in wanted} == wanted


def test_the_settings_reach_the_methods_and_the_door(settings: Settings, tmp_path: Path) -> None:
    settings.FORCE_CPU, settings.MEMORY_CONSTRAINED = True, True
    settings.HUB_CACHE = str(tmp_path / "hub")
    settings.FINETUNED_DIR, settings.COMPILED_DIR = tmp_path / "mine", tmp_path / "compiled"
    settings.C2PA_TRUST_ANCHORS = tmp_path / "anchors.pem"
    settings.TRUST_DIR = tmp_path / "trust"
    settings.MAX_UPLOAD_MB, settings.MAX_MEGAPIXELS = 3, 5
    assert installation.get_runtime() == Runtime(
        finetuned_dir=tmp_path / "mine",
        compiled_dir=tmp_path / "compiled",
        hub_cache=tmp_path / "hub",
        force_cpu=True,
        memory_constrained=True,
        trust_lists=(SHIPPED_TRUST, tmp_path / "trust"),
        trust_anchors=tmp_path / "anchors.pem",
    )
    limits = installation.get_limits()
    assert (limits.max_bytes, limits.max_pixels) == (3 * 2**20, 5_000_000)


def test_force_cpu_keeps_training_off_every_accelerator(monkeypatch: pytest.MonkeyPatch) -> None:
    import torch

    from detector.training.finetuning.arguments import Arguments
    from detector.training.learning.loop import choose_device

    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert [choose_device(force).type for force in (True, False)] == ["cpu", "cuda"]
    assert [Arguments(device=name).on_device().type for name in ("cpu", "auto")] == ["cpu", "cuda"]


def test_the_environment_is_read_in_one_place_alone() -> None:
    """The README says so of the settings; a library's own variables are no settings of ours."""
    folders = (ROOT / "detector", ROOT / "ai_image_detector")
    sources = [path.relative_to(ROOT) for folder in folders for path in folder.rglob("*.py")]
    product = [path for path in sources if "tests" not in path.parts]
    # Not an assignment: the server says to libraries where its temporary files go.
    read = re.compile(r"os\.(getenv\(|environ(\.get\(|\[[^]]*\](?! = )))")
    found = {path for path in product if read.search((ROOT / path).read_text())}
    assert found == {Path("ai_image_detector", "settings.py")}


def test_operations_lists_every_variable_with_its_default() -> None:
    code = (ROOT / "ai_image_detector" / "settings.py").read_text()
    read = set(re.findall(r'(?:env_\w+|environ\.get)\("([A-Z_0-9]+)"', code))
    page = (ROOT / "docs" / "operations.md").read_text()
    rows = dict(re.findall(r"^\| `([A-Z_0-9]+)` \| (.+?) \|", page, re.MULTILINE))
    assert rows.keys() == read
    plain = re.findall(r'env_(?:int|bool)\("([A-Z_0-9]+)", (\w+)\)', code)
    assert {name: rows[name].strip("`") for name, _ in plain} == {
        name: default.lower() for name, default in plain
    }
