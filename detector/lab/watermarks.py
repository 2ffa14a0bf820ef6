"""How often method 3 finds the invisible watermarks, and how often where there are none.

Photographs are marked by the public package `invisible-watermark`, each the way that the model's
program hands its pictures over, and then treated as pictures are on their way.
"""

from __future__ import annotations

import io
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image

from detector.inference.images import ImageError, SourceImage, open_image
from detector.inference.methods.forensics.watermarks.dwt_dct import (
    MARKS,
    MIN_MARKED_SIDE,
    Mark,
    match_marks,
)
from detector.inference.pixels.conditions import half_size
from detector.inference.pixels.tiles import Pixels
from detector.training.corpus.labelled import Picture, cap_sources
from detector.training.figures.intervals import wilson_interval

# As large as the first of these models makes them; larger pictures only have more votes for a bit,
# and the package takes long.
MAX_SIDE = 512
PER_SOURCE = 20
PHOTO = "photo"
PACKAGE = "invisible-watermark"


@dataclass(frozen=True)
class Program:
    """How a program hands a picture to the encoder, which expects blue first.

    With `floats` the values are floating-point numbers from 0 to 255, with `reversed` red is first.
    """

    name: str
    mark: Mark
    floats: bool = False
    reversed: bool = False


PROGRAMS = (
    *(Program(mark.model, mark) for mark in MARKS[:3]),
    Program(MARKS[3].model, MARKS[3], floats=True),
    Program(f"{MARKS[3].model} (diffusers, channels reversed)", MARKS[3], True, True),
    Program(MARKS[4].model, MARKS[4], floats=True),
)


def find_encoder() -> Callable[[], Any]:
    """The encoder of the public package. Raises `ValueError` if it is not installed."""
    try:
        from imwatermark import WatermarkEncoder
    except ImportError as error:
        # Its dependencies would overwrite the OpenCV that is installed with another build of it.
        raise ValueError(f"{PACKAGE} is needed: pip install --no-deps {PACKAGE}.") from error
    encoder: Callable[[], Any] = WatermarkEncoder
    return encoder


def embed(pixels: Pixels, program: Program) -> Pixels:
    """RGB pixels (height, width, 3) marked as `program` marks them, by the public package."""
    encoder = find_encoder()()
    encoder.set_watermark("bits", [int(bit) for bit in program.mark.bits])
    step = 1 if program.reversed else -1
    channels = np.ascontiguousarray(pixels[..., ::step])
    result = encoder.encode(channels.astype(np.float32) if program.floats else channels, "dwtDct")
    return np.ascontiguousarray(result[..., ::step].round().clip(0, 255).astype(np.uint8))


def _store(pixels: Pixels, format: str, **options: Any) -> Pixels:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, format, **options)
    return open_image(file.getvalue()).pixels


TREATMENTS: dict[str, Callable[[Pixels], Pixels]] = {
    "clean": lambda pixels: pixels,
    "PNG": lambda pixels: _store(pixels, "PNG", compress_level=1),
    "JPEG 95": lambda pixels: _store(pixels, "JPEG", quality=95),
    "JPEG 90": lambda pixels: _store(pixels, "JPEG", quality=90),
    "JPEG 80": lambda pixels: _store(pixels, "JPEG", quality=80),
    "half size": half_size,
}


def found_models(pixels: Pixels) -> set[str]:
    """The models whose marks are found in RGB pixels (height, width, 3)."""
    if min(pixels.shape[:2]) < MIN_MARKED_SIDE:
        return set()
    return {match.mark.model for match in match_marks(pixels) if match.is_accepted}


def choose_photographs(pictures: Sequence[Picture], count: int, seed: int) -> list[Pixels]:
    """At most `count` real pictures, photographs where kinds are known, cut to MAX_SIDE.

    Raises `ValueError` if none is large enough for a mark.
    """
    real = [picture for picture in pictures if picture.label == 0]
    photographs = [picture for picture in real if picture.kind == PHOTO] or real
    capped = cap_sources(photographs, PER_SOURCE, seed) if photographs else []
    choices: list[Pixels] = []
    for index in np.random.default_rng(seed).permutation(len(capped)):
        image = _open(capped[index])
        if image and min(image.width, image.height) >= MIN_MARKED_SIDE:
            # A copy: a view would keep the whole picture in memory.
            choices.append(image.pixels[:MAX_SIDE, :MAX_SIDE].copy())
        if len(choices) == count:
            break
    if not choices:
        raise ValueError(
            f"No real picture of at least {MIN_MARKED_SIDE} pixels a side could be read."
        )
    return choices


def _open(picture: Picture) -> SourceImage | None:
    try:
        return open_image(picture.path)
    except ImageError:
        return None


def rates(photographs: Iterable[Pixels]) -> dict[str, dict[str, Any]]:
    """How often each program's mark is found after each treatment, with 95 % intervals."""
    hits: Counter[tuple[str, str]] = Counter()
    count = 0
    for pixels in photographs:
        count += 1
        for program in PROGRAMS:
            result = embed(pixels, program)
            for name, treat in TREATMENTS.items():
                hits[program.name, name] += program.mark.model in found_models(treat(result))
    return {
        program.name: {name: share(hits[program.name, name], count) for name in TREATMENTS}
        for program in PROGRAMS
    }


def share(hits: int, n: int) -> dict[str, Any]:
    """`hits` in `n` as a share with Wilson's interval; rounded."""
    interval = [round(bound, 5) for bound in wilson_interval(hits, n)]
    return {"n": n, "found": hits, "share": round(hits / max(n, 1), 5), "interval": interval}


@dataclass(frozen=True)
class Look:
    """The marks in an unchanged picture, and the milliseconds of one core without decoding."""

    picture: Picture
    models: frozenset[str]
    core_ms: float


def draw_each(pictures: Sequence[Picture], limit: int, seed: int) -> list[Picture]:
    """At most `limit` real and `most` AI pictures, drawn at random."""
    order = [pictures[i] for i in np.random.default_rng(seed).permutation(len(pictures))]
    return [p for label in (0, 1) for p in [p for p in order if p.label == label][:limit]]


def look(picture: Picture) -> Look | None:
    """Look for marks in an unchanged file; None if it cannot be read or is too small for a mark."""
    image = _open(picture)
    if image is None or min(image.width, image.height) < MIN_MARKED_SIDE:
        return None
    pixels = image.pixels
    start = time.thread_time()
    models = found_models(pixels)
    return Look(picture, frozenset(models), (time.thread_time() - start) * 1000)


def summarise_looks(looks: Sequence[Look]) -> dict[str, Any]:
    """Marks in real and in AI pictures as they are, the generators that left them, and the time."""
    times = [look.core_ms for look in looks] or [0.0]
    middle, slowest = np.quantile(times, [0.5, 0.95])
    return {
        "real": _hits([look for look in looks if look.picture.label == 0]),
        "ai": _hits([look for look in looks if look.picture.label == 1]),
        "generators": _by_generator([look for look in looks if look.picture.label == 1]),
        "milliseconds": {"median": round(float(middle), 1), "95 %": round(float(slowest), 1)},
    }


def _hits(looks: Sequence[Look]) -> dict[str, Any]:
    models = Counter(model for look in looks for model in look.models)
    hits = share(sum(bool(look.models) for look in looks), len(looks))
    return hits | {"models": {mark.model: models[mark.model] for mark in MARKS}}


def _by_generator(looks: Sequence[Look]) -> dict[str, Any]:
    """For each generator of a marked picture: how many of its pictures carry which mark."""
    sizes = Counter(look.picture.generator for look in looks)
    hits = Counter((look.picture.generator, model) for look in looks for model in look.models)
    figures: dict[str, Any] = {}
    for (generator, model), count in sorted(hits.items()):
        figures.setdefault(generator, {"n": sizes[generator]})[model] = count
    return figures


def to_markdown(figures: dict[str, Any]) -> str:
    """The rates as a table, then the marks that were found in the unchanged pictures."""
    lines = ["| marked by | " + " | ".join(TREATMENTS) + " |", "|---" * (len(TREATMENTS) + 1) + "|"]
    for program, cells in figures["rates"].items():
        lines.append(f"| {program} | " + " | ".join(_percent(cells[t]) for t in TREATMENTS) + " |")
    for label, name in (("real", "Real"), ("ai", "AI")):
        hits = figures[label]
        lines += ["", f"{name} pictures as they are: marks in {hits['found']} of {hits['n']}."]
    for generator, counts in figures["generators"].items():
        models = ", ".join(f"{model} {n}" for model, n in counts.items() if model != "n")
        lines.append(f"- {generator}: {models} of {counts['n']}")
    times = figures["milliseconds"]
    lines += ["", f"On one core: median {times['median']} ms, 95 % within {times['95 %']} ms."]
    return "\n".join(lines)


def _percent(cell: dict[str, Any]) -> str:
    low, high = cell["interval"]
    return f"{cell['share']:.1%} ({low:.1%} to {high:.1%})"
