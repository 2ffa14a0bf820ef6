"""The comparison of several files: one is the reference, and each other one is compared with it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from detector.inference.formats import RAW
from detector.inference.images import SourceImage
from detector.inference.pixels.jpeg_quality import jpeg_quality

from .detail import is_enlarged
from .drawing import draw
from .pairing import Pair, compare
from .result import ComparisonResult, File, PairResult


@dataclass(frozen=True, eq=False)
class Compared:
    """The result, and the pictures that belong to it by the names of their files."""

    result: ComparisonResult
    pictures: dict[str, bytes]


def compare_files(images: Sequence[SourceImage]) -> Compared:
    """Compare two or more opened pictures. Raises `ValueError` for fewer."""
    if len(images) < 2:
        raise ValueError(f"{len(images)} pictures; at least 2 are needed.")
    files = tuple(map(_describe, images))
    reference = choose_reference(files)
    pairs, pictures = [], dict[str, bytes]()
    for place, image in enumerate(images):
        if place != reference:
            pair = compare(images[reference].pixels, image.pixels)
            result = _to_result(place, pair, images[reference], image)
            pairs.append(result)
            if pair.frame is not None and pair.difference is not None:
                views = draw(pair.frame, pair.difference)
                pictures |= {result.view(name): data for name, data in views.items()}
    return Compared(ComparisonResult(files, reference, tuple(pairs)), pictures)


def choose_reference(files: Sequence[File]) -> int:
    """The place of the file that the others are compared with: a RAW file, else the most pixels."""
    return max(range(len(files)), key=lambda place: _rank(files[place]))


def _rank(file: File) -> tuple[bool, int]:
    return file.raw, file.width * file.height


def _describe(image: SourceImage) -> File:
    quality = jpeg_quality(image.data) if image.format in ("JPEG", "MPO") else None
    return File(
        image.format,
        image.width,
        image.height,
        quality.value if quality else None,
        image.format == RAW,
    )


def _to_result(place: int, pair: Pair, reference: SourceImage, copy: SourceImage) -> PairResult:
    geometry = pair.geometry
    # The reference has at least as many pixels in all; the smaller of the two may be a crop of it.
    factor = (geometry.across * geometry.down) ** 0.5 if geometry else 1.0
    larger = copy if factor > 1 else reference
    return PairResult(
        place=place,
        relation=pair.relation,
        inliers=pair.inliers,
        matches=pair.matches,
        blocks=pair.agreement.blocks,
        agreeing=pair.agreement.share,
        geometry=geometry,
        mean=pair.difference.mean if pair.difference else 0.0,
        regions=pair.regions,
        enlarged=is_enlarged(larger.pixels, max(factor, 1 / factor)),
        has_views=pair.frame is not None and pair.difference is not None,
    )
