"""Trains the teacher of the compact ViT on a corpus."""

from __future__ import annotations

from typing import Any

from detector.management.training_command import NetworkCommand


class Command(NetworkCommand):
    help = "Train ArtifactCNN, the teacher of the compact ViT. Resumable."
    steps = 6000

    def train(self, options: dict[str, Any]) -> str:
        from detector.training.learning.cnn import CROP, LEARNING_RATE, train_and_write

        folder = options["output"] / "artifact_cnn"
        plan = self.plan(options, name="cnn", crop=CROP, learning_rate=LEARNING_RATE)
        train_and_write(self.decode_pictures(options), folder, plan, self.progress)
        return f"Wrote {folder}. Next: manage.py train_vit_compact."
