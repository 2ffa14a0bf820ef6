"""One member from the user's pictures to a folder that the server loads."""

from __future__ import annotations

import hashlib
import logging
import time
from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

import torch
from accelerate import PartialState

from detector.checkpoints.facts import METRICS
from detector.checkpoints.members import Member
from detector.checkpoints.processor import Processor
from detector.checkpoints.sources import FINE_TUNED, Source
from detector.inference.names import printable
from detector.inference.runtime import Runtime
from detector.inference.weights.ranges import read_fields
from detector.training.corpus.labelled import LABELS, Picture, read_corpus
from detector.training.genimage.splits import SPLITS, SPLITS_FOLDER, read_equalise, read_split
from detector.training.learning.export import write_folder
from detector.training.pictures.preparation import Progress

from .arguments import HEAD, TIMEOUT_S, Arguments
from .averaging import copy_weights, keep_share
from .base import Base, BaseUnavailable, find_base
from .head import fit_head
from .interrupted import Interrupted
from .low_rank import add_low_rank, merge_low_rank
from .model import freeze, load_model
from .testing import OTHER_SOURCES
from .training_run import FinishedTraining, Lessons, train
from .writing import Run, write_model

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Order:
    """The model to fine-tune, its pictures, and the folder for the result.

    `output_dir` holds one folder for each member; `base_model` is a folder or a hub id; `endpoint`
    is another hub's address; `other_sources` is a corpus of other sources that the model is tested
    on, too; `workers` are threads of the test.
    """

    member: Member
    data_dir: Path
    output_dir: Path
    arguments: Arguments
    runtime: Runtime
    base_model: str | None = None
    resume: bool = False
    endpoint: str | None = None
    other_sources: Path | None = None
    workers: int = 1

    @property
    def folder(self) -> Path:
        """Where the fine-tuned model is put."""
        return self.output_dir / self.member.finetuned

    @property
    def interrupted(self) -> Interrupted:
        """The folder of an unfinished run. It is hidden, so the server does not look there."""
        return Interrupted(self.output_dir / f".{self.member.finetuned}-training")

    @cached_property
    def digest(self) -> str:
        """A digest of the splits; it changes when a picture moves from one split to another."""
        digest = hashlib.sha256()
        for split in SPLITS:
            digest.update((self.data_dir / SPLITS_FOLDER / f"{split}.json").read_bytes())
        return digest.hexdigest()[:12]


def finetune(order: Order, *, progress: Progress, quiet: bool) -> dict[str, Any] | None:
    """Train, test and write; returns metrics.json, or None in all processes but the first.

    Raises `BaseUnavailable` without weights to start from, `FileNotFoundError` or `ValueError` for
    pictures or arguments that will not do.
    """
    pictures = {split: _read(order.data_dir, split) for split in SPLITS}
    if order.other_sources:
        pictures[OTHER_SOURCES] = _read_other_sources(order.other_sources, pictures)
    equalise = read_equalise(order.data_dir)
    process = PartialState(
        cpu=order.arguments.on_device().type == "cpu", timeout=timedelta(seconds=TIMEOUT_S)
    )
    # The first process downloads; the others then find the checkpoint in the cache.
    with process.main_process_first():
        lock = _try_to_start(order)
    if isinstance(lock, Exception):
        raise lock
    base, checkpoint = lock
    if process.is_main_process:
        logger.info("%s starts from %s: %s.", order.member.title, base.source.name, base.why)
        if checkpoint:
            logger.info("The interrupted run goes on after %s.", checkpoint.name)
        elif not (order.resume and order.interrupted.begun):
            order.interrupted.start(_plan(order, base))
    process.wait_for_everyone()
    if order.arguments.freeze == HEAD and not process.is_main_process:
        return None  # one process fits a head in seconds

    began = time.monotonic()
    lessons = Lessons(pictures["train"], pictures["val"], equalise)
    training, knows = _train(order, base, lessons, checkpoint, progress, quiet)
    if not process.is_main_process:
        return None
    run = Run(
        order.digest, order.member.finetuned, base, knows, training, pictures, equalise,
        order.arguments,
        order.runtime, None if checkpoint else time.monotonic() - began, order.workers, progress,
    )  # fmt: skip
    metrics: dict[str, Any] = {}
    write_folder(order.folder, lambda draft: metrics.update(write_model(draft, run)))
    order.interrupted.remove()
    return metrics


def _read(data_dir: Path, split: str) -> list[Picture]:
    pictures = read_split(data_dir, split)
    counts = Counter(picture.label for picture in pictures)
    for name, label in LABELS.items():
        if not counts[label]:
            raise ValueError(
                f"The split {split} of {printable(data_dir)} has no {name} pictures; every split "
                "needs both classes. Add pictures and run manage.py prepare_genimage."
            )
    if absent := next((p.path for p in pictures if not p.path.exists()), None):
        raise ValueError(
            f"{printable(absent)} of the split {split} is gone; run manage.py prepare_genimage "
            "again."
        )
    return pictures


def _try_to_start(order: Order) -> tuple[Base, Path | None] | Exception:
    """The result or the error of `_start`: raising here would leave the other processes waiting."""
    try:
        return _start(order)
    except (BaseUnavailable, OSError, ValueError) as error:
        return error


def _start(order: Order) -> tuple[Base, Path | None]:
    """The base, and the checkpoint of an interrupted run to go on from."""
    checkpoint = order.interrupted.checkpoint()
    if (checkpoint or order.interrupted.features) and not order.resume:
        raise ValueError(
            f"An interrupted run is in {printable(order.interrupted.folder)}: continue with "
            "--resume, or delete that folder to start again."
        )
    if order.resume and order.interrupted.begun:
        plan = order.interrupted.check(_settings(order))
        source = Source(**{**plan["base"], "folder": Path(plan["base"]["folder"])})
        return Base(source, plan["why"]), checkpoint
    base = find_base(
        order.member,
        order.runtime,
        name=order.base_model,
        resume=order.resume,
        endpoint=order.endpoint,
    )
    if base.source.state == FINE_TUNED:
        _check_same_pictures(base.source.folder, order.digest)
    return base, None


def _check_same_pictures(folder: Path, digest: str) -> None:
    """Raises `ValueError` if the model in `folder` learnt from other splits than these."""
    if not (folder / METRICS).exists():
        return
    metrics = read_fields(folder / METRICS)
    digest_before = (
        metrics.fields("data").values.get("digest", digest) if "data" in metrics else digest
    )
    if digest_before != digest:
        raise ValueError(
            "--resume: the fine-tuned weights learnt from other splits, so that pictures of this "
            "test may be among them. Begin anew without --resume, or restore the old splits."
        )


def _settings(order: Order) -> dict[str, Any]:
    """The settings that must be the same when an interrupted run continues."""
    return {
        "pictures": order.digest,
        "base model": order.base_model,
        **order.arguments.learnt(),
    }


def _plan(order: Order, base: Base) -> dict[str, Any]:
    source = vars(base.source) | {"folder": str(base.source.folder.absolute())}
    return _settings(order) | {"base": source, "why": base.why}


def _train(
    order: Order,
    base: Base,
    lessons: Lessons,
    checkpoint: Path | None,
    progress: Progress,
    quiet: bool,
) -> tuple[FinishedTraining, bool]:
    """Train; also returns whether the base could already tell AI from real."""
    arguments, folder = order.arguments, order.interrupted.folder
    torch.manual_seed(arguments.seed)
    model, knows = load_model(base.source.folder)
    processor = Processor.read(base.source.folder)
    if arguments.freeze == HEAD:
        return fit_head(model, processor, lessons, arguments, folder, progress), knows
    start = copy_weights(model)
    if arguments.lora:
        add_low_rank(model, arguments.lora, with_head=not knows)
    freeze(model, arguments.freeze)
    training = train(
        model, processor, lessons, arguments, folder, checkpoint=checkpoint, quiet=quiet
    )
    merge_low_rank(model)
    if knows:  # a head that knew nothing has nothing to keep
        keep_share(model, start, arguments.keep)
    return training, knows


def _read_other_sources(folder: Path, pictures: dict[str, list[Picture]]) -> list[Picture]:
    """The pictures of a corpus. Raises `ValueError` for one class alone, or for known sources."""
    others = read_corpus(folder)
    if {picture.label for picture in others} != {*LABELS.values()}:
        raise ValueError(f"{printable(folder)} has one class alone; the test needs ai and real.")
    sources = {picture.source for split in SPLITS for picture in pictures[split]}
    if known := sorted(sources & {picture.source for picture in others}):
        raise ValueError(
            f"{printable(folder)} has the source {printable(known[0])}, which the model learns "
            "from; accepted are pictures of other sources."
        )
    return others
