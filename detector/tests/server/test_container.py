"""Dockerfile and compose.yaml hold together with settings, locks and commands.

There is no engine for containers here: what the image would hold is copied into a folder, and the
commands of compose.yaml run there at real servers, without any library of training.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from fnmatch import fnmatch
from functools import cache
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.core.management import get_commands

from detector.tests.factories import backends
from detector.tests.factories.backends import KEYS, free_port, wait_until
from detector.tests.factories.pictures import encode, photo
from detector.tests.factories.processes import ROOT
from detector.tests.factories.servers import RunningServer
from detector.tests.factories.serving import block_training
from detector.tests.factories.sites import PACKAGES

# What libraries read by themselves; operations.md names the keys.
OF_LIBRARIES = {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"}
OURS = ("prepare", "web", "worker")
# Megabytes: the system and Python below the image, generously, and the most that all may take.
BASE, MOST = 150, 1200


def read_dockerfile() -> list[tuple[str, str]]:
    """Instructions and their arguments, with continued lines put together."""
    text = (ROOT / "Dockerfile").read_text().replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return [(line.split(None, 1)[0], line.split(None, 1)[1]) for line in lines]


def stages() -> list[list[tuple[str, str]]]:
    parts: list[list[tuple[str, str]]] = []
    for instruction, rest in read_dockerfile():
        if instruction == "FROM":
            parts.append([])
        parts[-1].append((instruction, rest))
    return parts


def compose() -> dict[str, Any]:
    read: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text())
    return read


def fill_in(text: str, values: dict[str, str]) -> str:
    """As Compose replaces variables."""

    def replace(match: re.Match[str]) -> str:
        return values.get(match[1]) or match[2] or ""

    return re.sub(r"\$\{(\w+)(?::-([^}]*)|:\?[^}]*)?\}", replace, text)


# Dockerfile


def test_the_image_installs_the_locks_of_serving_and_of_several_machines_alone() -> None:
    building, _ = stages()
    installs = [rest for _, rest in building if "pip install" in rest]
    assert len(installs) == 1 and "--require-hashes" in installs[0]
    assert set(re.findall(r"\S+\.txt", installs[0])) == {"/locks/serve.txt", "/locks/scale.txt"}
    assert not any("pip" in rest for _, rest in stages()[1])


def test_the_image_is_nobodys_root_and_says_whether_it_lives() -> None:
    final = stages()[-1]
    names = [instruction for instruction, _ in final]
    user = next(rest for instruction, rest in final if instruction == "USER")
    assert user.isdigit() and int(user) > 999
    after = names[names.index("USER") :]
    assert "RUN" not in after and "COPY" not in after and "HEALTHCHECK" in after
    assert json.loads(dict(final)["CMD"]) == ["python", "manage.py", "serve", "--host", "0.0.0.0"]


def test_a_health_check_is_a_program_that_tells_a_server_from_none() -> None:
    command = dict(stages()[-1])["HEALTHCHECK"].partition("CMD ")[2]
    program = [sys.executable, *json.loads(command)[1:]]
    assert subprocess.run(program, stderr=subprocess.DEVNULL).returncode != 0


def copied() -> list[str]:
    """The paths of this project that come into the image."""
    copies = [rest for instruction, rest in stages()[-1] if instruction == "COPY"]
    return [path for rest in copies if "--from" not in rest for path in shlex.split(rest)[:-1]]


def test_everything_copied_is_there_and_let_in() -> None:
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    let_in = {line[1:] for line in ignored if line.startswith("!")}
    assert ignored[1] == "*" and "detector/tests" in ignored
    assert all((ROOT / path).exists() for path in copied())
    assert set(copied()) | {"locks"} == let_in


@pytest.mark.slow
def test_the_image_is_smaller_than_promised() -> None:
    names = set()
    for lock in ("serve", "scale"):
        text = (ROOT / "locks" / f"{lock}.txt").read_text()
        names |= {name for name, rest in re.findall(r"^([\w.-]+)==(.*)", text, re.MULTILINE)}
    installed = sum(map(size_of, names))
    project = sum(size_of_tree(ROOT / path) for path in copied())
    assert installed > 300e6, "the packages were counted"
    assert (installed + project) / 1e6 + BASE < MOST


def size_of(name: str) -> int:
    """Bytes of an installed package; 0 for one of another system."""
    try:
        files = distribution(name).files or []
    except ModuleNotFoundError:
        return 0
    kept = [file for file in files if file.suffix != ".pyc" and not is_removed(str(file))]
    paths = [Path(str(file.locate())) for file in kept]
    return sum(path.stat().st_size for path in paths if path.is_file())


@cache
def removed() -> list[str]:
    """The patterns of what is deleted after the installation."""
    (line,) = [rest for _, rest in stages()[0] if "rm -rf" in rest]
    return line.partition("rm -rf")[2].split()


def is_removed(path: str) -> bool:
    return any(fnmatch(path, end) for pattern in removed() for end in (pattern, f"{pattern}/*"))


def size_of_tree(path: Path) -> int:
    files = path.rglob("*") if path.is_dir() else [path]
    return sum(one.stat().st_size for one in files if one.is_file() and "tests" not in one.parts)


# compose.yaml


def test_the_variables_are_settings() -> None:
    page = (ROOT / "docs" / "operations.md").read_text()
    settings = set(re.findall(r"^\| `([A-Z_0-9]+)` \|", page, re.MULTILINE))
    for name in OURS:
        environment = set(compose()["services"][name]["environment"])
        assert environment <= settings | OF_LIBRARIES, name
    needed = {"SECRET_KEY", "DATABASE_URL", "CELERY_BROKER_URL", "STORAGE_URL"}
    assert all(needed <= set(compose()["services"][name]["environment"]) for name in OURS)


def test_no_secret_has_a_default() -> None:
    text = (ROOT / "compose.yaml").read_text()
    for name in ("SECRET_KEY", "POSTGRES_PASSWORD", *OF_LIBRARIES):
        assert f"${{{name}:?" in text and f"${{{name}:-" not in text


def test_services_wait_for_what_they_need_and_only_the_web_is_reached() -> None:
    services = compose()["services"]
    assert set(services) == {*OURS, "database", "broker", "storage"}
    for name in ("web", "worker"):
        after = services[name]["depends_on"]
        assert after["prepare"]["condition"] == "service_completed_successfully"
    assert [name for name, service in services.items() if "ports" in service] == ["web"]
    assert all(port.startswith("127.0.0.1:") for port in services["web"]["ports"])
    hosts = re.findall(r"(?:@|//)([a-z]+)[:/]", json.dumps(services["web"]["environment"]))
    assert set(hosts) - {"pictures", "detector"} <= set(services) and len(hosts) >= 3


def commands(service: dict[str, Any]) -> list[list[str]]:
    """What a service runs, one program after the other."""
    command = service.get("command", json.loads(dict(stages()[-1])["CMD"]))
    text = command[2] if command[:2] == ["sh", "-c"] else shlex.join(command)
    return [shlex.split(one) for one in text.split("&&")]


@pytest.mark.parametrize("name", OURS)
def test_every_command_is_one_of_this_project(name: str) -> None:
    for command in commands(compose()["services"][name]):
        assert command[:2] == ["python", "manage.py"] and command[2] in get_commands()


# All of it, without an engine


@pytest.fixture
def image(tmp_path: Path) -> Path:
    """A folder with what the image would hold."""
    folder = tmp_path / "app"
    for path in copied():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        if (ROOT / path).is_dir():
            shutil.copytree(ROOT / path, target, ignore=shutil.ignore_patterns("tests", "*cache__"))
        else:
            shutil.copy(ROOT / path, target)
    return folder


@contextmanager
def start(command: list[str], folder: Path, env: dict[str, str]) -> Iterator[subprocess.Popen]:
    """A program of a service; ended at the end, as an engine does."""
    with open(folder.parent / "log", "ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-u", *command[1:]], cwd=folder, env=env, stdout=log, stderr=log
        )
    try:
        yield process
    finally:
        process.terminate()
        process.wait(60)


@pytest.mark.browser
@pytest.mark.slow
def test_the_services_work_together_from_a_fresh_folder(image: Path, tmp_path: Path) -> None:
    backends.need_packages(*PACKAGES)
    with ExitStack() as stack:
        database, _ = stack.enter_context(backends.postgres())
        broker, _ = stack.enter_context(backends.redis(tmp_path))
        storage, _ = stack.enter_context(backends.s3())
        values = KEYS | {"SECRET_KEY": "s" * 50, "POSTGRES_PASSWORD": "p"}
        services = compose()["services"]
        env = services["worker"]["environment"] | services["web"]["environment"]
        env = {name: fill_in(value, values) for name, value in env.items()}
        # The addresses of this machine's servers, and a bucket that is not there yet.
        env |= {"DATABASE_URL": database, "CELERY_BROKER_URL": broker}
        env["STORAGE_URL"] = storage.replace("s3://pictures", "s3://fresh")
        env |= {"DATA_DIR": str(tmp_path / "data"), "PATH": os.environ["PATH"]}
        env |= block_training(tmp_path) | {"PYTHONDONTWRITEBYTECODE": "1"}
        for command in 2 * commands(services["prepare"]):  # started again, it changes nothing
            done = subprocess.run(
                [sys.executable, *command[1:]], cwd=image, env=env, capture_output=True, text=True
            )
            assert done.returncode == 0, done.stderr
        (work,) = commands(services["worker"])
        (serve,) = commands(services["web"])
        stack.enter_context(start(work, image, env))
        port = free_port()
        serve = [*serve[:-1], "127.0.0.1", "--port", str(port)]
        process = stack.enter_context(start(serve, image, env))
        backends.wait_for_port(port, process)
        web = RunningServer(port, tmp_path, process)
        head = '--b\r\nContent-Disposition: form-data; name="image"; filename="a.jpg"\r\n\r\n'
        body = head.encode() + encode(photo(300, 300), "JPEG") + b"\r\n--b--\r\n"
        kind = "multipart/form-data; boundary=b"
        _, text = web.ask("POST", "/api/v1/detections", body, Content_Type=kind)
        url = json.loads(text)["items"][0]["url"]
        wait_until(lambda: json.loads(web.ask("GET", url)[1])["state"] == "done", 180)
        verdict = json.loads(web.ask("GET", url)[1])["result"]["verdict"]
        assert verdict["score"] is not None
        assert web.ask("GET", "/static/css/base.css")[0].status == 200
