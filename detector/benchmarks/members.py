"""Public checkpoints as members of method 4, beside the pipeline that their authors show."""

from __future__ import annotations

import json
import logging
import statistics
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from detector.checkpoints.members import MEMBERS
from detector.inference.images import open_image
from detector.inference.pipeline import Detector
from detector.installation import get_runtime

from .lines import Line, milliseconds
from .pictures import make_jpeg

METHOD = "huggingface"
LABELS = {0: "real", 1: "fake"}
SIDE, SMALL_SIDE = 224, 56
PROCESSOR = {
    "image_processor_type": "ViTImageProcessor",
    "do_resize": True,
    "resample": 2,
    "do_rescale": True,
    "do_normalize": True,
    "image_mean": [0.5, 0.5, 0.5],
    "image_std": [0.5, 0.5, 0.5],
}


def measure_members(*, runs: int = 10, megapixels: float = 1.0, layers: int = 12) -> Iterator[Line]:
    """A ViT-B and two Swin-B with random weights; fewer `layers` make small ones, for a trial."""
    data = make_jpeg(megapixels)
    with TemporaryDirectory() as name:
        folders = save_members(Path(name), layers)
        runtime = replace(get_runtime(), finetuned_dir=Path(name), compiled_dir=Path(name) / "x")
        detector = Detector(runtime, only=(METHOD,))
        pipelines = [_load_pipeline(folder) for folder in folders]
        ours, theirs = [], []
        for run in range(runs + 1):
            ours.append(_time(lambda: detector.run_methods(open_image(data))))
            theirs.append(_time(lambda: [pipe(_open(data)) for pipe in pipelines]))
            if run == 0:  # with loading
                ours, theirs = [], []
        used = detector.run_methods(open_image(data))[0].used
    ratios = [b / a for a, b in zip(ours, theirs, strict=True)]
    yield Line("Three members of method 4, with decoding", milliseconds(ours))
    yield Line("transformers.pipeline over the same three, with decoding", milliseconds(theirs))
    ratio = f"{statistics.median(ratios):.1f} times ({min(ratios):.1f} to {max(ratios):.1f})"
    yield Line("Members beside the pipeline", ratio, ">= 4 times")
    yield Line("Members that answered", used)


def save_members(root: Path, layers: int) -> list[Path]:
    """Folders as fine-tuning writes them, one for each member."""
    import torch
    from transformers import ViTConfig, ViTForImageClassification

    torch.manual_seed(0)
    names = {"id2label": LABELS, "label2id": {label: n for n, label in LABELS.items()}}
    small = {} if layers == 12 else {"image_size": SMALL_SIDE, "hidden_size": 48}
    heads = {} if layers == 12 else {"num_attention_heads": 3, "intermediate_size": 96}
    config = ViTConfig(num_hidden_layers=layers, **names, **small, **heads)
    models = [
        ViTForImageClassification(config),
        _make_swin(layers, names),
        _make_swin(layers, names),
    ]
    folders = [root / member.finetuned for member in MEMBERS]
    for folder, model in zip(folders, models, strict=True):
        model.save_pretrained(folder)
        side = model.config.image_size
        processor = PROCESSOR | {"size": {"height": side, "width": side}}
        (folder / "preprocessor_config.json").write_text(json.dumps(processor))
    return folders


def _make_swin(layers: int, names: dict[str, Any]) -> Any:
    from transformers import SwinConfig, SwinForImageClassification

    base = {"embed_dim": 128, "depths": [2, 2, 18, 2], "num_heads": [4, 8, 16, 32]}
    small = {"embed_dim": 12, "depths": [1, 1], "num_heads": [1, 2], "image_size": SMALL_SIDE}
    sizes = base if layers == 12 else small
    return SwinForImageClassification(SwinConfig(**sizes, window_size=7, **names))


def _load_pipeline(folder: Path) -> Any:
    from transformers import pipeline
    from transformers.utils.logging import set_verbosity

    set_verbosity(logging.ERROR)
    return pipeline("image-classification", model=str(folder), device="cpu")


def _open(data: bytes) -> Any:
    import io

    from PIL import Image

    return Image.open(io.BytesIO(data)).convert("RGB")


def _time(work: Any) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start
