"""What a camera or an editor wrote: context for the reader, evidence for neither side.

Anyone can write such fields into any file, so they never argue for "real". Where the picture was
taken is never read, only whether the file says so.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from .evidence import Evidence, context
from .metadata import Metadata, clean

_EDITORS = re.compile(
    r"\b(photoshop|lightroom|camera raw|capture one|darktable|rawtherapee|gimp|affinity|snapseed|"
    r"picasa|paint\.net|photopea|luminar|dxo|pixelmator|polarr|photoscape|meitu|acdsee|topaz)\b",
    re.IGNORECASE,
)
_EXPOSURE = {"ExposureTime", "FNumber", "ISO", "FocalLength"}


def read_camera(metadata: Metadata) -> Iterator[Evidence]:
    """The camera that the file names, and whether it has the settings of an exposure."""
    make, model = (clean(metadata.value(key), 80) for key in ("Make", "Model"))
    camera = model if model.lower().startswith(make.lower()) else f"{make} {model}".strip()
    exposure = len(metadata.camera & _EXPOSURE) >= 2
    if (make and model) or exposure:
        settings = ", with the settings of an exposure" if exposure else ""
        said = f'The file names a camera, "{camera}"{settings}. That can be written into any file.'
        yield context(said, "camera", "EXIF Make, Model")
    if "GPS" in metadata.camera:
        yield context(
            "The file says where it was taken; the place is not read here.", "gps", "EXIF GPS"
        )


def read_editor(metadata: Metadata) -> Iterator[Evidence]:
    """The program for editing pictures that last wrote the file."""
    for text in metadata.carriers("Software"):
        name = clean(text.value, 80)
        if _EDITORS.search(name):
            yield context(
                f'The file was last written by "{name}", an editor.', "editor", text.where
            )
            return
