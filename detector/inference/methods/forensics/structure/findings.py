"""Traces of a file's history in its structure: context, evidence for neither side."""

from __future__ import annotations

from collections.abc import Iterator

from detector.inference.formats import family, format_of
from detector.inference.images import SourceImage
from detector.inference.methods.forensics.containers.metadata import Metadata, Unreadable
from detector.inference.methods.forensics.evidence import Evidence, context, unreadable
from detector.inference.wording import JSON

from .double_compression import FROM_JPEG, FROM_PIXELS, find_earlier_jpeg
from .platforms import read_platform
from .quantisation import Compression, describe, read_compression
from .thumbnail import read_thumbnail

WHERE = "JPEG tables"
MIN_STRUCTURE_SIDE = 128  # fewer blocks say too little


def read_structure(image: SourceImage, metadata: Metadata) -> Iterator[Evidence]:
    """How the file was compressed, before that too, and by whom it may have been re-saved."""
    compression = None
    if family(image.format) == "JPEG":
        try:
            compression = read_compression(image.data)
            code, params = describe(compression)
            yield context(code, params, "compression", WHERE)
        except Unreadable as error:
            yield unreadable(WHERE, str(error))
            compression = None  # tables that cannot be described say nothing about earlier tables
    yield from read_thumbnail(metadata, image.rgb)
    yield from _read_history(image, metadata, compression)
    yield from read_platform(metadata, max(image.rgb.size), image.format)


def _read_history(
    image: SourceImage, metadata: Metadata, compression: Compression | None
) -> Iterator[Evidence]:
    if min(image.rgb.size) < MIN_STRUCTURE_SIDE:
        return
    if compression is not None:
        earlier = find_earlier_jpeg(image.rgb, compression.luma, metadata.orientation)
        if earlier.evidence >= FROM_JPEG:
            yield context("resaved.jpeg", {"quality": earlier.quality}, "re-saved")
    elif format_of(image.format).exact and not format_of(image.format).palette:
        # A lossless format keeps the traces of an earlier JPEG; a palette breaks them up.
        earlier = find_earlier_jpeg(image.rgb, None, metadata.orientation)
        if earlier.evidence >= FROM_PIXELS:
            params: dict[str, JSON] = {"quality": earlier.quality, "format": image.format}
            yield context("resaved.pixels", params, "re-saved")
