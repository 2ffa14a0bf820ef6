"""What a run that has not ended has kept, so that a kill loses at most one epoch or one picture."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open

from detector.inference.names import printable
from detector.training.learning.export import write_json

PLAN = "plan.json"
# Of a frozen encoder, a file for each picture (see head.py).
FEATURES = "features"


class Interrupted:
    """What a run that has not ended has kept, in a folder that the server does not look into.

    `plan` holds the settings of the run; continuing with other settings would mix two trainings.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def checkpoint(self) -> Path | None:
        """The last complete checkpoint; a half-written one does not count."""
        checkpoints = sorted(
            self.folder.glob("checkpoint-*"), key=lambda p: int(p.name.split("-")[1])
        )
        while checkpoints and not _is_whole(checkpoints[-1]):
            checkpoints.pop()
        return checkpoints[-1] if checkpoints else None

    @property
    def features(self) -> int:
        """The number of pictures whose features are there."""
        return sum(1 for _ in (self.folder / FEATURES).glob("*/*.npy"))

    @property
    def begun(self) -> bool:
        """Whether a run was begun and has not ended."""
        return (self.folder / PLAN).exists()

    def start(self, plan: dict[str, Any]) -> None:
        """Start a new run."""
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        write_json(self.folder / PLAN, plan)

    def check(self, settings: dict[str, Any]) -> dict[str, Any]:
        """The plan of the interrupted run. Raises `ValueError` if something else is asked now."""
        plan: dict[str, Any] = json.loads((self.folder / PLAN).read_text())
        differences = [name for name in settings if plan.get(name) != settings[name]]
        if differences:
            sentence = "; ".join(
                f"{name} was {plan.get(name)}, now {settings[name]}" for name in differences
            )
            raise ValueError(
                f"The interrupted run cannot be resumed: {sentence}. Give the same options again, "
                f"or delete {printable(self.folder)} to start again."
            )
        return plan

    def remove(self) -> None:
        """The run has ended."""
        shutil.rmtree(self.folder, ignore_errors=True)


def _is_whole(checkpoint: Path) -> bool:
    """The Trainer writes trainer_state.json last."""
    try:
        json.loads((checkpoint / "trainer_state.json").read_text())
        with safe_open(checkpoint / "model.safetensors", "pt") as weights:
            return bool(weights.keys())
    except (OSError, ValueError, SafetensorError):
        return False
