"""How the copies of a file differ from it, in words."""

from __future__ import annotations

from dataclasses import dataclass

from django.template.defaultfilters import filesizeformat

from detector.models import Analysis, Upload
from detector.services.likeness import Copy, Found


@dataclass(frozen=True)
class Match:
    """One picture that is like the file, and what is the same and what differs."""

    upload: Upload
    words: str


def describe(found: Found) -> list[Match]:
    """A row for each copy."""
    return [Match(copy.upload, _say(copy, found.file)) for copy in found.copies]


def _say(copy: Copy, file: Analysis) -> str:
    if copy.same_bytes:
        return "The same file, byte for byte."
    differences = _differences(copy.upload.analysis, file)
    how = f"It differs in {', '.join(differences)}. " if differences else ""
    pixels = "None" if copy.bits == 0 else str(copy.bits)
    return f"Nearly the same picture. {how}{pixels} of 64 bits of the perceptual hash differ."


def _differences(one: Analysis, file: Analysis) -> list[str]:
    """What the picture has, and in brackets what the file has."""
    pairs = {
        "format": (one.format, file.format),
        "pixels": (f"{one.width} × {one.height}", f"{file.width} × {file.height}"),
        "size": (filesizeformat(one.size), filesizeformat(file.size)),
    }
    return [f"{name}: {own} (the file: {its})" for name, (own, its) in pairs.items() if own != its]
