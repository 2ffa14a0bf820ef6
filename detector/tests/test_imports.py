"""What a start imports: it decides how fast the program starts and how much memory it takes."""

from __future__ import annotations

from pathlib import Path

import pytest

from detector.tests.factories.pictures import encode, noise
from detector.tests.factories.processes import HEAVY, loaded_after, run_python

pytestmark = pytest.mark.slow

SETUP = "import django; django.setup()\n"
# Everything that must never be needed to answer: training and telemetry.
OFFLINE = ["torch", "torchvision", "transformers", "sklearn", "datasets", "evaluate", "accelerate"]

DETECTION = """
import json, pathlib, socket, sys
asked = []
def refuse(self, address): asked.append(address); raise OSError("no network")
socket.socket.connect = socket.socket.connect_ex = refuse
socket.getaddrinfo = lambda *a, **k: refuse(None, a)
from detector.installation import detect, read_image
verdict = detect(read_image(pathlib.Path({path!r})))
assert asked == [], asked
assert sys.modules.get("openvino_telemetry") is None
assert {{m.status for m in verdict.methods}} <= {{"ok", "abstained"}}, verdict
assert sum(m.status == "ok" for m in verdict.methods) >= 3, verdict
"""


def test_the_site_starts_without_any_heavy_library(tmp_path: Path) -> None:
    code = SETUP + "from django.urls import get_resolver; get_resolver().url_patterns"
    assert loaded_after(code, HEAVY, tmp_path) == []


def test_the_pipeline_needs_neither_django_nor_a_heavy_library(tmp_path: Path) -> None:
    code = "import detector.inference.pipeline"
    assert loaded_after(code, ["django", "detector.training", *HEAVY], tmp_path) == []


def test_training_needs_no_django(tmp_path: Path) -> None:
    code = "import detector.training.pictures.preparation, detector.training.measuring.scoring"
    assert loaded_after(code, ["django", "detector.installation"], tmp_path) == []


def test_a_whole_detection_needs_no_training_library_and_no_network(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(encode(noise(300, 300), "JPEG"))
    code = SETUP + DETECTION.format(path=str(path))
    assert loaded_after(code, ["detector.training", *OFFLINE], tmp_path) == []


def test_commands_of_training_start_without_torch(tmp_path: Path) -> None:
    for command in ("detect", "train_dinov2", "evaluate"):
        done = run_python("-X", "importtime", "manage.py", command, "--help", data_dir=tmp_path)
        assert done.returncode == 0
        assert "| torch\n" not in done.stderr and "| sklearn\n" not in done.stderr
