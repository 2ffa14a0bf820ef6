"""Fine-tunes the models of method 4 on the user's own pictures."""

from __future__ import annotations

import logging
import os
import sys
from argparse import ArgumentParser
from dataclasses import replace
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError

from detector.checkpoints.members import MEMBERS, Member
from detector.inference.names import printable
from detector.installation import get_runtime
from detector.management.base import (
    INTERRUPTED,
    DetectorCommand,
    above_zero,
    add_data,
    add_seed,
    positive,
    share,
)


class Command(DetectorCommand):
    help = (
        "Fine-tune models of method 4 on the splits that prepare_genimage wrote, test them and "
        "put them where a running server finds them. For several GPUs or machines, run "
        "accelerate launch manage.py finetune_hf_models ..."
    )
    expected = (ValueError,)
    stopped = "Interrupted. Nothing was changed."

    def add_arguments(self, parser: ArgumentParser) -> None:
        names = [member.name for member in MEMBERS]
        parser.add_argument("--model", choices=[*names, "all"], default="vit")
        add_data(
            parser,
            default=settings.BASE_DIR / "genimage_data",
            help="The folder that prepare_genimage has split (default: genimage_data).",
        )
        parser.add_argument(
            "--output-dir",
            type=Path,
            default=settings.FINETUNED_DIR,
            help="Folder for the fine-tuned models (default: where the server looks for them).",
        )
        parser.add_argument("--epochs", type=above_zero, default=3)
        parser.add_argument("--batch-size", type=positive, default=4)
        parser.add_argument(
            "--learning-rate",
            type=above_zero,
            help="Of the top layer (default: 2e-5, with --lora 2e-4).",
        )
        parser.add_argument(
            "--base-model", metavar="ID_OR_PATH", help="The folder or hub checkpoint to start from."
        )
        parser.add_argument(
            "--freeze",
            metavar="N|head",
            help="Train only the head, on features that are computed once, or freeze the first N "
            "layers.",
        )
        parser.add_argument(
            "--lora",
            type=positive,
            nargs="?",
            const=8,
            metavar="RANK",
            help="Train matrices of low rank beside the layers (rank 8 unless one is given).",
        )
        parser.add_argument(
            "--keep",
            type=share,
            help="Share of the start in the written model, 0 to 1 (default: .9, with --lora .5).",
        )
        parser.add_argument(
            "--other-sources",
            type=Path,
            metavar="FOLDER",
            help="Test on this corpus, too: whether the model gets worse on other sources.",
        )
        parser.add_argument("--no-augment", dest="augment", action="store_false")
        parser.add_argument(
            "--resume",
            action="store_true",
            help="Continue an interrupted run; without one, continue from the fine-tuned weights.",
        )
        parser.add_argument("--device", choices=["auto", "cpu", "cuda"], default="auto")
        add_seed(parser, 42)

    def handle(self, **options: Any) -> str:
        if options["model"] == "all" and options["base_model"]:
            raise CommandError("--base-model needs one --model; it does not work with all.")
        _quieten()
        members = self._wanted(options)
        failures = [member.title for member in members if not self._finetune(member, options)]
        if failures:
            raise CommandError(f"Not fine-tuned: {', '.join(failures)}.")
        if options["output_dir"] != settings.FINETUNED_DIR:
            return f"Done. FINETUNED_DIR={options['output_dir']} makes a server use it."
        return "Done. A running server uses the new weights without a restart."

    def _wanted(self, options: dict[str, Any]) -> list[Member]:
        """The members to train; on resuming, those before the interrupted one are done."""
        members = [member for member in MEMBERS if options["model"] in (member.name, "all")]
        if options["resume"]:
            interrupted = [self._order(member, options).interrupted.begun for member in members]
            members = members[interrupted.index(True) if any(interrupted) else 0 :]
        return members

    def _finetune(self, member: Member, options: dict[str, Any]) -> bool:
        """Fine-tune one member; False if there are no weights to start from."""
        from safetensors import SafetensorError
        from torch import OutOfMemoryError

        from detector.inference.methods.huggingface import UNUSABLE
        from detector.training.finetuning.base import BaseUnavailable
        from detector.training.finetuning.finetune import finetune
        from detector.training.finetuning.one_at_a_time import one_at_a_time
        from detector.training.finetuning.tables import as_text

        order = self._order(member, options)
        try:
            with one_at_a_time(order.folder):
                metrics = finetune(order, progress=self.progress, quiet=not sys.stderr.isatty())
        except BaseUnavailable as error:
            self.stderr.write(f"⊘ {member.title}: Skipped ({error})")
            return False
        except OutOfMemoryError as error:
            raise CommandError(
                f"The GPU has too little memory for --batch-size {options['batch_size']}: give a "
                "smaller one, or --device cpu."
            ) from error
        except (*UNUSABLE, SafetensorError) as error:
            raise CommandError(_message(error)) from error
        except KeyboardInterrupt as error:
            raise CommandError(self._interrupted(order), returncode=INTERRUPTED) from error
        if metrics:
            self.stdout.write(f"\n{as_text(metrics)}\n{metrics['about_calibration']}")
            self.stdout.write(
                self.style.SUCCESS(f"✓ {member.title}: wrote {printable(order.folder)}")
            )
        return True

    def _order(self, member: Member, options: dict[str, Any]) -> Any:
        from detector.training.finetuning.finetune import Order

        return Order(
            member=member,
            data_dir=options["data_dir"],
            output_dir=options["output_dir"],
            arguments=self._arguments(options),
            runtime=replace(get_runtime(), finetuned_dir=options["output_dir"]),
            base_model=options["base_model"],
            resume=options["resume"],
            endpoint=settings.HUB_ENDPOINT,
            other_sources=options["other_sources"],
            workers=os.cpu_count() or 1,
        )

    def _arguments(self, options: dict[str, Any]) -> Any:
        import torch

        from detector.training.finetuning.arguments import (
            KEEP,
            LOW_RANK_KEEP,
            LOW_RANK_RATE,
            RATE,
            Arguments,
        )

        if options["device"] == "cuda" and (settings.FORCE_CPU or not torch.cuda.is_available()):
            raise CommandError("--device cuda: there is no GPU, or FORCE_CPU is set.")
        lora, keep = options["lora"], options["keep"]
        if keep is None:
            keep = LOW_RANK_KEEP if lora else KEEP
        return Arguments(
            epochs=options["epochs"],
            batch_size=options["batch_size"],
            learning_rate=options["learning_rate"] or (LOW_RANK_RATE if lora else RATE),
            freeze=options["freeze"],
            lora=lora,
            keep=keep,
            augment=options["augment"],
            seed=options["seed"],
            device="cpu" if settings.FORCE_CPU else options["device"],
        )

    def _interrupted(self, order: Any) -> str:
        if checkpoint := order.interrupted.checkpoint():
            return f"Interrupted; {checkpoint.name} is kept. Continue with --resume."
        if count := order.interrupted.features:
            return f"Interrupted; features are kept (pictures: {count}). Continue with --resume."
        return "Interrupted before the first epoch ended. Nothing was changed."


def _message(error: Exception) -> str:
    """Without the traceback that a process which reads pictures puts before its message."""
    text = str(error).strip() or type(error).__name__
    return text.splitlines()[-1] if "Original Traceback" in text else text


def _quieten() -> None:
    """The libraries' own remarks hide what matters; warnings of ours still come through."""
    import datasets
    import transformers

    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    datasets.disable_progress_bars()
    logging.getLogger("accelerate").setLevel(logging.ERROR)
