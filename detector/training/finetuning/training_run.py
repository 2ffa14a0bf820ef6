"""Trains with the Hugging Face Trainer."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from safetensors.torch import load_model, save_model
from torch.optim import AdamW, Optimizer
from transformers import (
    EarlyStoppingCallback,
    PreTrainedModel,
    ProgressCallback,
    Trainer,
    TrainerCallback,
    TrainingArguments,
)
from transformers.trainer_callback import PrinterCallback

from detector.checkpoints.facts import WEIGHTS
from detector.checkpoints.processor import Processor
from detector.training.corpus.labelled import Picture
from detector.training.genimage.equalise import Equalise
from detector.training.pictures.augment import Augmentation

from .arguments import PATIENCE, Arguments
from .dataset import training_set, validation_set
from .epoch_metrics import EpochMetrics
from .rates import parameter_groups
from .views import Views

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Lessons:
    """The training material: pictures of the splits train and val, and their preparation."""

    train: Sequence[Picture]
    val: Sequence[Picture]
    equalise: Equalise | None


@dataclass(frozen=True)
class FinishedTraining:
    """The best model, and one entry for each epoch: training loss and figures on val."""

    model: PreTrainedModel
    epochs: list[dict[str, float]]
    arguments: TrainingArguments


def train(
    model: PreTrainedModel,
    processor: Processor,
    lessons: Lessons,
    arguments: Arguments,
    folder: Path,
    *,
    checkpoint: Path | None,
    quiet: bool,
) -> FinishedTraining:
    """Train `model` in place, from `checkpoint` if there is one; checkpoints go to `folder`."""
    views = Views(processor, Augmentation() if arguments.augment else None)
    trainer = ExactTrainer(
        model=model,
        args=arguments.for_trainer(str(folder), pictures=len(lessons.train), quiet=quiet),
        train_dataset=training_set(lessons.train, views, lessons.equalise),
        eval_dataset=validation_set(lessons.val, views, lessons.equalise),
        compute_metrics=EpochMetrics(views.per_picture),
        callbacks=[EarlyStoppingCallback(PATIENCE), EpochLog()],
    )
    # They print raw dictionaries; EpochLog says the same in words.
    trainer.remove_callback(PrinterCallback)
    if trainer.pop_callback(ProgressCallback):
        trainer.add_callback(ProgressBar)
    trainer.train(resume_from_checkpoint=str(checkpoint) if checkpoint else None)
    return FinishedTraining(model, read_epochs(trainer.state.log_history), trainer.args)


class ExactTrainer(Trainer):
    """Restores every weight of a checkpoint, or fails; each part of the model has its own rate.

    The Trainer loads the names that stand in the file; transformers 5 saves under the layers' old
    names, so that it would restore the head and leave the layers as they are, without a word. Here
    the names in a checkpoint are those of the model as it is, matrices of low rank included.
    """

    optimizer: Optimizer | None

    def create_optimizer(self, model: Any = None) -> Optimizer:
        """AdamW with the rates of `parameter_groups`."""
        if self.optimizer is None:
            rate, decay = self.args.learning_rate, self.args.weight_decay
            self.optimizer = AdamW(parameter_groups(self.model, rate, decay), lr=rate)
        return self.optimizer

    def _save(self, output_dir: str | None = None, state_dict: Any = None) -> None:
        if self.args.should_save:
            folder = Path(output_dir or self.args.output_dir)
            folder.mkdir(parents=True, exist_ok=True)
            save_model(self.model, str(folder / WEIGHTS), metadata={"format": "pt"})

    def _load_from_checkpoint(self, resume_from_checkpoint: str, model: Any = None) -> None:
        load_model(self.model, Path(resume_from_checkpoint) / WEIGHTS)

    def _load_best_model(self) -> None:
        self._load_from_checkpoint(self.state.best_model_checkpoint)


class ProgressBar(ProgressCallback):
    """The Trainer's bar of all batches, without the dictionaries."""

    def on_log(self, args: Any, state: Any, control: Any, logs: Any = None, **_: Any) -> None:
        """Nothing: see EpochLog."""


class EpochLog(TrainerCallback):
    """One line after every epoch."""

    def on_evaluate(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Log the figures on the validation split."""
        if not state.is_world_process_zero:
            return
        epoch = read_epochs(state.log_history)[-1]
        logger.info(
            "Epoch %g of %g: training loss %.4f, validation loss %.4f, accuracy %.1f %%, precision "
            "%.3f, recall %.3f, F1 %.3f, balanced accuracy %.3f, AUROC %.3f",
            epoch["epoch"],
            args.num_train_epochs,
            epoch.get("train_loss", float("nan")),
            epoch["loss"],
            100 * epoch["accuracy"],
            *(epoch[name] for name in ("precision", "recall", "f1", "balanced_accuracy")),
            epoch["roc_auc"],
        )


def read_epochs(history: Sequence[dict[str, float]]) -> list[dict[str, float]]:
    """The entries of the epochs from the log: epoch, train_loss, loss, accuracy and so on."""
    epochs: dict[int, dict[str, float]] = {}
    for entry in history:
        epoch = epochs.setdefault(round(entry["epoch"] * 1000), {"epoch": round(entry["epoch"], 3)})
        if "eval_loss" in entry:
            epoch |= {
                name.removeprefix("eval_"): round(value, 4)
                for name, value in entry.items()
                if name.startswith("eval_") and not name.endswith(("_runtime", "_per_second"))
            }
        elif "loss" in entry:
            epoch["train_loss"] = round(entry["loss"], 4)
    return [epoch for epoch in epochs.values() if "loss" in epoch]
