"""EXIF that a camera writes, for files that only look like marked ones."""

from __future__ import annotations

from PIL import Image

from detector.tests.factories.marked_files import exif


def camera_exif() -> Image.Exif:
    data = exif(Make="Canon", Model="Canon EOS R5", Software="Adobe Lightroom 7")
    data.get_ifd(0x8769).update({0x829A: 0.01, 0x829D: 2.8, 0x8827: 100})
    data.get_ifd(0x8825).update({1: "N", 2: (48.0, 51.0, 29.6)})
    return data
