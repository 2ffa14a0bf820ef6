"""Networks in several threads of one process."""

from __future__ import annotations

from pathlib import Path

from .processes import run_python

# On one core, several threads meet OpenVINO's first array at once; before runtime.py looked
# NumPy up beforehand, two of three such processes waited for ever.
FIRST_ANSWERS = """
import os
os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
import numpy as np
from PIL import Image
from detector.inference.images import SourceImage
from detector.inference.methods.deep_learning import DeepLearning
from detector.inference.runtime import Runtime

noise = np.random.default_rng(0).integers(0, 256, (80, 90, 3), dtype=np.uint8)
image = SourceImage(b"", "PNG", Image.fromarray(noise), sha256="")
method = DeepLearning(Runtime(Path("none"), Path("none"), force_cpu=True))
with ThreadPoolExecutor(4) as pool:
    scores = {answer.score for answer in pool.map(method.predict, [image] * 4)}
assert len(scores) == 1, scores
"""


def test_first_answers_in_four_threads_at_once_do_not_wait_for_one_another(tmp_path: Path) -> None:
    for _ in range(3):
        done = run_python("-c", FIRST_ANSWERS, data_dir=tmp_path)  # gives up after two minutes
        assert done.returncode == 0, done.stderr
