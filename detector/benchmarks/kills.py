"""A scan that is killed in its middle, twice, and each time goes on where it was."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from .clock import Failed
from .lines import Line
from .pictures import save_jpegs
from .site import ROOT, own_environment

# The shares of the pictures after which it is killed.
KILLED_AT = (0.3, 0.7)


def measure_kills(
    *, pictures: int = 2000, megapixels: float = 0.1, only: str = ""
) -> Iterator[Line]:
    """A scan that gets SIGKILL twice and is started again: rows, and pictures done twice; with one
    method alone it is over sooner.
    """
    with TemporaryDirectory() as name:
        folder = Path(name)
        save_jpegs(folder / "photos", pictures, megapixels)
        output = folder / "out.jsonl"
        before: dict[str, str] = {}
        for number, share in enumerate(KILLED_AT, start=1):
            _kill_after(folder, output, only, round(share * pictures))
            rows = _read(output)
            yield Line(f"Run {number}, SIGKILL", f"{len(rows):,} whole rows")
            _check_kept(before, rows)
            before = rows
        said = _finish(folder, output, only)
        rows = _read(output)
        _check_kept(before, rows)
    yield Line("Run 3, to the end", said)
    yield Line("Pictures with exactly one row", f"{len(rows):,}", f"{pictures:,}")
    kept = "all of them" if before.items() <= rows.items() else "not all"
    yield Line("Rows of before that are still the same", kept, "all of them")


def _start(folder: Path, output: Path, only: str) -> subprocess.Popen[str]:
    command = [sys.executable, "manage.py", "scan", str(folder / "photos"), "--output", str(output)]
    command += ["--only", only] if only else []
    env = own_environment(folder)
    pipe = subprocess.PIPE
    return subprocess.Popen(command, cwd=ROOT, env=env, stdout=pipe, stderr=pipe, text=True)


def _kill_after(folder: Path, output: Path, only: str, rows: int) -> None:
    """Let a scan write until there are so many rows, and kill it. Raises `Failed` if it ends."""
    process = _start(folder, output, only)
    while not output.exists() or output.read_bytes().count(b"\n") < rows:
        if process.poll() is not None:
            raise Failed(
                f"The scan has ended before {rows} rows: {process.communicate()[1][-200:]}"
            )
        time.sleep(0.05)
    process.kill()
    process.communicate()


def _finish(folder: Path, output: Path, only: str) -> str:
    process = _start(folder, output, only)
    said, errors = process.communicate()
    if process.returncode:
        raise Failed(f"The scan has failed: {errors[-200:]}")
    return said.strip()


def _read(output: Path) -> dict[str, str]:
    """The id of the row of each picture. Raises `Failed` where one has two rows."""
    lines = output.read_bytes().rpartition(b"\n")[0].splitlines()  # the last one may be torn
    rows = [json.loads(line) for line in lines]
    times = Counter(row["path"] for row in rows)
    if twice := [path for path, count in times.items() if count > 1]:
        raise Failed(f"{len(twice)} pictures have several rows, {twice[0]} among them.")
    return {row["path"]: row.get("id", "") for row in rows}


def _check_kept(before: dict[str, str], rows: dict[str, str]) -> None:
    """Raises `Failed` for a row that was there and is another one now: it was done again."""
    if lost := before.items() - rows.items():
        raise Failed(f"{len(lost)} finished pictures were done again, {min(lost)[0]} among them.")
