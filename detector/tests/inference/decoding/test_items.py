"""Which pictures of a HEIF or AVIF count as decoded: those that libheif and libavif decode."""

from __future__ import annotations

import struct

import pytest

from detector.inference.decoding.items import prepare_boxes
from detector.inference.decoding.limits import ImageError, Limits
from detector.tests.factories.boxes import box, heif
from detector.tests.factories.heif_items import (
    ALPHA,
    GAIN_MAP,
    Item,
    Reference,
    heif_of,
    references_box,
)

MAIN = Item(100, 100)
PLANE = Item(300, 200, beside=(ALPHA,))
OF_MAIN = (b"auxl", 2, 1)


def area(items: list[Item], references: list[Reference], further: bytes = b"") -> int:
    return prepare_boxes(heif_of(items, references, further), Limits()).area


@pytest.mark.parametrize(
    "names",
    [
        (ALPHA,),
        (b"urn:mpeg:avc:2015:auxid:1",),
        (b"urn:mpeg:mpegB:cicp:systems:auxiliary:alpha",),
        (GAIN_MAP, ALPHA),  # one of them decides, and which may differ
        (),  # nothing says what it is
    ],
)
def test_an_alpha_plane_counts(names: tuple[bytes, ...]) -> None:
    plane = Item(300, 200, beside=names)
    assert area([MAIN, plane], [OF_MAIN]) == 10_000 + 60_000


def test_gain_maps_thumbnails_and_what_nobody_names_do_not_count() -> None:
    beside = [Item(5000, 4000, beside=(GAIN_MAP,)), Item(5000, 4000), Item(5000, 4000)]
    assert area([MAIN, *beside], [OF_MAIN, (b"thmb", 3, 1)]) == 10_000


def test_the_alpha_plane_of_an_alpha_plane_counts() -> None:
    assert area([MAIN, PLANE, PLANE], [OF_MAIN, (b"auxl", 3, 2)]) == 10_000 + 2 * 60_000


@pytest.mark.parametrize("kind", [b"grid", b"iden"])
def test_the_alpha_planes_of_parts_count(kind: bytes) -> None:
    items = [Item(100, 100, kind), Item(100, 50), Item(100, 50), PLANE]
    parts: list[Reference] = [(b"dimg", 1, 2), (b"dimg", 1, 3), (b"auxl", 4, 3)]
    assert area(items, parts) == 10_000 + 60_000


@pytest.mark.parametrize("further", [references_box([]), b"\0\0\0\x08iprp", b"\0\0\0\x08iinf"])
def test_a_second_box_of_a_kind_hides_nothing(further: bytes) -> None:
    assert area([MAIN, PLANE], [OF_MAIN], further) == 10_000 + 60_000


def test_a_second_entry_for_an_item_hides_no_grid() -> None:
    tiles = [Item(600, 500), Item(600, 500)]
    honest = heif_of([Item(100, 100, b"grid"), *tiles], [(b"dimg", 1, 2), (b"dimg", 1, 3)])
    # The entry of the last tile says that it is the primary picture, and a JPEG.
    told = honest.replace(b"infe\2\0\0\0\0\3", b"infe\2\0\0\0\0\1")
    assert told != honest
    assert prepare_boxes(told, Limits()).area == prepare_boxes(honest, Limits()).area == 600_000


def test_too_many_references_are_refused() -> None:
    targets = struct.pack(">HH10000H", 9, 10_000, *range(100, 10_100))
    few, many = (heif(box(b"iref", bytes(4) + box(b"auxl", targets) * n)) for n in (2, 3))
    assert prepare_boxes(few, Limits()).area == 0
    with pytest.raises(ImageError, match="boxes and more; at most 20,000"):
        prepare_boxes(many, Limits())


@pytest.mark.parametrize("kind", [b"thmb", b"auxl"])
def test_a_primary_picture_that_belongs_to_another_is_refused(kind: bytes) -> None:
    """Libheif would show the other one, of which nothing is counted."""
    with pytest.raises(ImageError, match="header"):
        area([MAIN, Item(9000, 9000)], [(kind, 1, 2)])


def test_alpha_planes_of_one_another_end() -> None:
    with pytest.raises(ImageError, match="header"):
        area([MAIN, PLANE, PLANE], [OF_MAIN, (b"auxl", 2, 3), (b"auxl", 3, 2)])
