"""What an analysis process can still do if a picture takes it over: the tests try from inside."""

from __future__ import annotations

import fcntl
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest
from django.conf import settings

from detector import installation
from detector.analysis import child, confinement
from detector.analysis.answers import Job, NotReady, Setup
from detector.analysis.confinement import AUTO, OFF, REQUIRED, NotConfined, find_landlock
from detector.analysis.pool import AnalysisProcess, _without_secrets
from detector.analysis.scratch import Scratch, find_rules
from detector.inference.images import Limits
from detector.inference.pipeline import Detector
from detector.inference.runtime import WEIGHTS_DIR, Runtime
from detector.sweep import sweep
from detector.tests.factories.credentials import AI, PICTURES
from detector.tests.factories.pictures import encode, noise
from detector.tests.factories.processes import ROOT
from detector.tests.factories.signing import sign

try:
    find_landlock()
    import pyseccomp  # noqa: F401

    can_confine = True
except (OSError, RuntimeError):
    can_confine = False
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not can_confine, reason="this kernel has no Landlock, or no libseccomp"),
]

TRY = """
import json, os, sys
def attempt(step):
    try:
        return repr(step())
    except BaseException as error:
        return type(error).__name__
def read(path):
    with open(path, "rb") as file:
        return len(file.read(10))
def write(path):
    with open(path, "wb") as file:
        return file.write(b"x")
"""


@pytest.fixture
def private(tmp_path: Path) -> Path:
    """A data folder: what is in it is nobody's business."""
    folder = tmp_path / "data"
    (folder / "tmp").mkdir(parents=True)
    (folder / "secret_key").write_text("secret")
    return folder


@pytest.fixture
def setup(private: Path, tmp_path: Path) -> Setup:
    runtime = Runtime(tmp_path / "finetuned", private / "openvino", hub_cache=tmp_path / "hub")
    return Setup(
        runtime, 1024 * 2**20, settings.LOGGING, ("forensics",), REQUIRED,
        private=(private,), scratch=private / "tmp",
    )  # fmt: skip


def attempt(setup: Setup, **steps: str) -> dict[str, str]:
    """What comes of each step, which is an expression of Python, within a confined process."""
    lines = [f"    {name}=attempt(lambda: {step})," for name, step in steps.items()]
    code = TRY + "print(json.dumps(dict(\n" + "\n".join(lines) + "\n)))"
    scratch = Scratch(setup.scratch)
    try:
        rules = find_rules(setup, scratch.path).to_json()
        command = [sys.executable, "-m", confinement.__name__, rules, "-c", code]
        done = subprocess.run(
            command, cwd=ROOT, env=os.environ | {"TMPDIR": str(scratch.path)},
            capture_output=True, text=True, timeout=60,
        )  # fmt: skip
    finally:
        scratch.delete()
    assert done.returncode == 0, done.stderr
    said: dict[str, str] = json.loads(done.stdout)
    return said


def test_it_reaches_no_network(setup: Setup) -> None:
    said = attempt(
        setup,
        tcp="__import__('socket').create_connection(('127.0.0.1', 1))",
        udp="__import__('socket').socket(2, 2)",
        unix="__import__('socket').socket(1, 1)",
        name="__import__('socket').getaddrinfo('example.org', 443)",
        page="__import__('urllib.request').request.urlopen('http://127.0.0.1:1')",
    )
    names = dict.fromkeys(("tcp", "udp", "unix"), "PermissionError")
    assert said == names | {"name": "gaierror", "page": "URLError"}


def test_it_writes_its_scratch_folder_alone(setup: Setup, private: Path, tmp_path: Path) -> None:
    said = attempt(
        setup,
        inside="write(os.environ['TMPDIR'] + '/a')",
        library="__import__('tempfile').TemporaryFile().write(b'x')",
        beside=f"write({str(private / 'tmp' / 'a')!r})",
        data=f"write({str(private / 'a')!r})",
        over=f"write({str(private / 'secret_key')!r})",
        elsewhere=f"write({str(tmp_path / 'a')!r})",
        program=f"write({str(ROOT / 'detector' / 'a.py')!r})",
        weights=f"write({str(WEIGHTS_DIR / 'fusion' / 'a')!r})",
        compiled=f"os.mkdir({str(private / 'openvino')!r})",
        removed=f"os.remove({str(private / 'secret_key')!r})",
        renamed=f"os.rename({str(private / 'secret_key')!r}, os.environ['TMPDIR'] + '/key')",
        linked=f"os.link({str(private / 'secret_key')!r}, os.environ['TMPDIR'] + '/key')",
        opened=f"os.chmod({str(private)!r}, 0o777)",
        cut=f"os.truncate({str(private / 'secret_key')!r}, 0)",
    )
    assert (said.pop("inside"), said.pop("library")) == ("1", "1")
    assert said.pop("linked") in ("PermissionError", "OSError")
    assert said.pop("renamed") in ("PermissionError", "OSError")
    assert set(said.values()) == {"PermissionError"}, said
    assert (private / "secret_key").read_text() == "secret"


def test_it_reads_its_program_and_weights_and_nothing_private(
    setup: Setup, private: Path, tmp_path: Path
) -> None:
    (tmp_path / "other").write_text("x")
    said = attempt(
        setup,
        program=f"read({str(ROOT / 'detector' / '__init__.py')!r})",
        weights=f"read({str(WEIGHTS_DIR / 'fusion' / 'config.json')!r})",
        key=f"read({str(private / 'secret_key')!r})",
        other=f"len(os.listdir({str(private)!r}))",
        shadow="read('/etc/shadow')",
        hosts="read('/etc/hosts')",
        home="os.listdir(os.path.expanduser('~'))",
        parent="read(f'/proc/{os.getppid()}/environ')",
        memory="read(f'/proc/{os.getppid()}/mem')",
    )
    assert (said.pop("program"), said.pop("weights")) == ("10", "10")
    assert set(said.values()) == {"PermissionError"}, said


def test_it_starts_no_other_program(setup: Setup) -> None:
    again = "import socket; socket.socket()"
    said = attempt(
        setup,
        shell="os.system('true')",
        true="__import__('subprocess').run(['/bin/true'])",
        script="os.execv('/bin/sh', ['sh', '-c', 'true'])",
        python=f"__import__('subprocess').run([sys.executable, '-c', {again!r}],"
        " stderr=-3).returncode",
    )
    # The shell that cannot be started ends with 127; Python itself stays confined.
    assert int(said.pop("shell")) != 0 and said.pop("python") == "1"
    assert set(said.values()) == {"PermissionError"}, said


def test_it_harms_no_other_process(setup: Setup) -> None:
    said = attempt(
        setup,
        signal="os.kill(os.getppid(), 0)",
        trace="__import__('ctypes').CDLL(None, use_errno=True).ptrace(16, os.getppid(), 0, 0)",
        ring="__import__('ctypes').CDLL(None).syscall(425, 1, 0)",
    )
    assert said == {"signal": "PermissionError", "trace": "-1", "ring": "-1"}


def test_the_environment_holds_no_secret() -> None:
    secrets = {
        "SECRET_KEY": "a", "DATABASE_URL": "a", "STORAGE_URL": "a", "CELERY_BROKER_URL": "a",
        "METRICS_TOKEN": "a", "AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "a",
        "PGPASSWORD": "a", "HF_TOKEN": "a", "GOOGLE_APPLICATION_CREDENTIALS": "a",
    }  # fmt: skip
    needed = {"PATH": "b", "LANG": "b", "LD_LIBRARY_PATH": "b", "OMP_NUM_THREADS": "b"}
    assert _without_secrets(secrets | needed) == needed


# The process itself


@pytest.fixture
def process(setup: Setup) -> Iterator[AnalysisProcess]:
    process = AnalysisProcess(setup)
    yield process
    process.end()


def job() -> Job:
    return Job(encode(noise(64, 64), "PNG"), Limits(), 60)


def test_a_confined_process_analyses_and_all_its_threads_are_held(
    process: AnalysisProcess,
) -> None:
    assert process.analyse(job()).file.width == 64
    assert process._process is not None
    status = Path(f"/proc/{process._process.pid}/status").read_text()
    for line in ("NoNewPrivs:\t1", "Seccomp:\t2"):
        assert line in status
    # All threads: those of libraries, too.
    tasks = Path(f"/proc/{process._process.pid}/task").glob("*/status")
    assert all("Seccomp:\t2" in task.read_text() for task in tasks)


@pytest.mark.parametrize(
    ("mode", "held", "level"),
    [
        (AUTO, "seccomp, Landlock 7", "INFO"),
        (AUTO, "seccomp, no Landlock (it is not there)", "WARNING"),
        (AUTO, "no seccomp (it is not there), no Landlock (it is not there)", "WARNING"),
        (OFF, "nothing, by the setting", "INFO"),
    ],
)
def test_the_log_says_what_holds_a_process_and_warns_where_something_is_missing(
    caplog: pytest.LogCaptureFixture, mode: str, held: str, level: str
) -> None:
    caplog.set_level("INFO", "detector.analysis.child")
    child._say_what_holds(mode, held)
    (record,) = caplog.records
    assert record.levelname == level and held in record.getMessage()


def test_what_an_analysis_leaves_in_its_folder_is_deleted(
    process: AnalysisProcess, private: Path
) -> None:
    process.analyse(job())
    (folder,) = (private / "tmp").iterdir()
    (folder / "left").write_text("a picture")
    (folder / "folder").mkdir()
    (folder / "folder" / "left").write_text("a picture")
    process.analyse(job())
    assert folder.is_dir() and not list(folder.iterdir())
    process.end()
    assert not list((private / "tmp").iterdir())


@pytest.mark.django_db
def test_the_folder_of_a_worker_that_was_killed_is_swept_while_others_serve(
    setup: Setup, private: Path, settings
) -> None:
    settings.DATA_DIR, settings.TEMP_DIR = private, private / "tmp"
    alive = Scratch(private / "tmp")
    child = os.fork()
    if not child:
        dead = Scratch(private / "tmp")
        (dead.path / "picture").write_text("a picture")
        os.kill(os.getpid(), 9)
    os.waitpid(child, 0)
    with open(private / "serving.lock", "a") as file:
        fcntl.flock(file, fcntl.LOCK_SH)
        assert len(list((private / "tmp").iterdir())) == 2
        sweep()
    assert list((private / "tmp").iterdir()) == [alive.path]
    alive.delete()


def test_the_setting_reaches_the_processes(settings) -> None:
    settings.ANALYSIS_SANDBOX = "REQUIRED"
    setup = installation.get_setup()
    assert setup.sandbox == "REQUIRED" and setup.private == (settings.DATA_DIR,)
    assert setup.scratch == settings.TEMP_DIR


# Where the system does not have it


@pytest.fixture
def no_landlock(monkeypatch: pytest.MonkeyPatch) -> None:
    def hold(rules: object) -> str:
        raise OSError(38, "Function not implemented")

    monkeypatch.setattr(confinement, "_hold_by_landlock", hold)
    monkeypatch.setattr(confinement, "_hold_by_seccomp", lambda rules: "seccomp")
    # The process of the tests keeps its rights.
    monkeypatch.setattr(confinement, "_drop_capabilities", lambda: None)


def test_what_is_missing_is_said(setup: Setup, no_landlock: None, tmp_path: Path) -> None:
    rules = find_rules(setup, tmp_path)
    said = confinement.confine(rules._replace(mode=AUTO))
    assert said == "seccomp, no Landlock ([Errno 38] Function not implemented)"
    assert confinement.confine(rules._replace(mode=OFF)) == "nothing, by the setting"
    with pytest.raises(NotConfined, match="required; missing: Landlock"):
        confinement.confine(rules._replace(mode=REQUIRED))


def test_required_means_no_analysis_without(
    setup: Setup, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A library that cannot be found stands for a system without it."""
    (tmp_path / "pyseccomp.py").write_text("raise RuntimeError('no libseccomp')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    process = AnalysisProcess(setup)
    with pytest.raises(NotReady):
        process.analyse(job())
    process.end()
    process = AnalysisProcess(setup._replace(sandbox=AUTO))
    assert process.analyse(job()).file.width == 64
    process.end()


def test_new_weights_without_a_network_get_a_new_process(
    monkeypatch: pytest.MonkeyPatch, setup: Setup
) -> None:
    """Only at its start a process may write networks, and only if there are any to write."""
    versions = iter(["1", "1", "2"])
    monkeypatch.setattr(child, "_warm_up", lambda detector: "1")
    monkeypatch.setattr(child, "_take_up_weights", lambda detector, version: version)
    monkeypatch.setattr(child, "has_unconverted", lambda runtime: True)
    monkeypatch.setattr(Detector, "version", property(lambda self: next(versions)))
    answered: list[object] = []
    monkeypatch.setattr(child, "_answer", lambda *args: answered.append(args))

    class Channel:
        def recv(self) -> Job:
            return job()

        def send_bytes(self, acknowledgement: bytes) -> None: ...

    child._answer_all(cast(Any, Channel()), Detector(setup.runtime), 0, is_confined=True)
    assert len(answered) == 2


def test_a_file_with_credentials_is_read_as_before(process: AnalysisProcess) -> None:
    """Their reader is a process of its own, which the confined one starts."""
    signed = sign(PICTURES["JPEG"], "JPEG", AI)
    (method,) = process.analyse(Job(signed, Limits(), 60)).verdict.methods
    assert method.status != "error"
    (exhibit,) = [one for one in method.exhibits if one.kind == "credentials"]
    assert exhibit.data["signature"] == "valid"
