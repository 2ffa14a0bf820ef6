"""Ray: two nodes on one machine give the rows that the processes of one machine give."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest

from detector.analysis.answers import Setup
from detector.inference.images import Limits
from detector.inference.runtime import Runtime
from detector.scanning import cluster
from detector.scanning.engines import Order
from detector.scanning.errors import MissingPackage
from detector.tests.factories.backends import wait_until
from detector.tests.factories.processes import ROOT, run_python
from detector.tests.factories.scanning import save_pictures

needs_ray = pytest.mark.skipif(
    importlib.util.find_spec("ray") is None,
    reason="the package ray of the group ray (`make ray`) is not installed",
)


@needs_ray
@pytest.mark.browser  # processes of real programs: slow to start
def test_two_nodes_give_the_rows_of_one_machine(tmp_path: Path) -> None:
    folder = save_pictures(tmp_path / "photos", 20)  # more than two blocks
    (folder / "broken.jpg").write_bytes(b"text")
    arguments = ["manage.py", "scan", str(folder), "--only", "forensics", "--output"]
    done = run_python(*arguments, str(tmp_path / "local.jsonl"), data_dir=tmp_path)
    assert done.returncode == 0, done.stderr
    done = run_on_ray(folder, tmp_path)
    assert done.returncode == 0 and "21 pictures in" in done.stdout, done.stderr
    assert read(tmp_path / "ray.jsonl") == read(tmp_path / "local.jsonl")


@needs_ray
@pytest.mark.browser
@pytest.mark.slow
def test_a_scan_on_a_cluster_that_is_killed_twice_does_no_finished_picture_again(
    tmp_path: Path,
) -> None:
    """The scan dies by SIGKILL, the cluster lives on; each picture has one row in the end."""
    folder, output = save_pictures(tmp_path / "photos", 96), tmp_path / "ray.jsonl"
    with cluster_of_two(tmp_path) as address:
        finished: dict[str, str] = {}
        for wanted in (9, 25):
            process = start_ray_scan(folder, output, tmp_path, address)
            wait_until(partial(has_lines, output, wanted), 300)
            process.kill()
            process.wait()
            assert finished.items() <= (finished := read_ids(output)).items()
        assert wanted <= len(finished) < 96
        assert start_ray_scan(folder, output, tmp_path, address).wait(300) == 0
    lines = output.read_text().splitlines()
    ids = read_ids(output)
    assert len(lines) == len(ids) == 96 and finished.items() <= ids.items()


def has_lines(path: Path, wanted: int) -> bool:
    return path.exists() and path.read_bytes().count(b"\n") >= wanted


def read_ids(path: Path) -> dict[str, str]:
    """The id of the result of each picture; one that is done again gets another id."""
    lines = path.read_bytes().rpartition(b"\n")[0].splitlines()  # the last may be torn
    return {row["path"]: row["id"] for row in map(json.loads, lines)}


@contextmanager
def cluster_of_two(data_dir: Path) -> Iterator[str]:
    """The address of a cluster, which ends with the block."""
    program = [sys.executable, "-m", "detector.tests.factories.ray_scan", "--serve"]
    pipe = subprocess.PIPE
    with subprocess.Popen(
        program, cwd=ROOT, env=ray_environment(data_dir), stdin=pipe, stdout=pipe, text=True
    ) as process:
        assert process.stdout is not None
        address = next(line for line in process.stdout if re.match(r"[\d.]+:\d+$", line))
        yield address.strip()
        assert process.stdin is not None
        process.stdin.close()


def start_ray_scan(
    source: Path, output: Path, data_dir: Path, address: str
) -> subprocess.Popen[bytes]:
    arguments = [str(source), "--output", str(output), "--only", "forensics"]
    program = [sys.executable, "manage.py", "scan", *arguments]
    engine = ["--engine", "ray", "--address", address]
    quiet = subprocess.DEVNULL
    env = ray_environment(data_dir)
    return subprocess.Popen([*program, *engine], cwd=ROOT, env=env, stdout=quiet, stderr=quiet)


def ray_environment(data_dir: Path) -> dict[str, str]:
    own = {"DJANGO_SETTINGS_MODULE": "ai_image_detector.settings", "DATA_DIR": str(data_dir)}
    return os.environ | own | {"PYTHONPATH": str(ROOT), "RAY_USAGE_STATS_ENABLED": "0"}


def run_on_ray(source: Path, data_dir: Path) -> subprocess.CompletedProcess[str]:
    """Scan on two nodes; a cluster starts a dozen processes, which takes a busy machine minutes."""
    program = [sys.executable, "-m", "detector.tests.factories.ray_scan", str(source)]
    return subprocess.run(
        [*program, str(data_dir / "ray.jsonl")],
        cwd=ROOT,
        env=ray_environment(data_dir),
        capture_output=True,
        text=True,
        timeout=600,
    )


def read(path: Path) -> list[tuple[str, str, object]]:
    """What is the same in every scan, in the order of the paths."""
    rows = map(json.loads, path.read_text().splitlines())
    return sorted((row["path"], row["key"], row.get("verdict", row.get("error"))) for row in rows)


def test_a_node_of_another_version_is_refused(tmp_path: Path) -> None:
    runtime = Runtime(tmp_path, tmp_path, hub_cache=tmp_path)
    setup = Setup(runtime, 0, {}, ("forensics",))
    with pytest.raises(RuntimeError, match=r"the scan needs 0\.0\+other"):
        cluster.Analyser(Order(setup, Limits(), 1.0, "0.0+other"))


def test_a_missing_package_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(MissingPackage, match="`make ray` installs it"):
        cluster.connect(None)
