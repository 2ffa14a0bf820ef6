"""Traces of a platform that re-saved the picture. Platforms remove the data about the origin.

Facebook and Instagram write an identifier that begins with "FBMD" into the special instructions of
IPTC. The others are known by the longest side that they shrink pictures to, which proves little:
anybody can choose such a size.
"""

from __future__ import annotations

from collections.abc import Iterator

from detector.inference.methods.forensics.containers.metadata import Metadata
from detector.inference.methods.forensics.evidence import Evidence, context
from detector.inference.wording import JSON

# Longest sides in pixels, as users of these services find them; they change over the years.
LONGEST_SIDES: dict[int, tuple[str, ...]] = {
    4096: ("X (Twitter)",),
    2048: ("Facebook", "X (Twitter)"),
    1600: ("WhatsApp",),
    1440: ("Instagram",),
    1350: ("Instagram",),
    1280: ("Telegram", "WhatsApp"),
    1200: ("X (Twitter)",),
    1080: ("Instagram", "WeChat"),
    960: ("Facebook",),
}
ORIGIN_CONTAINERS = ("EXIF", "XMP", "IPTC", "C2PA manifest")


def read_platform(metadata: Metadata, longest: int, format: str) -> Iterator[Evidence]:
    """Say which platform marked the file, or could have made a JPEG of this longest side."""
    for text in metadata.carriers("SpecialInstructions"):
        if text.value.startswith("FBMD"):
            yield context("platform.marked", {}, "platform", text.where)
            return
    is_bare = not any(name in metadata.containers for name in ORIGIN_CONTAINERS)
    if format == "JPEG" and is_bare and not metadata.texts and longest in LONGEST_SIDES:
        params: dict[str, JSON] = {"longest": longest, "platforms": list(LONGEST_SIDES[longest])}
        yield context("platform.size", params, "platform")
