"""A Python process of its own, for tests of what a start imports, prints or writes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
HEAVY = [
    "torch", "torchvision", "transformers", "sklearn", "scipy", "openvino", "cv2", "datasets",
    "fpdf",
]  # fmt: skip


def run_python(*arguments: str, data_dir: Path, **env: str) -> subprocess.CompletedProcess[str]:
    """Run Python in the project's folder, with settings of the test's own; never raises."""
    own = {"DJANGO_SETTINGS_MODULE": "ai_image_detector.settings", "DATA_DIR": str(data_dir)}
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        env=os.environ | own | env,
        capture_output=True,
        text=True,
        timeout=120,
    )


def loaded_after(code: str, names: list[str], data_dir: Path) -> list[str]:
    """Which of the packages `names` are imported after `code` has run."""
    ask = f"\nimport sys\nprint('', *sorted(set({names}) & {{n for n in sys.modules}}), sep='|')"
    done = run_python("-c", code + ask, data_dir=data_dir)
    assert done.returncode == 0, done.stderr
    return [name for name in done.stdout.splitlines()[-1].split("|") if name]
