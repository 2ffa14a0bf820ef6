"""The comparison of several files: one is the reference, and each other one is compared with it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from detector.inference.formats import RAW, family
from detector.inference.images import ImageError, Limits, SourceImage, open_image
from detector.inference.pixels.jpeg_quality import jpeg_quality

from .detail import is_enlarged
from .drawing import draw
from .pairing import Pair, Picture, compare_pictures, reduce
from .result import ComparisonResult, File, PairResult


@dataclass(frozen=True, eq=False)
class Compared:
    """The result, and the pictures that belong to it by the names of their files."""

    result: ComparisonResult
    pictures: dict[str, bytes]


@dataclass(frozen=True, eq=False)
class Opened:
    """One file: what is known of it, and its picture."""

    file: File
    picture: Picture


def compare_files(sources: Sequence[bytes], limits: Limits) -> Compared:
    """Compare the pictures in two or more files.

    Raises `ImageError` for what cannot be opened, and `ValueError` for fewer than two files.
    """
    if len(sources) < 2:
        raise ValueError(f"There are {len(sources)} files; at least 2 are needed.")
    # One after the other: a large picture is let go before the next one is decoded.
    opened = [_open(number, data, limits) for number, data in enumerate(sources, 1)]
    reference = choose_reference([each.file for each in opened])
    pairs, pictures = [], dict[str, bytes]()
    for place, each in enumerate(opened):
        if place == reference:
            continue
        pair = compare_pictures(opened[reference].picture, each.picture)
        result = _to_result(place, pair, opened[reference].picture, each.picture)
        pairs.append(result)
        if pair.frame is not None and pair.difference is not None:
            views = draw(pair.frame, pair.difference)
            pictures |= {result.view(name): data for name, data in views.items()}
    files = tuple(each.file for each in opened)
    return Compared(ComparisonResult(files, reference, tuple(pairs)), pictures)


def _open(number: int, data: bytes, limits: Limits) -> Opened:
    try:
        image = open_image(data, limits)
    except ImageError as error:
        raise ImageError(f"Copy {number}: {error}") from error
    return Opened(_describe(image), reduce(image.pixels))


def choose_reference(files: Sequence[File]) -> int:
    """The place of the file that the others are compared with: a RAW file, else the most pixels."""
    return max(range(len(files)), key=lambda place: _rank(files[place]))


def _rank(file: File) -> tuple[bool, int]:
    return file.raw, file.width * file.height


def _describe(image: SourceImage) -> File:
    quality = jpeg_quality(image.data) if family(image.format) == "JPEG" else None
    return File(
        image.format,
        image.width,
        image.height,
        quality.value if quality else None,
        image.format == RAW,
    )


def _to_result(place: int, pair: Pair, reference: Picture, copy: Picture) -> PairResult:
    return PairResult(
        place=place,
        relation=pair.relation,
        inliers=pair.inliers,
        matches=pair.matches,
        blocks=pair.agreement.blocks,
        agreeing=pair.agreement.share,
        geometry=pair.geometry,
        mean=pair.difference.mean if pair.difference else 0.0,
        regions=pair.regions,
        enlarged=_is_enlarged(pair, reference, copy),
        has_views=pair.frame is not None and pair.difference is not None,
    )


def _is_enlarged(pair: Pair, reference: Picture, copy: Picture) -> bool:
    """Whether the one with more pixels for the same part is only larger."""
    if pair.geometry is None:
        return False
    factor = float((pair.geometry.across * pair.geometry.down) ** 0.5)
    larger = copy if factor > 1 else reference
    # Of a picture that was reduced to be aligned, less is left to be lost.
    kept = larger.pixels.shape[0] / larger.shape[0]
    return is_enlarged(larger.pixels, max(factor, 1 / factor) * kept)
