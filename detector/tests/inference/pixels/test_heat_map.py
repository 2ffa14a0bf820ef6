"""Where the evidence lies: maps of tiles and views on one grid."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest

from detector.inference.methods.deep_learning import (
    MAX_VIEWS,
    VIEW_SIDE,
    look_at_tiles,
    look_at_whole,
)
from detector.inference.pixels.heat_map import Box, grid_of, paint
from detector.inference.pixels.tiles import scale_to, strip_positions

WHOLE = Box(0, 0, 1, 1)


@pytest.mark.parametrize(
    ("size", "grid"),
    [((512, 512), (14, 14)), ((400, 600), (14, 21)), ((3000, 500), (42, 14))],
)
def test_the_grid_has_the_shape_of_the_picture(size: tuple[int, int], grid: tuple[int, int]):
    assert grid_of(*size) == grid


def test_a_map_of_the_whole_is_spread_over_the_grid():
    values = np.arange(4.0).reshape(1, 2, 2)
    assert np.array_equal(paint((4, 4), values, [WHOLE]), values[0].repeat(2, 0).repeat(2, 1))


def test_where_nobody_looked_stands_the_mean():
    painted = paint(
        (2, 2), np.array([[[5.0]], [[1.0]]]), [Box(0, 0, 0.5, 0.5), Box(0, 0.5, 0.5, 0.5)]
    )
    assert painted.tolist() == [[5, 1], [3, 3]]


def test_or_what_is_said_to_stand_there():
    painted = paint((1, 2), np.array([[[5.0]]]), [Box(0, 0, 1, 0.5)], elsewhere=0.0)
    assert painted.tolist() == [[5, 0]]


def test_where_maps_overlap_stands_their_mean():
    painted = paint(
        (1, 3), np.array([[[2.0]], [[4.0]]]), [Box(0, 0, 1, 2 / 3), Box(0, 1 / 3, 1, 2 / 3)]
    )
    assert painted.tolist() == [[2, 3, 4]]


def test_a_map_counts_where_it_covers_the_centre_of_a_cell():
    painted = paint((1, 2), np.array([[[2.0]], [[4.0]]]), [Box(0, 0, 1, 0.6), WHOLE])
    assert painted.tolist() == [[3, 4]]


@pytest.mark.parametrize("size", [(64, 64), (100, 700), (600, 800), (256, 255), (3000, 2000)])
def test_tiles_and_views_lie_where_their_boxes_say(size: tuple[int, int]):
    pixels = np.random.default_rng(0).integers(0, 256, (*size, 3), dtype=np.uint8)
    parts, boxes = look_at_tiles(pixels)
    for part, box in zip(parts, boxes, strict=True):
        top, left = round(box.top * size[0]), round(box.left * size[1])
        rows, columns = min(len(part), size[0] - top), min(len(part), size[1] - left)
        there = pixels[top : top + rows, left : left + columns]
        assert np.array_equal(part[:rows, :columns], there)
    views, boxes = look_at_whole(pixels)
    for view, box in zip(views, boxes, strict=True):
        top, left = round(box.top * size[0]), round(box.left * size[1])
        square = pixels[top : top + min(size), left : left + min(size)]
        assert np.array_equal(view, scale_to(square, VIEW_SIDE))


def test_a_long_strip_takes_no_more_memory_than_its_squares():
    strip = np.zeros((64, 300_000, 3), np.uint8)
    tracemalloc.start()
    views, _ = look_at_whole(strip)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert views.shape == (MAX_VIEWS, VIEW_SIDE, VIEW_SIDE, 3) and peak < 5_000_000


@pytest.mark.parametrize("long", [224, 230, 448, 672, 3000])
def test_squares_cover_a_strip_up_to_three_times_as_long(long: int):
    places = strip_positions(VIEW_SIDE, long, VIEW_SIDE, MAX_VIEWS)
    lefts = [left for _, left in places]
    assert lefts == sorted(lefts) and len(places) <= MAX_VIEWS
    if long <= MAX_VIEWS * VIEW_SIDE:
        seen = np.zeros(long, bool)
        for left in lefts:
            seen[left : left + VIEW_SIDE] = True
        assert seen.all()
    assert strip_positions(long, VIEW_SIDE, VIEW_SIDE, MAX_VIEWS) == [(left, 0) for left in lefts]
