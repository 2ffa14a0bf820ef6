"""Draws the pictures to try the site with: `python -m detector.lab.samples` writes them again.

They are drawn by this file alone, so nobody else has a right to them: CC0. The settings and the
camera data in them are made up, as anybody could do it, which is what they are to show.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFilter
from PIL.PngImagePlugin import PngInfo

FOLDER = Path(__file__).resolve().parents[2] / "static" / "samples"
SIZE = (480, 360)
SMALL = (192, 144)
FINE = 3  # times larger while drawing, for smooth edges
SETTINGS = (
    "a lighthouse on a cliff at dusk, calm sea, flat colours\n"
    "Negative prompt: people, text\n"
    "Steps: 28, Sampler: Euler a, CFG scale: 7, Seed: 314159265, Size: 480x360, Model: sample"
)
MAKE, MODEL, DATE_TIME, EXPOSURE_TIME, F_NUMBER = 0x010F, 0x0110, 0x0132, 0x829A, 0x829D
EXIF = 0x8769

Colour = tuple[int, int, int]


def draw_sky(top: Colour, bottom: Colour) -> Image.Image:
    """A gradient from top to bottom, at the size for drawing."""
    width, height = (side * FINE for side in SIZE)
    steps = np.linspace(0, 1, height)[:, None, None]
    rows = np.array(top) * (1 - steps) + np.array(bottom) * steps
    return Image.fromarray(np.broadcast_to(rows, (height, width, 3)).astype(np.uint8))


def draw_lighthouse() -> Image.Image:
    picture = draw_sky((38, 56, 110), (244, 170, 120))
    draw = ImageDraw.Draw(picture)
    width, height = picture.size
    draw.rectangle((0, height * 0.68, width, height), (28, 70, 110))
    draw.polygon([(0, height), (0, 830), (420, 700), (640, 800), (700, height)], (52, 44, 58))
    draw.polygon([(330, 740), (360, 280), (460, 280), (490, 740)], (240, 236, 228))
    for top in (340, 500, 660):
        draw.rectangle((338, top, 484, top + 60), (190, 50, 44))
    draw.rectangle((345, 200, 475, 285), (70, 60, 70))
    draw.ellipse((380, 215, 440, 275), (255, 240, 170))
    draw.polygon([(335, 200), (410, 130), (485, 200)], (150, 40, 40))
    return picture.resize(SIZE, Image.Resampling.LANCZOS)


def draw_hills() -> Image.Image:
    picture = draw_sky((120, 170, 220), (235, 235, 220))
    draw = ImageDraw.Draw(picture)
    width, height = picture.size
    across = np.arange(0, width + 12, 12)
    for number, colour in enumerate([(130, 160, 150), (90, 130, 95), (58, 96, 60)]):
        waves = np.sin(across / (260 - 60 * number) + 2 * number) * (70 - 15 * number)
        ridge = np.column_stack([across, height * (0.5 + 0.14 * number) + waves])
        draw.polygon([*map(tuple, ridge.tolist()), (width, height), (0, height)], colour)
    small = picture.resize(SIZE, Image.Resampling.LANCZOS)
    noise = np.random.default_rng(5).normal(0, 5, (SIZE[1], SIZE[0], 1))
    return Image.fromarray((np.asarray(small) + noise).clip(0, 255).astype(np.uint8))


def draw_shapes() -> Image.Image:
    picture = Image.new("RGB", (SIZE[0] * FINE, SIZE[1] * FINE), (250, 247, 240))
    draw = ImageDraw.Draw(picture)
    draw.ellipse((150, 180, 750, 780), (230, 120, 80))
    draw.rectangle((620, 340, 1240, 900), (40, 110, 150))
    draw.polygon([(300, 980), (700, 420), (1050, 980)], (240, 200, 90))
    return picture.resize(SIZE, Image.Resampling.LANCZOS)


def make_exif() -> Image.Exif:
    """The data of a camera that does not exist."""
    exif = Image.Exif()
    exif[MAKE], exif[MODEL], exif[DATE_TIME] = "Example", "Sample 1", "2026:05:04 10:20:30"
    details = exif.get_ifd(EXIF)
    details[EXPOSURE_TIME], details[F_NUMBER] = 0.004, 5.6
    return exif


def write(folder: Path) -> None:
    """Write the three pictures and a small copy of each."""
    folder.mkdir(parents=True, exist_ok=True)
    info = PngInfo()
    info.add_text("parameters", SETTINGS)
    lighthouse, hills, shapes = draw_lighthouse(), draw_hills(), draw_shapes()
    lighthouse.save(folder / "lighthouse-with-settings.png", pnginfo=info, optimize=True)
    hills.save(folder / "hills-with-camera-data.jpg", quality=88, exif=make_exif())
    shapes.quantize(64).save(folder / "shapes-without-data.png", optimize=True)
    for key, picture in (("settings", lighthouse), ("camera", hills), ("screenshot", shapes)):
        small = picture.filter(ImageFilter.GaussianBlur(0.5)).resize(SMALL)
        small.save(folder / f"{key}-small.webp", quality=60)


if __name__ == "__main__":
    write(FOLDER)
