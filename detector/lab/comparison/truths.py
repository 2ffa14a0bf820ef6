"""Copies of a picture with known truth: what was cropped, scaled, turned, re-encoded, retouched."""

from __future__ import annotations

import io
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image

from detector.comparison.features import Pixels
from detector.comparison.tone import to_lab

SCALES = (0.2, 5.0)
QUALITIES = (40, 95)
# The least side of a copy, in pixels: smaller ones are no picture that anybody compares.
LEAST_SIDE = 160
LARGEST_SIDE = 3000
# Units of CIELAB that are seen at once, the share of a retouched part that they fill at least, and
# how many parts are tried.
VISIBLE, VISIBLE_SHARE, TRIES = 6.0, 0.5, 20

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Truth:
    """A copy and how it was made.

    `box` (left, top, right, bottom) was cut from the original, in its pixels; `scale` is by what it
    was then multiplied, `turns` by how many quarters clockwise it was turned after it was
    `mirrored`. `mask` (height, width of the original) is True where it was retouched before, as far
    as anybody could see it.
    """

    pixels: Pixels
    box: tuple[int, int, int, int]
    scale: float
    turns: int
    mirrored: bool
    quality: int
    mask: Mask


def make_copy(original: Pixels, random: np.random.Generator, *, retouched: bool) -> Truth:
    """A copy of the picture, made as people and platforms make them."""
    mask = np.zeros(original.shape[:2], bool)
    pixels = original
    if retouched:
        pixels, mask = retouch(original, random)
    left, top, right, bottom = box = _crop(original.shape, random)
    part = pixels[top:bottom, left:right]
    scale = _scale(part.shape, random)
    pixels, scale = _resize(part, scale)
    mirrored, turns = bool(random.random() < 0.2), int(random.choice([0, 0, 0, 1, 2, 3]))
    if mirrored:
        pixels = pixels[:, ::-1]
    pixels = np.rot90(pixels, -turns)
    quality = int(random.integers(*QUALITIES))
    coloured = change_tone(np.ascontiguousarray(pixels), random)
    return Truth(save_jpeg(coloured, quality), box, scale, turns, mirrored, quality, mask)


def _crop(shape: tuple[int, ...], random: np.random.Generator) -> tuple[int, int, int, int]:
    """A box of 40 to 100 % of each side, in every third copy the whole."""
    height, width = shape[:2]
    if random.random() < 1 / 3:
        return 0, 0, width, height
    shares = random.uniform(0.4, 1.0, 2)
    size = max(int(width * shares[0]), 1), max(int(height * shares[1]), 1)
    left, top = (
        int(random.integers(0, whole - part + 1))
        for whole, part in zip((width, height), size, strict=True)
    )
    return left, top, left + size[0], top + size[1]


def _scale(shape: tuple[int, ...], random: np.random.Generator) -> float:
    low = max(SCALES[0], LEAST_SIDE / min(shape[:2]))
    high = min(SCALES[1], LARGEST_SIDE / max(shape[:2]))
    return float(np.exp(random.uniform(np.log(min(low, high)), np.log(high))))


def _resize(pixels: Pixels, scale: float) -> tuple[Pixels, float]:
    """The picture by `scale`, and the scale that whole pixels gave."""
    height, width = pixels.shape[:2]
    size = max(round(width * scale), 1), max(round(height * scale), 1)
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(pixels, size, interpolation=method), np.uint8), size[0] / width


def change_tone(pixels: Pixels, random: np.random.Generator) -> Pixels:
    """Gamma, contrast, white balance and saturation as a slider of an editor changes them."""
    values = (pixels.astype(np.float32) / 255) ** random.uniform(0.75, 1.35)
    values = (values - 0.5) * random.uniform(0.85, 1.2) + 0.5
    values = values * random.uniform(0.93, 1.07, 3).astype(np.float32)
    grey = values.mean(axis=2, keepdims=True)
    values = grey + (values - grey) * random.uniform(0.6, 1.3)
    return np.asarray((values * 255).clip(0, 255).round(), np.uint8)


def save_jpeg(pixels: Pixels, quality: int) -> Pixels:
    """The picture after it was saved as a JPEG."""
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", quality=quality)
    return np.asarray(Image.open(file).convert("RGB"), np.uint8)


def retouch(original: Pixels, random: np.random.Generator) -> tuple[Pixels, Mask]:
    """The picture with one part replaced, and where that can be seen.

    Another part of the picture, a fill from around it, or other colours take its place.
    """
    for _ in range(TRIES):
        mask = _blob(original.shape[0], original.shape[1], random)
        source = RETOUCHES[int(random.integers(len(RETOUCHES)))](original, mask, random)
        soft = cv2.GaussianBlur(mask.astype(np.float32), (0, 0), 1.5)[..., None]
        mixed = np.asarray((original * (1 - soft) + source * soft).round(), np.uint8)
        visible = mask & _differs(original, mixed)
        # Sky over sky is no retouching.
        if visible.sum() >= VISIBLE_SHARE * mask.sum():
            return mixed, visible
    raise ValueError("No part of the picture can be retouched so that it shows.")


def _clone(pixels: Pixels, mask: Mask, random: np.random.Generator) -> Pixels:
    shift = [int(side * random.uniform(0.3, 0.7)) for side in mask.shape]
    return np.roll(pixels, shift, axis=(0, 1))


def _fill(pixels: Pixels, mask: Mask, random: np.random.Generator) -> Pixels:
    return np.asarray(cv2.inpaint(pixels, mask.astype(np.uint8), 5, cv2.INPAINT_TELEA), np.uint8)


def _recolour(pixels: Pixels, mask: Mask, random: np.random.Generator) -> Pixels:
    return np.roll(pixels, 1, axis=2)


RETOUCHES = (_clone, _fill, _recolour)


def _differs(first: Pixels, second: Pixels) -> Mask:
    gaps = np.linalg.norm(to_lab(first) - to_lab(second), axis=2)
    return np.asarray(cv2.GaussianBlur(gaps, (0, 0), 2) >= VISIBLE)


def _blob(height: int, width: int, random: np.random.Generator) -> Mask:
    """An ellipse with 1 to 8 % of the picture somewhere in its middle."""
    area = height * width * random.uniform(0.01, 0.08)
    shape = random.uniform(0.6, 1.6)
    axes = np.sqrt(area / np.pi * shape), np.sqrt(area / np.pi / shape)
    centre = random.uniform(0.3, 0.7) * width, random.uniform(0.3, 0.7) * height
    mask = np.zeros((height, width), np.uint8)
    size = float(2 * axes[0]), float(2 * axes[1])
    cv2.ellipse(mask, (tuple(map(float, centre)), size, float(random.uniform(0, 180))), 1, -1)
    return np.asarray(mask == 1)
