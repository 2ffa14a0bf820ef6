"""Trains the bundled ViT of method 4 on a corpus."""

from __future__ import annotations

from typing import Any

from detector.management.training_command import NetworkCommand


class Command(NetworkCommand):
    help = (
        "Train the compact ViT (method 4), taught by ArtifactCNN: run train_cnn first. Resumable."
    )
    steps = 6000

    def train(self, options: dict[str, Any]) -> str:
        from detector.networks.compact_vit import CROP
        from detector.training.learning.vit_compact import LEARNING_RATE, train_and_write

        folder, teacher = options["output"] / "vit_compact", options["output"] / "artifact_cnn"
        plan = self.plan(options, name="vit_compact", crop=CROP, learning_rate=LEARNING_RATE)
        train_and_write(self.decode_pictures(options), folder, teacher, plan, self.progress)
        return f"Wrote {folder}. Next: manage.py train_fusion."
