"""What a camera or an editor wrote: context for the reader, evidence for neither side.

Anyone can write such fields into any file, so they never argue for "real". Where the picture was
taken is never read, only whether the file says so.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from detector.inference.methods.forensics.containers.metadata import Metadata, quotable
from detector.inference.methods.forensics.evidence import Evidence, capture_claim, context

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
    make, model = (quotable(metadata.value(key), 80) for key in ("Make", "Model"))
    camera = model if model.lower().startswith(make.lower()) else f"{make} {model}".strip()
    exposure = len(metadata.camera.keys() & set(_EXPOSURE)) >= 2
    if (make and model) or exposure:
        named = f'names a camera, "{camera}"' if camera else "names no camera"
        settings = f", with the settings of an exposure{_settings(metadata)}" if exposure else ""
        said = f"The file {named}{settings}.{_more(metadata)} That can be written into any file."
        # Both together are what a capture has; one of them is left by scanners and converters too.
        tell = capture_claim if make and model and exposure else context
        yield tell(said, "camera", "EXIF Make, Model")
    if "GPS" in metadata.camera:
        yield context(
            "The file says where it was taken; the place is not read here.", "gps", "EXIF GPS"
        )


def _settings(metadata: Metadata) -> str:
    """ " (1/250 s, f/2.8, ISO 400, 50 mm)", or "" if none of it can be shown."""
    shown = [metadata.camera[name] for name in _EXPOSURE if metadata.camera.get(name)]
    return f" ({', '.join(shown)})" if shown else ""


def _more(metadata: Metadata) -> str:
    """A sentence on lens, date and the maker's notes, or ""."""
    said = []
    if lens := metadata.camera.get("LensModel"):
        said.append(f'the lens "{lens}"')
    if date := _DATE.fullmatch(metadata.camera.get("DateTimeOriginal", "")):
        said.append(f"the date {date[1]}-{date[2]}-{date[3]}")
    if notes := metadata.camera.get("MakerNote"):
        said.append(f"{int(notes):,} bytes of the camera maker's own notes")
    return f" It also gives {', '.join(said)}." if said else ""


def read_editor(metadata: Metadata) -> Iterator[Evidence]:
    """The program for editing pictures that last wrote the file."""
    for text in metadata.carriers("Software"):
        name = quotable(text.value, 80)
        if _EDITORS.search(name):
            yield context(
                f'The file was last written by "{name}", an editor.', "editor", text.where
            )
            return
