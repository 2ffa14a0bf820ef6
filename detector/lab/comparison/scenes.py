"""Pictures with as much to see as a photograph: a sky, a ground, things of many shapes, grain."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

DRAWN_SIZE = (1200, 900)  # pixels


def make_scene(width: int = 640, height: int = 480, seed: int = 0) -> Image.Image:
    """An RGB picture; another `seed` gives another scene."""
    random = np.random.default_rng(seed)
    picture = Image.fromarray(_backdrop(width, height, random))
    draw = ImageDraw.Draw(picture)
    for _ in range(70):
        _draw_thing(draw, width, height, random)
    soft = picture.filter(ImageFilter.GaussianBlur(0.6))
    grain = random.normal(0, 3, (height, width, 1))
    pixels = np.asarray(soft, np.float64) + grain
    return Image.fromarray(pixels.clip(0, 255).round().astype(np.uint8))


def draw_scenes(folder: Path, count: int, seed: int) -> Path:
    """Save so many pictures, each of a scene of its own, as PNG; returns the folder."""
    width, height = DRAWN_SIZE
    for number in range(count):
        scene = make_scene(width, height, seed + number)
        scene.save(folder / f"scene-{number + 1:04}.png", compress_level=1)
    return folder


def _backdrop(width: int, height: int, random: np.random.Generator) -> np.ndarray:
    """Two colours that run into one another, with clouds of several sizes over them."""
    top, bottom = random.uniform(60, 220, (2, 3))
    share = np.linspace(0, 1, height)[:, None, None]
    pixels = np.broadcast_to(top * (1 - share) + bottom * share, (height, width, 3)).copy()
    for size in (4, 9, 20, 45):
        cells = random.normal(0, 60 / size**0.5, (size, size)).astype(np.float32)
        clouds = Image.fromarray(cells).resize((width, height), Image.Resampling.BICUBIC)
        pixels += np.asarray(clouds)[..., None]
    return pixels.clip(0, 255).astype(np.uint8)


def _draw_thing(
    draw: ImageDraw.ImageDraw, width: int, height: int, random: np.random.Generator
) -> None:
    x, y = random.uniform(-0.05, 1) * width, random.uniform(-0.05, 1) * height
    across, down = random.uniform(0.015, 0.14, 2) * min(width, height)
    colour = tuple(int(value) for value in random.integers(0, 256, 3))
    kind = random.integers(3)
    if kind == 0:
        draw.ellipse((x, y, x + across, y + down), fill=colour)
    elif kind == 1:
        corners = [(x + dx * across, y + dy * down) for dx, dy in random.uniform(0, 1, (4, 2))]
        draw.polygon(corners, fill=colour)
    else:
        draw.line((x, y, x + across, y + down), fill=colour, width=max(int(across / 12), 1))
