"""Analysis processes as they are: killed, starved, out of time, worn out, left alone."""

from __future__ import annotations

import os
import re
import shutil
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, cast

import pytest
from django.conf import settings

from detector.analysis import child
from detector.analysis import pool as pool_module
from detector.analysis.answers import (
    BrokenOff,
    Job,
    NeedsMemory,
    NotReady,
    Setup,
    TooSlow,
)
from detector.analysis.deadline import LONGEST
from detector.analysis.pool import AnalysisProcess, Pool
from detector.analysis.work import carry_out
from detector.inference.images import ImageError, Limits
from detector.inference.pipeline import Detector
from detector.inference.runtime import WEIGHTS_DIR, Runtime
from detector.tests.factories.pictures import encode, noise
from detector.tests.factories.processes import run_python
from detector.tests.factories.stubs import make_stub

pytestmark = pytest.mark.slow

PATIENCE = 60.0  # seconds, for a machine that has other things to do
LARGE = 2500  # pixels a side: long at work, compared with what a test does meanwhile


@pytest.fixture(scope="module")
def runtime(tmp_path_factory: pytest.TempPathFactory) -> Runtime:
    """Only the fusion has weights here: a process with the shipped networks is slow to start."""
    weights = tmp_path_factory.mktemp("weights")
    shutil.copytree(WEIGHTS_DIR / "fusion", weights / "fusion")
    folder = tmp_path_factory.mktemp("nothing")
    return Runtime(folder, folder, weights_dir=weights, hub_cache=folder, force_cpu=True)


@pytest.fixture(scope="module")
def setup(runtime: Runtime) -> Setup:
    return Setup(runtime, 1024 * 2**20, settings.LOGGING)


@pytest.fixture(scope="module")
def process(setup: Setup) -> Iterator[AnalysisProcess]:
    """One process for the tests that leave it as they found it, or let it be replaced."""
    process = AnalysisProcess(setup)
    yield process
    process.end()


@pytest.fixture
def make_pool(setup: Setup) -> Iterator[Callable[[], Pool]]:
    pools: list[Pool] = []

    def make() -> Pool:
        pools.append(Pool(setup, processes=1))
        return pools[-1]

    yield make
    for pool in pools:
        the_process(pool).end()


@pytest.fixture
def threads() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(8) as executor:
        yield executor


def the_process(pool: Pool) -> AnalysisProcess:
    process = pool._free.get(timeout=PATIENCE)
    pool._free.put(process)
    return process


def job(side: int = 64, seconds: float = PATIENCE, with_pictures: bool = True) -> Job:
    return Job(encode(noise(side, side), "PNG"), Limits(), seconds, with_pictures)


def pid_of(process: AnalysisProcess) -> int:
    assert process._process is not None
    return process._process.pid


def wait_until(what: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not what():
        assert time.monotonic() < end, "It never came to that."
        time.sleep(0.002)


def lives(pid: int) -> bool:
    """Whether there is such a process, dead ones that nobody has waited for left out."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_the_answer_is_the_same_as_in_this_process(
    process: AnalysisProcess, runtime: Runtime
) -> None:
    far, near = process.analyse(job()), carry_out(Detector(runtime), job())
    assert far.preview == near.preview != b"" and far.error_levels == near.error_levels != b""
    assert far.file == near.file
    assert (far.file.format, far.file.width, far.file.height) == ("PNG", 64, 64)
    assert far.file.size == len(job().data)
    far_verdict, near_verdict = far.verdict.to_dict(), near.verdict.to_dict()
    assert far_verdict["verdict"] == near_verdict["verdict"]
    assert far_verdict["version"] == near_verdict["version"]


def test_pictures_are_drawn_only_where_they_are_wanted(process: AnalysisProcess) -> None:
    analysis = process.analyse(job(with_pictures=False))
    assert analysis.preview == analysis.error_levels == b""


def test_a_file_that_is_refused_leaves_the_process_as_it_is(process: AnalysisProcess) -> None:
    before = pid_of(process)
    with pytest.raises(ImageError, match="not a picture of a known kind") as caught:
        process.analyse(Job(b"text", Limits(), PATIENCE))
    assert type(caught.value) is ImageError and pid_of(process) == before


def test_the_limits_of_the_job_hold(process: AnalysisProcess) -> None:
    with pytest.raises(ImageError, match="at most 0 million"):
        process.analyse(job()._replace(limits=Limits(max_pixels=100)))


def test_an_analysis_over_its_time_is_killed_and_the_next_one_answered(
    process: AnalysisProcess,
) -> None:
    before = pid_of(process)
    with pytest.raises(TooSlow, match=r"longer than 0\.01 seconds"):
        process.analyse(job(LARGE, seconds=0.01))
    assert not lives(before) and process.analyse(job()).file.width == 64


@pytest.mark.parametrize("deadly", [signal.SIGKILL, signal.SIGSEGV])
def test_a_process_that_dies_costs_its_own_picture_alone(
    make_pool: Callable[[], Pool], threads: ThreadPoolExecutor, deadly: signal.Signals
) -> None:
    pool = make_pool()
    process = the_process(pool)
    dies = threads.submit(pool.analyse, job(LARGE))
    wait_until(lambda: process._pictures == 1)
    waiting = [threads.submit(pool.analyse, job()) for _ in range(2)]
    os.kill(pid_of(process), deadly)
    with pytest.raises(BrokenOff, match="broke off at this one"):
        dies.result(PATIENCE)
    assert [future.result(PATIENCE).file.width for future in waiting] == [64, 64]


def test_a_process_that_died_while_idle_costs_nothing(process: AnalysisProcess) -> None:
    process.analyse(job())
    os.kill(pid_of(process), signal.SIGKILL)
    assert process.analyse(job()).file.width == 64


def test_a_process_that_dies_before_it_begins_does_not_cost_the_picture(
    process: AnalysisProcess, threads: ThreadPoolExecutor
) -> None:
    answered = process.analyse(job())
    os.kill(pid_of(process), signal.SIGSTOP)  # what it is sent lies in the socket
    future = threads.submit(process.analyse, job())
    wait_until(lambda: threading.active_count() > threads_at_rest(threads))
    os.kill(pid_of(process), signal.SIGKILL)
    assert future.result(PATIENCE).file == answered.file


def threads_at_rest(threads: ThreadPoolExecutor) -> int:
    """This one and those of the executor; the timer of a picture that is handed over is more."""
    return 1 + len(threads._threads)


def test_a_process_dumps_no_core_hears_no_terminal_and_may_load_weights(
    process: AnalysisProcess,
) -> None:
    process.analyse(job())
    pid = pid_of(process)
    limits = Path(f"/proc/{pid}/limits").read_text()
    assert re.search(r"Max core file size +0 +0 ", limits)
    assert re.search(r"Max data size +unlimited ", limits)  # between two pictures
    assert os.getsid(pid) == pid


def test_changed_weights_are_taken_up_before_the_limits_of_a_picture(
    use_methods: Callable[..., None], runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Loading and converting them may take long, and more memory than a picture may."""
    stub = make_stub()
    use_methods(deep_learning=stub)
    loads_when: list[int] = []

    class Channel:
        def recv(self) -> Job:
            if len(loads_when) > 2:
                raise EOFError
            stub.disk = ("1", "1", "other weights")[len(loads_when)]
            return job()

        def send_bytes(self, acknowledgement: bytes) -> None:
            loads_when.append(stub.loads)

    monkeypatch.setattr(child, "_answer", lambda *args: None)
    with pytest.raises(EOFError):
        child._answer_all(cast(Any, Channel()), Detector(runtime), 0)
    assert loads_when == [1, 1, 2]


def test_the_log_gets_what_we_say_and_not_what_libraries_print(tmp_path: Path) -> None:
    code = """
import logging, os
from django.conf import settings
from detector.analysis.child import _keep_log_clean
_keep_log_clean(settings.LOGGING)
os.write(1, b"said by C\\n")
os.write(2, b"said by C\\n")
logging.getLogger("detector").warning("said by us")
"""
    done = run_python("-c", code, data_dir=tmp_path)
    assert done.returncode == 0 and done.stdout == ""
    assert "said by us" in done.stderr and "said by C" not in done.stderr


def test_a_process_that_does_not_start_is_said(
    setup: Setup, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")
    process = AnalysisProcess(setup)
    try:
        with pytest.raises(NotReady, match="does not start"):
            process.analyse(job())
    finally:
        process.end()


def test_too_little_memory_is_said_and_the_next_picture_answered(setup: Setup) -> None:
    process = AnalysisProcess(setup._replace(memory=8 * 2**20))
    try:
        before = pid_of(process)
        with pytest.raises(NeedsMemory, match="more memory than the 8 MB"):
            process.analyse(job(LARGE))
        assert pid_of(process) != before  # nobody knows how its libraries took it
        assert process.analyse(job(8)).file.width == 8
    finally:
        process.end()


def test_a_process_is_replaced_after_many_pictures(
    process: AnalysisProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    process.analyse(job())
    before = pid_of(process)
    monkeypatch.setattr(pool_module, "PICTURES_PER_PROCESS", process._pictures + 2)
    process.analyse(job())
    assert pid_of(process) == before
    process.analyse(job())
    assert pid_of(process) != before and not lives(before)


@pytest.mark.parametrize("at_work", [False, True])
def test_no_process_outlives_a_server_that_is_killed(tmp_path: Path, at_work: bool) -> None:
    """Idle, it sees the end of the socket; at work, it cannot hand over its answer."""
    code = f"""
import os, signal, threading
from django.conf import settings
from detector.analysis.answers import Job
from detector.installation import get_limits, get_pool
from detector.tests.factories.pictures import encode, noise
pool = get_pool()
process = pool._free.get()
pool._free.put(process)
print(process._process.pid, flush=True)
if {at_work}:
    job = Job(encode(noise({LARGE}, {LARGE}), "PNG"), get_limits(), 60)
    threading.Thread(target=pool.analyse, args=(job,)).start()
    while not process._pictures:
        pass
os.kill(os.getpid(), signal.SIGKILL)
"""
    done = run_python("-c", code, data_dir=tmp_path)
    assert done.returncode == -signal.SIGKILL
    pid = int(done.stdout)
    wait_until(lambda: not lives(pid))


def test_what_the_system_ends_when_the_parent_is_gone_and_a_decoder_runs_wild(
    setup: Setup, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The timer of the process itself, without anybody who kills it."""
    monkeypatch.setattr(threading.Timer, "start", lambda timer: None)
    monkeypatch.setattr(threading.Timer, "join", lambda timer: None)
    process = AnalysisProcess(setup)
    try:
        with pytest.raises(BrokenOff):
            process.analyse(job(LARGE, seconds=(0.01 - child.GRACE) / LONGEST))
    finally:
        process.end()
