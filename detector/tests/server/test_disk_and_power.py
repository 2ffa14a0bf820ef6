"""A disk that is full, and a power failure at any moment, with the real program."""

from __future__ import annotations

import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from detector.tests.factories.pictures import encode, noise
from detector.tests.factories.processes import ROOT, run_python
from detector.tests.factories.servers import RunningServer, migrate, serving, wait_for
from detector.tests.factories.workers import PROGRAM, SEND, worker

pytestmark = [pytest.mark.browser, pytest.mark.slow]

SIZE_MB, BOUNDARY = 120, "frontier"


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A folder on a disk of its own."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={SIZE_MB}m,mode=700", "none", str(folder)]
    if subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("this user may not mount a disk")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def fill(folder: Path, leave: int) -> None:
    """Leave so many bytes free."""
    free = shutil.disk_usage(folder).free
    with open(folder / "ballast", "wb") as file:
        os.posix_fallocate(file.fileno(), 0, max(free - leave, 1))


def upload(server: RunningServer, data: bytes) -> tuple[int, str]:
    disposition = 'Content-Disposition: form-data; name="image"; filename="a.png"'
    body = (
        f"--{BOUNDARY}\r\n{disposition}\r\n\r\n".encode()
        + data
        + f"\r\n--{BOUNDARY}--\r\n".encode()
    )
    kind = f"multipart/form-data; boundary={BOUNDARY}"
    response, text = server.ask("POST", "/api/v1/detections?wait=0", body, Content_Type=kind)
    return response.status, text


def count(folder: Path, table: str) -> int:
    with closing(sqlite3.connect(folder / "db.sqlite3")) as database:
        (number,) = database.execute(f"SELECT count(*) FROM detector_{table}").fetchone()
    return int(number)


def test_a_full_disk_refuses_uploads_and_all_is_well_when_there_is_room(small_disk: Path) -> None:
    migrate(small_disk)
    picture = encode(
        noise(900, 700), "PNG"
    )  # too large to lie in the pages of files that are there
    with serving(small_disk, MAX_UPLOAD_MB="4", ANALYSIS_ENGINE="embedded") as server:
        wait_for(lambda: server.ask("GET", "/readyz")[0].status == 200)
        fill(small_disk, leave=300_000)
        status, text = upload(server, picture)
        assert status == 507 and "The disk of the server is full" in text
        wait_for(lambda: server.ask("GET", "/readyz")[0].status == 503)  # kept for a second
        assert "The disk has 0 MB left" in server.ask("GET", "/readyz")[1]
        assert server.ask("GET", "/healthz")[0].status == 200
        assert server.ask("GET", "/methods/")[0].status == 200
        assert count(small_disk, "upload") == count(small_disk, "analysis") == 0
        originals = small_disk / "media" / "originals"
        assert not originals.exists() or not list(originals.iterdir())

        (small_disk / "ballast").unlink()
        wait_for(lambda: server.ask("GET", "/readyz")[0].status == 200)
        assert upload(server, picture)[0] in (200, 202)
        assert count(small_disk, "upload") == 1


@pytest.mark.parametrize("command", ["serve", "work"])
def test_a_folder_that_takes_nothing_ends_the_start_with_a_sentence(
    small_disk: Path, command: str
) -> None:
    migrate(small_disk)
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    done = run_python("manage.py", command, data_dir=small_disk)
    assert done.returncode == 1 and "Traceback" not in done.stderr
    assert f"The data folder {small_disk} takes no files: Read-only file system" in done.stderr


def test_a_copy_of_the_data_at_any_moment_opens(tmp_path: Path) -> None:
    """Pictures come in and are analysed; both processes stand still while the folder is copied."""
    data = migrate(tmp_path / "data")
    env = os.environ | {
        "DJANGO_SETTINGS_MODULE": "ai_image_detector.settings", "DATA_DIR": str(data),
        "SLOWNESS": "0",
    }  # fmt: skip
    code = PROGRAM + SEND.format(first=32, count=400)
    sender = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, env=env)
    draw = random.Random(5)
    try:
        with worker(data, 0) as working:
            wait_for(lambda: count(data, "analysis") > 3)
            for number in range(10):
                time.sleep(draw.random() / 2)
                for process in (sender, working):
                    process.send_signal(signal.SIGSTOP)
                shutil.copytree(data, tmp_path / f"copy-{number}")
                for process in (sender, working):
                    process.send_signal(signal.SIGCONT)
    finally:
        sender.kill()
        sender.wait()
    for number in range(10):
        check_copy(tmp_path / f"copy-{number}")
    assert count(tmp_path / "copy-9", "upload") > count(tmp_path / "copy-0", "upload")


def check_copy(folder: Path) -> None:
    """The database is whole, no row is half, and what is accepted has its bytes or its result."""
    with closing(sqlite3.connect(folder / "db.sqlite3")) as database:
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert not database.execute("PRAGMA foreign_key_check").fetchall()
        rows = database.execute("SELECT state, original, result FROM detector_analysis").fetchall()
        states = {state for state, _, _ in rows}
        assert states <= {"queued", "running", "done"} and rows
        for state, original, result in rows:
            if state == "done":
                assert result and not original
            else:
                assert (folder / "media" / original).is_file()
    done = run_python("manage.py", "delete_expired", data_dir=folder)
    assert done.returncode == 0, done.stderr
