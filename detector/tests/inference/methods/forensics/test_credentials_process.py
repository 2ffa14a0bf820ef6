"""The child process that reads manifests: it has no rights, and its failures stay its own."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from detector.inference.methods.forensics.c2pa import credentials_child, credentials_process
from detector.inference.methods.forensics.c2pa.credentials_child import MEMORY
from detector.inference.methods.forensics.c2pa.credentials_process import CredentialsProcess
from detector.inference.methods.forensics.containers.metadata import Unreadable
from detector.inference.trust_lists import Trust, TrustList
from detector.tests.factories.pictures import encode, noise
from detector.tests.factories.processes import loaded_after, run_python
from detector.tests.factories.servers import PATIENCE, wait_for
from detector.tests.factories.signing import action, identity, sign

pytestmark = pytest.mark.slow

AI = action("c2pa.created", "trainedAlgorithmicMedia")
PHOTO = encode(noise(), "JPEG")
SIGNED = sign(PHOTO, "JPEG", AI)
linux = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")


@pytest.fixture
def process() -> Iterator[CredentialsProcess]:
    """A process of the test's own, gone afterwards."""
    process = CredentialsProcess()
    yield process
    process._end()


@pytest.fixture
def late(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The children whose time was over: their deadline kills them from a thread of its own."""
    kill, late = credentials_process._kill, []

    def record(child: credentials_process.Child) -> None:
        if threading.current_thread() is not threading.main_thread():
            late.append(child.pid)
        kill(child)

    monkeypatch.setattr(credentials_process, "_kill", record)
    return late


def ask(process: CredentialsProcess, data: bytes = SIGNED) -> str:
    return str(process.report("image/jpeg", data).get("validation_state"))


def pid(process: CredentialsProcess) -> int:
    assert process._child is not None
    return process._child.pid


def test_one_child_serves_many_pictures(process: CredentialsProcess) -> None:
    assert ask(process) == "Valid"
    first = pid(process)
    assert process.report("image/jpeg", PHOTO) == {"error": "damaged"}
    assert ask(process) == "Valid"
    assert pid(process) == first


def test_an_answer_that_nobody_waited_for_is_never_given_for_another_picture(
    process: CredentialsProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask(process)
    with monkeypatch.context() as patch:

        def fail(*args: object) -> bytes:
            raise MemoryError

        patch.setattr(credentials_process, "receive", fail)
        with pytest.raises(Unreadable, match="no_answer"):
            ask(process)
    assert process.report("image/jpeg", PHOTO) == {"error": "damaged"}


def test_a_machine_without_room_for_a_child_is_unreadable(
    process: CredentialsProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*args: object, **options: object) -> None:
        raise BlockingIOError

    monkeypatch.setattr(subprocess, "Popen", fail)
    with pytest.raises(Unreadable, match="no_start"):
        ask(process)


def test_a_child_that_hangs_is_replaced(process: CredentialsProcess, late: list[int]) -> None:
    assert credentials_process.SECONDS == 2.0
    ask(process)
    hanging = pid(process)
    os.kill(hanging, signal.SIGSTOP)
    with pytest.raises(Unreadable):
        ask(process)
    assert late == [hanging]
    assert ask(process) == "Valid"
    assert pid(process) != hanging


def test_a_large_file_for_a_child_that_hangs_is_given_up(
    process: CredentialsProcess, late: list[int]
) -> None:
    ask(process)
    hanging = pid(process)
    os.kill(hanging, signal.SIGSTOP)
    with pytest.raises(Unreadable):
        ask(process, bytes(5_000_000))  # more than a pipe holds: writing waits
    assert late == [hanging]


def test_a_child_that_was_killed_is_replaced(process: CredentialsProcess) -> None:
    ask(process)
    os.kill(pid(process), signal.SIGKILL)
    os.waitid(os.P_PID, pid(process), os.WEXITED | os.WNOWAIT)
    assert ask(process) == "Valid"


READY = "import os, sys, time; out = lambda b: os.write(1, len(b).to_bytes(4, 'big') + b); "
BROKEN = {
    "rubbish": READY + "out(b'{}'); out(b'rubbish')",
    "no object": READY + "out(b'{}'); out(b'[1]')",
    "deep": READY + "out(b'{}'); out(b'[' * 100_000)",
    "too much": READY + "out(b'{}'); os.write(1, b'\\xff' * 4)",
    "half": READY + "out(b'{}'); os.write(1, b'\\0\\0\\0\\xff12')",
    "crash": READY + "out(b'{}'); sys.stdin.buffer.read(9); os.abort()",
    "end at the start": "raise ImportError",
    "rubbish at the start": "print('Traceback')",
}


@pytest.mark.parametrize("broken", BROKEN)
def test_whatever_the_child_does_is_unreadable(
    broken: str,
    process: CredentialsProcess,
    late: list[int],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """At once: no deadline is waited for."""
    script = tmp_path / "child.py"
    script.write_text("import resource; resource.setrlimit(4, (0, 0))\n" + BROKEN[broken])
    monkeypatch.setattr(credentials_process, "program", str(script))
    monkeypatch.setattr(credentials_process, "SECONDS", PATIENCE)
    for _ in range(2):
        with pytest.raises(Unreadable):
            ask(process)
    assert late == []
    monkeypatch.undo()
    assert ask(process) == "Valid"


def test_a_child_that_never_gets_ready_is_given_up(
    process: CredentialsProcess, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = tmp_path / "child.py"
    script.write_text("import time; time.sleep(60)")
    monkeypatch.setattr(credentials_process, "program", str(script))
    monkeypatch.setattr(credentials_process, "START_SECONDS", 0.3)
    with pytest.raises(Unreadable, match="no_start"):
        ask(process)


@linux
def test_memory_is_limited_and_enough(process: CredentialsProcess) -> None:
    pixels = np.random.default_rng(1).integers(0, 256, (3000, 3500, 3), dtype=np.uint8)
    large = sign(encode(Image.fromarray(pixels), "PNG", compress_level=0), "PNG", AI)
    assert len(large) > 30 * 2**20
    assert process.report("image/png", large)["validation_state"] == "Valid"
    with pytest.raises(Unreadable):
        ask(process, bytes(MEMORY + 2**20))
    assert ask(process) == "Valid"


@linux
def test_the_child_can_open_nothing(process: CredentialsProcess) -> None:
    ask(process)
    proc = Path(f"/proc/{pid(process)}")
    limits = {
        line[:25].strip(): line[25:].split() for line in (proc / "limits").read_text().splitlines()
    }
    files = sorted(int(path.name) for path in (proc / "fd").iterdir())
    assert limits["Max open files"][:2] == [str(len(files))] * 2
    assert files == list(range(len(files)))
    assert not any(os.readlink(proc / "fd" / str(n)).startswith("socket:") for n in files)
    assert limits["Max core file size"][:2] == ["0", "0"]
    assert int(limits["Max cpu time"][0]) < 10
    assert int(limits["Max data size"][1]) < 300 * 2**20
    assert (proc / "environ").read_bytes() == b""


def test_nothing_is_fetched() -> None:
    """Neither a manifest elsewhere nor the list of revoked certificates that one names."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"http://127.0.0.1:{server.getsockname()[1]}/"
        named = sign(PHOTO, "JPEG", AI, who=identity("Revocable", ocsp=address))
        remote = sign(PHOTO, "JPEG", AI, remote_url=address + "a.c2pa")
        process = CredentialsProcess()
        assert address.encode() in remote
        own = TrustList("own", (identity("Revocable", ocsp=address).anchor,))
        report = process.report("image/jpeg", named, Trust((own,)).request())
        assert report["validation_state"] == "Trusted"
        assert process.report("image/jpeg", remote) == {"error": "remote"}
        process._end()
        server.settimeout(0.2)
        with pytest.raises(TimeoutError):
            server.accept()


def test_threads_share_a_child(process: CredentialsProcess) -> None:
    def work(number: int) -> tuple[str, str]:
        other = encode(noise(16 + number, 16), "JPEG")
        return ask(process, SIGNED), str(process.report("image/jpeg", other))

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(work, range(24)))
    assert answers == [("Valid", "{'error': 'damaged'}")] * 24


def test_an_interrupt_during_the_start_leaves_no_child(
    process: CredentialsProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    started = []

    def interrupt(child: credentials_process.Child) -> bytes:
        started.append(child)
        raise KeyboardInterrupt

    monkeypatch.setattr(credentials_process, "_ask", interrupt)
    with pytest.raises(KeyboardInterrupt):
        ask(process)
    (child,) = started
    assert child.wait(5) < 0 and child.stdin is not None and child.stdin.closed


def test_a_fork_starts_a_child_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """Even when another thread held the lock at that moment, and the child was hanging."""
    process = credentials_process.PROCESS
    ask(process)
    first = pid(process)
    os.kill(first, signal.SIGSTOP)
    answers: list[str] = []
    waiting = threading.Thread(target=lambda: answers.append(ask(process)))
    waiting.start()
    while not process._lock.locked():
        time.sleep(0.01)
    forked = os.fork()
    if forked == 0:
        good = False
        try:
            good = ask(process) == "Valid" and pid(process) != first
        finally:
            process._end()
            os._exit(0 if good else 1)
    os.kill(first, signal.SIGCONT)
    assert os.waitstatus_to_exitcode(os.waitpid(forked, 0)[1]) == 0
    waiting.join(10)
    assert answers == ["Valid"]


ASK_AND_DIE = """
import os, signal
from detector.inference.methods.forensics.c2pa.credentials_process import PROCESS
PROCESS.report("image/jpeg", b"")
fork = os.fork() if {fork} else None
if fork == 0:
    os.close(1); os.close(2)
    signal.pause()
print(PROCESS._child.pid, fork or "", flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.parametrize("fork", [False, True], ids=["alone", "with a fork that lives on"])
def test_the_child_dies_with_its_parent(fork: bool, tmp_path: Path) -> None:
    done = run_python("-c", ASK_AND_DIE.format(fork=fork), data_dir=tmp_path)
    assert done.returncode == -signal.SIGKILL, done.stderr
    child, *forks = map(int, done.stdout.split())
    try:
        wait_for(lambda: not _lives(child))
        assert all(map(_lives, forks))
    finally:
        for forked in forks:
            os.kill(forked, signal.SIGKILL)


def _lives(number: int) -> bool:
    try:
        os.kill(number, 0)
    except ProcessLookupError:
        return False
    stat = Path(f"/proc/{number}/stat")
    return not (stat.exists() and stat.read_text().rpartition(")")[2].split()[0] == "Z")


def test_neither_side_loads_what_it_does_not_need(tmp_path: Path) -> None:
    parent = "import detector.inference.methods.forensics"
    assert loaded_after(parent, ["c2pa", "cryptography", "django"], tmp_path) == []
    child = f"import runpy; runpy.run_path({credentials_child.__file__!r}); import c2pa"
    unwanted = ["detector", "django", "numpy", "PIL", "torch"]
    assert loaded_after(child, unwanted, tmp_path) == []
