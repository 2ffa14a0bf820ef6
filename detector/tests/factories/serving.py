"""An environment of a process as `make run` makes it: without the training libraries."""

from __future__ import annotations

from pathlib import Path

from detector.management.base import TRAINING_MODULES

BLOCK = """
import sys
class Missing:
    def find_spec(self, name, path=None, target=None):
        if name in {names}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)
sys.meta_path.insert(0, Missing())
"""
# huggingface_hub, which serving has, brings this one.
SERVED = {"httpx2"}


def block_training(folder: Path) -> dict[str, str]:
    """Variables for a process that then cannot import a training library."""
    hooks = folder / "hooks"
    hooks.mkdir(exist_ok=True)
    code = BLOCK.format(names=sorted(TRAINING_MODULES - SERVED))
    (hooks / "sitecustomize.py").write_text(code)
    return {"PYTHONPATH": str(hooks)}
