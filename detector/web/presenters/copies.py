"""How the copies of a file differ from it, in words."""

from __future__ import annotations

from dataclasses import dataclass

from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _

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
        return _("The same file, byte for byte.")
    sentences = [_("Nearly the same picture.")]
    if differences := _differences(copy.upload.analysis, file):
        sentences.append(_("It differs in %(what)s.") % {"what": ", ".join(differences)})
    bits = _("%(bits)d of 64 bits of the perceptual hash differ.") % {"bits": copy.bits}
    return " ".join([*sentences, bits])


def _differences(one: Analysis, file: Analysis) -> list[str]:
    """What the picture has, and in brackets what the file has."""
    pairs = {
        _("format"): (one.format, file.format),
        _("pixels"): (f"{one.width} × {one.height}", f"{file.width} × {file.height}"),
        _("size"): (filesizeformat(one.size), filesizeformat(file.size)),
    }
    sentence = _("%(name)s: %(own)s (the file: %(its)s)")
    return [
        sentence % {"name": name, "own": own, "its": its}
        for name, (own, its) in pairs.items()
        if own != its
    ]
