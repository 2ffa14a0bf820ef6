"""Whole files of each format to be damaged, and compressed texts that inflate to megabytes."""

from __future__ import annotations

import zlib

from detector.inference.method import Answer
from detector.tests.factories.marked_files import (
    COMFYUI,
    PARAMETERS,
    exif,
    picture,
    png,
    source_type,
)

MB = 2**20


def problems(answer: Answer) -> str:
    """Why parts of the file cannot be read, as codes of the catalogue."""
    found = [finding for finding in answer.findings if finding.kind == "unreadable"]
    assert all(finding.strength == "context" and finding.claim is None for finding in found)
    return " ".join(str(finding.params["why"]) for finding in found)


def png_with(*chunks: bytes) -> bytes:
    """A PNG with these chunks after its header."""
    plain = picture("PNG")
    return plain[:33] + b"".join(chunks) + plain[33:]


def bomb(megabytes: int) -> bytes:
    packer = zlib.compressobj(9)
    return b"".join(packer.compress(bytes(MB)) for _ in range(megabytes)) + packer.flush()


VALID = {
    "PNG": png({"parameters": PARAMETERS, "prompt": COMFYUI}, kind="iTXt compressed"),
    "JPEG": picture(
        "JPEG",
        exif=exif(UserComment=PARAMETERS, Make="Canon", Model="R5"),
        xmp=source_type("trainedAlgorithmicMedia"),
    ),
    "WEBP": picture("WEBP", exif=exif(UserComment=COMFYUI), xmp=source_type("composite")),
    "TIFF": picture("TIFF", exif=exif(UserComment=COMFYUI)),
    "GIF": picture("GIF", comment=PARAMETERS),
    "HEIF": picture("HEIF", exif=exif(UserComment=COMFYUI).tobytes()),
    "AVIF": picture("AVIF", exif=exif(UserComment=COMFYUI).tobytes()),
}
