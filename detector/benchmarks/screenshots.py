"""Draws the pictures of the pages in docs/screenshots: `python -m detector.benchmarks.screenshots`.

A site of its own shows pictures of our own: the samples of the home page, and drawn ones.
"""

from __future__ import annotations

import base64
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, NamedTuple

from PIL import Image, ImageDraw

from .browser import open_browser, send, set_screen, wait_for
from .clock import Failed
from .pictures import encode, make_picture
from .site import ROOT, open_site

if TYPE_CHECKING:
    from selenium import webdriver

SCREENSHOTS = ROOT / "docs" / "screenshots"
SAMPLES = ROOT / "static" / "samples"
LIGHTHOUSE = SAMPLES / "lighthouse-with-settings.png"
HILLS = SAMPLES / "hills-with-camera-data.jpg"
SHAPES = SAMPLES / "shapes-without-data.png"
DRAWN = 6  # further pictures of the batch
QUALITY = 65
MOST_BYTES = 150_000
# What a copy shows of the hills, and the sun that was painted into it, in pixels.
CROP, SUN = (40, 30, 470, 350), (300, 70, 350, 120)


class Shot(NamedTuple):
    """A picture to draw: its name, its page, the screen in CSS pixels, and light or dark."""

    name: str
    address: str
    width: int = 1280
    height: int = 900
    scheme: str = "light"


def draw_all(folder: Path = SCREENSHOTS) -> list[Path]:
    """Draw all of them; returns their paths. Raises `Failed`, also for one that is too large."""
    folder.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory() as name, open_site(with_static=True) as site:
        work = Path(name)
        home = f"http://127.0.0.1:{site.port}/"
        with open_browser(work / "profile") as browser:
            set_screen(browser, 1280)
            return [_draw(browser, shot, folder) for shot in _prepare(browser, home, work)]


def _prepare(browser: webdriver.Chrome, home: str, work: Path) -> list[Shot]:
    """Send the pictures; returns what is to be drawn."""
    batch = send(browser, home, LIGHTHOUSE, HILLS, SHAPES, *_make_pictures(work))
    compared = _compare(browser, home, HILLS, _make_copy(work))
    result, by_file = send(browser, home, HILLS), send(browser, home, LIGHTHOUSE)
    return [
        Shot("home", home),
        Shot("result", result, height=2050),
        Shot("result-phone-dark", by_file, width=390, height=1500, scheme="dark"),
        Shot("batch", batch),
        Shot("report", f"{by_file}report/", height=1400),
        Shot("compare", compared, height=2150),
        Shot("history", f"{home}history/?view=sheet"),
    ]


def _make_pictures(work: Path) -> list[Path]:
    paths = [work / f"drawn-{number + 1}.jpg" for number in range(DRAWN)]
    for number, path in enumerate(paths):
        path.write_bytes(encode(make_picture(0.5, number)))
    return paths


def _make_copy(work: Path) -> Path:
    """The hills as somebody passes them on: retouched, cropped, smaller, without their data."""
    with Image.open(HILLS) as hills:
        picture = hills.convert("RGB")
    ImageDraw.Draw(picture).ellipse(SUN, (250, 235, 160))
    picture = picture.crop(CROP)
    path = work / "hills-from-a-chat.jpg"
    picture.resize((picture.width * 9 // 10, picture.height * 9 // 10)).save(path, quality=80)
    return path


def _compare(browser: webdriver.Chrome, home: str, *paths: Path) -> str:
    browser.get(f"{home}compare/")
    browser.find_element("name", "copies").send_keys("\n".join(map(str, paths)))
    browser.find_element("css selector", "main button[type=submit]").click()
    wait_for(browser, ".ranking")
    return browser.current_url


def _draw(browser: webdriver.Chrome, shot: Shot, folder: Path) -> Path:
    """Save what a screen shows of a page, down to the height."""
    set_screen(browser, shot.width, shot.height, shot.scheme)
    browser.execute_cdp_cmd("Emulation.setScrollbarsHidden", {"hidden": True})
    browser.get(shot.address)
    wait_for(browser, "footer")
    options = {"format": "webp", "quality": QUALITY}
    drawn = browser.execute_cdp_cmd("Page.captureScreenshot", options)
    data = base64.b64decode(drawn["data"])
    if len(data) > MOST_BYTES:
        raise Failed(f"{shot.name} has {len(data)} bytes; accepted are up to {MOST_BYTES}.")
    path = folder / f"{shot.name}.webp"
    path.write_bytes(data)
    return path


if __name__ == "__main__":
    for path in draw_all():
        sys.stdout.write(f"✓ {path.relative_to(ROOT)}, {path.stat().st_size:,} bytes\n")
