"""The file formats that are accepted: one row each, and the only place that lists them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Format:
    """A file format.

    `title` is its name in sentences, `suffixes` are how files of it are named in folders (what a
    file is, its bytes say), `mime` its media type. `lossless` says that every file of the format
    keeps the pixels as they were; None that it depends on the file.
    """

    title: str
    suffixes: frozenset[str]
    mime: str
    lossless: bool | None


def _suffixes(text: str) -> frozenset[str]:
    return frozenset(f".{suffix}" for suffix in text.split())


# By Pillow's name. MPO, a JPEG with further pictures behind it that phones write, opens as JPEG.
FORMATS: dict[str, Format] = {
    "JPEG": Format(
        "JPEG", _suffixes("jpg jpeg jpe jfif jif jfi pjpeg pjp mpo"), "image/jpeg", lossless=False
    ),
    "PNG": Format("PNG", _suffixes("png apng"), "image/png", lossless=True),
    "WEBP": Format("WebP", _suffixes("webp"), "image/webp", lossless=None),
    "GIF": Format("GIF", _suffixes("gif"), "image/gif", lossless=True),
    "BMP": Format("BMP", _suffixes("bmp dib"), "image/bmp", lossless=True),
    "TIFF": Format("TIFF", _suffixes("tif tiff"), "image/tiff", lossless=None),
    "HEIF": Format("HEIC", _suffixes("heic heics heif heifs hif"), "image/heic", lossless=None),
    "AVIF": Format("AVIF", _suffixes("avif avifs"), "image/avif", lossless=None),
}
SUFFIXES = frozenset().union(*(format.suffixes for format in FORMATS.values()))
_TITLES = [format.title for format in FORMATS.values()]
FORMAT_NAMES = f"{', '.join(_TITLES[:-1])} or {_TITLES[-1]}"
