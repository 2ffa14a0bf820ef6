"""The file formats that are accepted: one row each, and the only place that lists them.

The code for a format is in tables of functions with the names of this table: `OPENERS` of
decoding, `WALKERS` of forensics/containers, `FINDERS` of forensics/c2pa and `SAYS_ALPHA` of
forensics/watermarks. tests/inference/test_formats.py fails for a format that one of them forgot.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

# Whether files of a format keep the pixels as they were.
Keeps = Literal["always", "usually", "sometimes", "never"]


@dataclass(frozen=True)
class Format:
    """A file format.

    `title` is its name in sentences, `suffixes` are how files of it are named in folders (what a
    file is, its bytes say: `signature` matches the first 12), `mime` its media type. `container`
    is how findings call what holds its metadata, `c2pa` the place of a C2PA manifest in it ("" if
    C2PA has none). `keeps` says whether its files keep pixels exactly, and `palette` that it has
    256 colours at most. `behind_space` is false for a signature that white space in front of the
    file could be mistaken for, or a short one. Of decoders of whole frames, `frame_memory` gives
    the bytes a pixel that they take by Pillow's mode, Pillow's picture and the conversion among
    them (measured). Below `low_rate` bytes a pixel the codec has smoothed the noise away.
    """

    title: str
    suffixes: frozenset[str]
    mime: str
    signature: re.Pattern[bytes]
    container: str
    c2pa: str
    keeps: Keeps
    palette: bool = False
    behind_space: bool = True
    frame_memory: Mapping[str, int] = field(default_factory=dict)
    low_rate: float = 0.0

    @property
    def exact(self) -> bool:
        """Whether what is flat or regular in the pixels can be taken for how it was stored."""
        return self.keeps in ("always", "usually")


def _suffixes(text: str) -> frozenset[str]:
    return frozenset(f".{suffix}" for suffix in text.split())


def _signature(pattern: bytes) -> re.Pattern[bytes]:
    return re.compile(pattern, re.DOTALL)


# By Pillow's name.
FORMATS: dict[str, Format] = {
    "JPEG": Format(
        "JPEG",
        _suffixes("jpg jpeg jpe jfif jif jfi pjpeg pjp mpo"),
        "image/jpeg",
        _signature(rb"\xff\xd8\xff"),
        container="JPEG segments",
        c2pa="JPEG APP11",
        keeps="never",
    ),
    "PNG": Format(
        "PNG",
        _suffixes("png apng"),
        "image/png",
        _signature(rb"\x89PNG\r\n\x1a\n"),
        container="PNG chunks",
        c2pa="PNG caBX",
        keeps="always",
    ),
    "WEBP": Format(
        "WebP",
        _suffixes("webp"),
        "image/webp",
        _signature(rb"RIFF....WEBP"),
        container="WebP chunks",
        c2pa="WebP C2PA",
        keeps="sometimes",
        frame_memory={"RGB": 16, "RGBA": 20},
        low_rate=0.05,
    ),
    "GIF": Format(
        "GIF",
        _suffixes("gif"),
        "image/gif",
        _signature(rb"GIF8[79]a"),
        container="GIF blocks",
        c2pa="GIF C2PA_GIF",
        keeps="always",
        palette=True,
    ),
    "BMP": Format(
        "BMP",
        _suffixes("bmp dib"),
        "image/bmp",
        _signature(rb"BM"),
        container="BMP header",
        c2pa="",
        keeps="always",
        behind_space=False,
    ),
    "TIFF": Format(
        "TIFF",
        _suffixes("tif tiff"),
        "image/tiff",
        _signature(rb"II[*+]\0|MM\0[*+]"),
        container="TIFF tags",
        c2pa="TIFF tag 0xCD41",
        keeps="usually",
    ),
    "HEIF": Format(
        "HEIC",
        _suffixes("heic heics heif heifs hif"),
        "image/heic",
        _signature(rb"....ftyp"),
        container="HEIF boxes",
        c2pa="HEIF uuid box",
        keeps="sometimes",
        behind_space=False,
        frame_memory={"RGB": 16, "RGBA": 20},
        low_rate=0.03,
    ),
    "AVIF": Format(
        "AVIF",
        _suffixes("avif avifs"),
        "image/avif",
        _signature(rb"....ftyp"),
        container="AVIF boxes",
        c2pa="AVIF uuid box",
        keeps="sometimes",
        behind_space=False,
        frame_memory={"RGB": 16, "RGBA": 22},
        low_rate=0.03,
    ),
}
# What phones write: a JPEG with further pictures behind it, which Pillow gives a name of its own.
SEVERAL_JPEGS = "MPO"
# The files of cameras before anybody has developed them, which Pillow does not open: the module
# decoding/raw.py tells them from TIFF and HEIC by their structure, and has LibRaw develop them.
RAW = "RAW"
CAMERA_RAW = Format(
    "camera RAW",
    _suffixes("dng cr2 cr3 nef arw"),
    "image/x-adobe-dng",
    _signature(rb"II\*\0|MM\0\*|....ftypcrx "),
    container="RAW tags",
    c2pa="TIFF tag 0xCD41",
    keeps="never",
    behind_space=False,
)
SUFFIXES = frozenset().union(*(row.suffixes for row in (*FORMATS.values(), CAMERA_RAW)))


def family(name: str) -> str:
    """The name in FORMATS, or RAW, of what `SourceImage.format` names: "JPEG" for an MPO."""
    return "JPEG" if name == SEVERAL_JPEGS else name


def format_of(name: str) -> Format:
    """The row of what `SourceImage.format` names. Raises `KeyError` for any other name."""
    return CAMERA_RAW if name == RAW else FORMATS[family(name)]


def list_titles(formats: Iterable[Format], last: str) -> str:
    """ "JPEG, PNG or WebP", with "or" as `last`."""
    *titles, final = [format.title for format in formats]
    return f"{', '.join(titles)} {last} {final}"


FORMAT_NAMES = list_titles((*FORMATS.values(), CAMERA_RAW), "or")
