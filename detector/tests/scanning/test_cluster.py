"""Ray: two nodes on one machine give the rows that the processes of one machine give."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from detector.analysis.answers import Setup
from detector.inference.images import Limits
from detector.inference.runtime import Runtime
from detector.scanning import cluster
from detector.scanning.engines import Order
from detector.scanning.errors import MissingPackage
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


def run_on_ray(source: Path, data_dir: Path) -> subprocess.CompletedProcess[str]:
    """Scan on two nodes; a cluster starts a dozen processes, which takes a busy machine minutes."""
    own = {"DJANGO_SETTINGS_MODULE": "ai_image_detector.settings", "DATA_DIR": str(data_dir)}
    own |= {"PYTHONPATH": str(ROOT), "RAY_USAGE_STATS_ENABLED": "0"}
    program = [sys.executable, "-m", "detector.tests.factories.ray_scan", str(source)]
    return subprocess.run(
        [*program, str(data_dir / "ray.jsonl")],
        cwd=ROOT,
        env=os.environ | own,
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
