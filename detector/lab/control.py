"""How well the class can be told without looking at the picture: by size, format and compression.

The control of an evaluation. What a forest reads off there on sources that it has not seen, a
method could have learnt instead of the pictures (see training/genimage/format_bias.py).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import cv2
import numpy as np

from detector.accuracy.conditions import CLEAN
from detector.inference.formats import family
from detector.inference.images import ImageError, SourceImage, open_image
from detector.inference.pixels.jpeg_quality import jpeg_quality
from detector.inference.pixels.tiles import Pixels
from detector.training.corpus.labelled import Picture
from detector.training.genimage.format_bias import FormatBias, measure_format_bias
from detector.training.genimage.layout import Place
from detector.training.genimage.table import COLUMNS, FORMATS, Table
from detector.training.pictures.augment import CONDITIONS
from detector.training.pictures.preparation import Progress

JPEG = FORMATS.index("JPEG")
# Re-encoded pixels have no file: their bytes are those of a JPEG of this quality.
QUALITY = 95
CLASSES = [Place(0, "", ""), Place(1, "", "")]

# Width, height, format, quality, bytes: what a row of COLUMNS has of a picture.
Facts = dict[str, int]


def measure_control(
    pictures: Sequence[Picture],
    conditions: Sequence[str],
    seed: int,
    workers: int,
    progress: Progress,
) -> dict[str, FormatBias]:
    """By condition, what a forest can tell of sources that it has not seen.

    Pictures that cannot be read are left out.
    """
    rows: dict[str, list[Facts]] = {name: [] for name in conditions}
    sources: list[str] = []
    for picture in progress(pictures, desc="Reading", unit="picture"):
        if facts := _facts_under(picture, conditions):
            sources.append(picture.source)
            for name, values in facts.items():
                rows[name].append(values | {"place": picture.label})
    groups = np.unique(np.array(sources), return_inverse=True)[1]
    return {
        name: measure_format_bias(_table(values), groups, seed, workers)
        for name, values in rows.items()
    }


def _facts_under(picture: Picture, conditions: Sequence[str]) -> dict[str, Facts]:
    """The facts of a picture under each condition; empty if it cannot be read."""
    try:
        image = open_image(picture.path)
        if family(image.format) not in FORMATS:
            return {}
        return {
            name: of_file(image) if name == CLEAN else of_pixels(CONDITIONS[name](image.pixels))
            for name in conditions
        }
    except (ImageError, cv2.error):  # cv2: more columns than JPEG or WebP can hold
        return {}


def of_file(image: SourceImage) -> Facts:
    """The facts of a file as it is."""
    quality = jpeg_quality(image.data) if family(image.format) == "JPEG" else None
    return {
        "width": image.width,
        "height": image.height,
        "format": FORMATS.index(family(image.format)),
        "quality": quality.value if quality else 0,
        "bytes": len(image.data),
    }


def of_pixels(pixels: Pixels) -> Facts:
    """The facts of pixels (height, width, 3) that both classes have in the same format."""
    height, width = pixels.shape[:2]
    options = [cv2.IMWRITE_JPEG_QUALITY, QUALITY]
    _, data = cv2.imencode(".jpg", cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR), options)
    return {
        "width": width, "height": height, "format": JPEG, "quality": QUALITY, "bytes": len(data)
    }  # fmt: skip


def _table(rows: Sequence[Facts]) -> Table:
    table = np.zeros(len(rows), COLUMNS)
    for name in rows[0] if rows else ():
        table[name] = [row[name] for row in rows]
    return Table(table, CLASSES)


def to_markdown(control: dict[str, FormatBias]) -> str:
    """A row for each condition."""
    return "\n".join(
        ["| condition | AI + real | AUROC | tells |", "|---|---|---|---|", *_rows(control)]
    )


def _rows(control: dict[str, FormatBias]) -> Iterator[str]:
    for name, bias in control.items():
        area = "too few sources"
        if bias.interval is not None and bias.roc_auc is not None:
            area = "{:.3f} ({:.3f} to {:.3f})".format(bias.roc_auc, *bias.interval)
        yield f"| {name} | {bias.n_ai} + {bias.n_real} | {area} | {' '.join(bias.tells)} |"


def to_dict(control: dict[str, FormatBias]) -> dict[str, Any]:
    """By condition, for a JSON file."""
    return {name: bias.to_dict() for name, bias in control.items()}
