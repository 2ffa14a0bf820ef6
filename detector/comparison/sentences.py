"""What was found about a copy, as notes: a code with parameters, for the catalogue of sentences."""

from __future__ import annotations

from collections.abc import Iterator

from detector.inference.results import Note

from .result import ComparisonResult, File, Geometry, PairResult, Region

# Below these nothing is said: shares of a side, of a scale, degrees, pixels.
LEAST_CUT, LEAST_SCALE, LEAST_ANGLE, LEAST_BEND = 0.004, 0.005, 0.3, 1.5
SAME_QUALITY = 2


RELATIONS = {"same": "pair.same", "scene": "pair.scene", "different": "pair.different"}
EDGES = ("left", "right", "top", "bottom")


def describe_relation(pair: PairResult) -> Note:
    """Whether the copy is the same picture, with the numbers that say so."""
    params = {
        "inliers": pair.inliers,
        "matches": pair.matches,
        "blocks": pair.blocks,
        "share": round(100 * pair.agreeing),
    }
    return Note(RELATIONS[pair.relation], params)


def describe_changes(pair: PairResult, result: ComparisonResult) -> list[Note]:
    """What was done between the reference and the copy, as far as it is known."""
    if pair.geometry is None:
        return []
    reference, copy = result.files[result.reference], result.files[pair.place]
    geometry = pair.geometry
    return [
        *_describe_crop(geometry, reference),
        *_describe_scale(geometry),
        *_describe_turn(geometry),
        *_describe_encoding(reference, copy),
        _describe_retouching(pair),
    ]


def _describe_crop(geometry: Geometry, reference: File) -> Iterator[Note]:
    lacking, surplus = (_find_edges(geometry, reference, sign) for sign in (1, -1))
    if any(lacking.values()):
        yield Note("change.cropped", lacking | {"covered": round(100 * geometry.covered)})
    if any(surplus.values()):
        yield Note("change.shows_more", surplus)
    if not any((*lacking.values(), *surplus.values())):
        yield Note("change.whole")


def _find_edges(geometry: Geometry, reference: File, sign: int) -> dict[str, int | None]:
    """The pixels of each edge that are missing (`sign` 1) or more (-1); None for a few or none."""
    pixels = {edge: sign * round(getattr(geometry, edge)) for edge in EDGES}
    sides = {"left": reference.width, "right": reference.width}
    return {
        edge: count if count > LEAST_CUT * sides.get(edge, reference.height) else None
        for edge, count in pixels.items()
    }


def _describe_scale(geometry: Geometry) -> Iterator[Note]:
    scale = (geometry.across * geometry.down) ** 0.5
    if abs(geometry.across / geometry.down - 1) > 4 * LEAST_SCALE:
        params = {"across": round(100 * geometry.across), "down": round(100 * geometry.down)}
        yield Note("change.stretched", params)
    elif abs(scale - 1) > LEAST_SCALE:
        code = "change.reduced" if scale < 1 else "change.enlarged"
        yield Note(code, {"percent": round(100 * scale, 1)})
    if geometry.model == "homography":
        yield Note("change.perspective")
    if geometry.bent > LEAST_BEND:
        yield Note("change.bent", {"pixels": round(geometry.bent)})


def _describe_turn(geometry: Geometry) -> Iterator[Note]:
    if geometry.mirrored:
        yield Note("change.mirrored")
    if abs(geometry.angle) > LEAST_ANGLE:
        code = "change.turned_right" if geometry.angle > 0 else "change.turned_left"
        yield Note(code, {"degrees": round(abs(geometry.angle), 1)})


def _describe_encoding(reference: File, copy: File) -> Iterator[Note]:
    if reference.format != copy.format:
        yield Note("change.format", {"before": reference.format, "after": copy.format})
    if copy.quality is not None and reference.quality is not None:
        if abs(copy.quality - reference.quality) > SAME_QUALITY:
            params = {"before": reference.quality, "after": copy.quality}
            yield Note("change.quality", params)
    elif copy.quality is not None:
        yield Note("change.lossy", {"quality": copy.quality})


def _describe_retouching(pair: PairResult) -> Note:
    if not pair.regions:
        return Note("change.not_retouched")
    share = 100 * sum(region.area for region in pair.regions)
    return Note("change.retouched", {"count": len(pair.regions), "share": round(share, 1)})


def describe_region(region: Region) -> Note:
    """Where a changed part is, and how much it differs."""
    x, y = (region.left + region.right) / 2, (region.top + region.bottom) / 2
    column, row = _third(x), _third(y)
    params = {
        "where": f"{row}_{column}",
        "share": round(100 * region.area, 1),
        "times": round(region.times, 1),
    }
    return Note("region.changed", params)


def _third(share: float) -> int:
    return min(int(3 * share), 2)
