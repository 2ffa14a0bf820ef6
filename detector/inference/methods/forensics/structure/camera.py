"""Data that a camera or an editor wrote: context for the reader, evidence for neither side.

Anyone can write such fields into any file, so they never argue for "real". Where the picture was
taken is never read, only whether the file says so.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from detector.inference.methods.forensics.containers.metadata import Metadata, quotable
from detector.inference.methods.forensics.evidence import (
    MAX_IN_SENTENCE,
    Evidence,
    capture_claim,
    context,
)
from detector.inference.wording import JSON

_EDITORS = re.compile(
    r"\b(photoshop|lightroom|camera raw|capture one|darktable|rawtherapee|gimp|affinity|snapseed|"
    r"picasa|paint\.net|photopea|luminar|dxo|pixelmator|polarr|photoscape|meitu|acdsee|topaz)\b",
    re.IGNORECASE,
)
# In the order in which photographers say them.
_EXPOSURE = ("ExposureTime", "FNumber", "ISO", "FocalLength")
_DATE = re.compile(r"(\d{4}):(\d\d):(\d\d) \d\d:\d\d(:\d\d)?")


def read_camera(metadata: Metadata) -> Iterator[Evidence]:
    """The camera that the file names, with lens, exposure, date and whether it left notes."""
    maker, model = (quotable(metadata.value(key), MAX_IN_SENTENCE) for key in ("Make", "Model"))
    camera = model if model.lower().startswith(maker.lower()) else f"{maker} {model}".strip()
    camera_params = {"camera": camera, **_camera_details(metadata)}
    if len(metadata.camera.keys() & set(_EXPOSURE)) >= 2:
        params = {"exposure": _exposure(metadata), **camera_params}
        # A capture has both; scanners and converters leave one of them, too.
        make_claim = capture_claim if maker and model else context
        yield make_claim("camera.exposure", params, "camera", "EXIF Make, Model")
    elif maker and model:
        yield context("camera.named", camera_params, "camera", "EXIF Make, Model")
    if "GPS" in metadata.camera:
        yield context("camera.place", {}, "gps", "EXIF GPS")


def _exposure(metadata: Metadata) -> list[str]:
    """The parts of the exposure that can be shown: ["1/250 s", "f/2.8", "ISO 400", "50 mm"]."""
    return [metadata.camera[name] for name in _EXPOSURE if metadata.camera.get(name)]


def _camera_details(metadata: Metadata) -> dict[str, JSON]:
    """Lens, date and the size of the maker's notes; "" or None for missing values."""
    date = _DATE.fullmatch(metadata.camera.get("DateTimeOriginal", ""))
    notes = metadata.camera.get("MakerNote")
    return {
        "lens": metadata.camera.get("LensModel", ""),
        "date": "-".join(date.group(1, 2, 3)) if date else "",
        "note_bytes": int(notes) if notes else None,
    }


def read_editor(metadata: Metadata) -> Iterator[Evidence]:
    """The program for editing pictures that last wrote the file."""
    for text in metadata.carriers("Software"):
        name = quotable(text.value, MAX_IN_SENTENCE)
        if _EDITORS.search(name):
            yield context("editor.name", {"name": name}, "editor", text.where)
            return
