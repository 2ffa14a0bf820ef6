"""The arguments of a fine-tuning run."""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass
from typing import Any

import torch
from transformers import TrainingArguments

from detector.training.learning.loop import has_fast_bf16

# Epochs without a lower validation loss before training stops.
PATIENCE = 3
# Of the steps, over which the learning rate rises.
WARM_UP = 0.1
WEIGHT_DECAY = 0.01
EVAL_BATCH_SIZE = 32
HEAD = "head"
# The share of the start in the written model (see averaging.py). Where everything learns, the model
# moves further away from what it knew of other sources than with matrices of low rank.
KEEP, LOW_RANK_KEEP = 0.9, 0.5
# Of the top layers: of a model as a whole, and of matrices of low rank beside it.
RATE, LOW_RANK_RATE = 2e-5, 2e-4
# Pictures from which on processes of their own for reading pay for starting them.
MANY = 200
# Other processes wait while the first one tests and writes a model.
TIMEOUT_S = 6 * 3600


@dataclass(frozen=True)
class Arguments:
    """The numbers of the command line that determine the training.

    `freeze` is None, "head" or the number of layers that stay, `lora` the rank of low-rank
    adaptation or None, `keep` the share (0 to 1) of the start in the result; `device` is "auto" or
    "cpu". Raises `ValueError` for a `freeze` together with `lora`.
    """

    epochs: float = 3
    batch_size: int = 4
    learning_rate: float = RATE
    freeze: str | None = None
    lora: int | None = None
    keep: float = KEEP
    augment: bool = True
    seed: int = 42
    device: str = "auto"

    def __post_init__(self) -> None:
        if self.freeze and self.lora:
            raise ValueError(
                f"--freeze {self.freeze} and --lora {self.lora} exclude one another: low-rank "
                "adaptation leaves all weights as they are."
            )

    def learnt(self) -> dict[str, Any]:
        """The arguments that change the result, without those that change only the speed."""
        values = asdict(self)
        del values["device"]
        return values

    def on_device(self) -> torch.device:
        """CUDA where there is one, unless the CPU is asked for."""
        cuda = torch.cuda.is_available() and self.device != "cpu"
        return torch.device("cuda" if cuda else "cpu")

    def for_trainer(self, folder: str, *, pictures: int, quiet: bool) -> TrainingArguments:
        """The same for the Trainer, which keeps its checkpoints in `folder`."""
        device = self.on_device()
        return TrainingArguments(
            output_dir=folder,
            num_train_epochs=self.epochs,
            per_device_train_batch_size=self.batch_size,
            per_device_eval_batch_size=max(self.batch_size, EVAL_BATCH_SIZE),
            learning_rate=self.learning_rate,
            lr_scheduler_type="cosine",
            warmup_steps=WARM_UP,
            weight_decay=WEIGHT_DECAY,
            eval_strategy="epoch",
            save_strategy="epoch",
            logging_strategy="epoch",
            # With 1 the Trainer keeps only the best at the end: a kill in the test would lose more.
            save_total_limit=2,
            load_best_model_at_end=True,
            # Otherwise every resumption would grant PATIENCE more epochs.
            restore_callback_states_from_checkpoint=True,
            metric_for_best_model="eval_loss",
            greater_is_better=False,
            bf16=has_fast_bf16(device),
            use_cpu=device.type == "cpu",
            dataloader_num_workers=(os.cpu_count() or 1) // 2 if pictures >= MANY else 0,
            dataloader_pin_memory=device.type == "cuda",
            remove_unused_columns=False,
            label_names=["labels"],
            report_to="none",
            disable_tqdm=quiet,
            ddp_timeout=TIMEOUT_S,
            seed=self.seed,
        )
