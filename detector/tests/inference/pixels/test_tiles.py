"""Which parts of a picture the pixel methods look at."""

from __future__ import annotations

import numpy as np
import pytest

from detector.inference.pixels.tiles import cut_tiles, mirror_to, scale_to, tile_positions

SIZE = 256


def numbered(height: int, width: int) -> np.ndarray:
    """A picture in which every pixel tells its row and column."""
    rows, columns = np.mgrid[:height, :width]
    return np.stack([rows % 256, columns % 256, rows // 256 * 16 + columns // 256], 2).astype("u1")


@pytest.mark.parametrize("count", [1, 2, 6, 9])
@pytest.mark.parametrize(
    ("height", "width"),
    [(256, 256), (257, 511), (1, 1), (100, 5000), (5000, 100), (3000, 4000), (768, 768)],
)
def test_tiles_lie_inside_apart_and_are_not_too_many(height: int, width: int, count: int) -> None:
    positions = tile_positions(height, width, SIZE, count)
    assert 1 <= len(positions) <= count and len(set(positions)) == len(positions)
    for top, left in positions:
        assert 0 <= top <= max(height - SIZE, 0) and 0 <= left <= max(width - SIZE, 0)
    for a in positions:
        for b in positions:
            assert a == b or max(abs(a[0] - b[0]), abs(a[1] - b[1])) >= SIZE


def test_all_tiles_are_used_where_they_fit() -> None:
    assert len(tile_positions(10_000, 300, SIZE, 9)) == 9
    assert len(tile_positions(3000, 4000, SIZE, 9)) == 9
    assert tile_positions(1000, 1000, SIZE, 9)[4] == (372, 372)


def test_a_single_tile_is_in_the_middle() -> None:
    assert tile_positions(300, 400, SIZE, 1) == [(22, 72)]


def test_tiles_are_cut_where_they_are_said_to_be() -> None:
    pixels = numbered(700, 900)
    tiles = cut_tiles(pixels, SIZE, 6)
    for tile, (top, left) in zip(tiles, tile_positions(700, 900, SIZE, 6), strict=True):
        assert (tile == pixels[top : top + SIZE, left : left + SIZE]).all()


@pytest.mark.parametrize(("height", "width"), [(1, 1), (64, 64), (10, 600), (255, 256)])
def test_small_pictures_are_mirrored_to_a_tile(height: int, width: int) -> None:
    pixels = numbered(height, width)
    mirrored = mirror_to(pixels, SIZE)
    assert mirrored.shape[0] >= SIZE and mirrored.shape[1] >= SIZE
    assert (mirrored[:height, :width] == pixels).all()
    assert (mirrored[height : 2 * height] == mirrored[:height][::-1][: SIZE - height]).all()
    assert cut_tiles(pixels, SIZE, 9).shape[1:] == (SIZE, SIZE, 3)


def test_a_picture_that_is_large_enough_is_not_copied() -> None:
    pixels = numbered(SIZE, SIZE)
    assert mirror_to(pixels, SIZE) is pixels


def test_an_enlarged_picture_has_no_blocks_and_a_reduced_one_no_gaps() -> None:
    steps = np.zeros((64, 64, 3), np.uint8)
    steps[:, 32:] = 200
    large = scale_to(steps, 256)
    assert large.shape == (256, 256, 3)
    between = np.unique(large[128, :, 0])
    assert len(between) > 2  # nearest neighbours, as by area, would make blocks
    chess = np.zeros((256, 256, 3), np.uint8)
    chess[::2, 1::2] = chess[1::2, ::2] = 200
    assert np.unique(scale_to(chess, 64)).tolist() == [100]  # every pixel counts


@pytest.mark.parametrize(("size", "wanted"), [((90, 30), (192, 64)), ((30, 91), (64, 194))])
def test_the_short_side_is_scaled_to_what_was_asked(
    size: tuple[int, int], wanted: tuple[int, int]
) -> None:
    assert scale_to(np.zeros((*size, 3), np.uint8), 64).shape[:2] == wanted
