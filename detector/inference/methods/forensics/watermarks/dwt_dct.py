"""Invisible watermarks that the programs of Stable Diffusion and FLUX leave in the pixels.

The public package `invisible-watermark` ("dwtDct") embeds a message as follows: of the colour
difference U it takes the approximation of the Haar transform, half the sum of each 2 x 2 pixels. Of
each 4 x 4 of these values it takes the largest, the first left out, and moves it to a quarter (bit
0) or to three quarters (bit 1) of its step of 36. The bits repeat over the blocks, row by row.
Despite the name there is no cosine transform.

The largest value of a block tells the bit only where nothing else in the block overtakes it. On a
plain area it is overtaken, mostly where the bit is 0, and all bits then lean to 1 alike. So the
blocks vote, and a bit is 1 if it got more votes than the bits of this picture on average.

A scaled or cropped picture has lost the mark, and JPEG takes it mostly away: that none is found
proves nothing. A turned picture has lost it too, but no generator writes a picture to be turned.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import comb

import numpy as np
import numpy.typing as npt

from detector.inference.images import SourceImage
from detector.inference.methods.forensics.evidence import Evidence, ai_claim
from detector.inference.pixels.tiles import Pixels

Values = npt.NDArray[np.float32]
Votes = npt.NDArray[np.int8]
Bits = npt.NDArray[np.bool_]

STEP = 36
BLOCK = 8  # pixels: 4 x 4 values of 2 x 2 pixels
MIN_MARKED_SIDE = 256  # the programs do not mark smaller pictures
# Two megapixels: each bit of the longest message has 146 votes, and more would change nothing.
MAX_BLOCKS = 2**15
# A match is accepted if at least 11 of 12 bits match (44 of 48, 125 of 136), and if the chance that
# a picture without a mark matches as well is below one in ten million, all that is tried taken
# together. Short messages need more for that: FLUX 43 of 46 bits, Stable Diffusion 2 all of its 32.
# The chance alone would not do for the long ones: a picture with the first message matches up to
# 176 of the 224 bits of the second, because both are text in ASCII.
MIN_MATCHED = (11, 12)
MAX_CHANCE = 1e-7
LARGE_NUMBERS = ((1e12, "trillion"), (1e9, "billion"), (1e6, "million"))


@dataclass(frozen=True)
class Mark:
    """The message of one model; `bits` are "0" and "1" in the order of the blocks."""

    model: str
    bits: str
    inpaints: bool = False

    @property
    def message(self) -> Bits:
        """The bits, shape (n,)."""
        return np.array([bit == "1" for bit in self.bits])


def _ascii(text: str) -> str:
    return "".join(f"{byte:08b}" for byte in text.encode("ascii"))


MARKS = (
    Mark("Stable Diffusion 1", _ascii("StableDiffusionV1")),
    Mark("Stable Diffusion 1 (inpainting)", _ascii("StableDiffusionV1-Inpainting"), inpaints=True),
    Mark("Stable Diffusion 2", _ascii("SDV2")),
    Mark("Stable Diffusion XL", "101100111110110010010000011110111011000110011110"),
    # The model's code drops the two zeros with which its 48 bits begin.
    Mark("FLUX", "1010101111111010000111100111001111010100101110"),
)
# Each is looked for in both orders of the channels and in both number formats; see `_readings`.
TRIES = 4 * len(MARKS)


@dataclass(frozen=True)
class Match:
    """How well the pixels match a message: `matched` bits, at worst by the `chance` given."""

    mark: Mark
    matched: int
    chance: float

    @property
    def is_accepted(self) -> bool:
        """Whether this is evidence."""
        fewest, of = MIN_MATCHED
        enough = of * self.matched >= fewest * len(self.mark.bits)
        return enough and self.chance < MAX_CHANCE


def read_watermarks(image: SourceImage) -> Iterator[Evidence]:
    """The marks in the pixels. Never decisive: photographs edited by these programs carry them."""
    if min(image.width, image.height) < MIN_MARKED_SIDE:
        return
    for match in filter(lambda match: match.is_accepted, match_marks(image.pixels)):
        model = match.mark.model
        where = f"pixels, {model}"
        params = {
            "model": model,
            "matched": match.matched,
            "bits": len(match.mark.bits),
            **_odds(match.chance),
        }
        edit = match.mark.inpaints
        yield ai_claim(
            "watermark.found", params, "watermark", where, strength="strong", partial=edit
        )


def match_marks(pixels: Pixels) -> list[Match]:
    """How well each of MARKS matches RGB pixels (height, width, 3) of at least MIN_MARKED_SIDE."""
    numbers, readings = _readings(pixels)
    votes = [_votes(largest) for largest in readings]
    return [min(_match(mark, numbers, votes), key=lambda match: match.chance) for mark in MARKS]


def _readings(pixels: Pixels) -> tuple[npt.NDArray[np.intp], list[Values]]:
    """The numbers of the blocks, and four readings of their largest values, each of shape (n,).

    Some programs hand the channels over in the order that the encoder expects, others reversed.
    Some hand over bytes, for which the zero of U is 128, others floating-point numbers, for which
    OpenCV makes it 0.5 and the largest value may be a negative one.
    """
    import cv2

    rows, numbers = _choose_blocks(pixels)
    readings = []
    for conversion in (cv2.COLOR_RGB2YUV, cv2.COLOR_BGR2YUV):
        u = cv2.extractChannel(cv2.cvtColor(rows, conversion), 1)
        values = _block_values(np.asarray(u))
        readings += [values.max(0), np.abs(values - 2 * (128 - 0.5)).max(0)]
    return numbers, readings


def _choose_blocks(pixels: Pixels) -> tuple[Pixels, npt.NDArray[np.intp]]:
    """The rows of blocks to read, one below the other, and the number of each block.

    Of a large picture rows that are spread evenly: the first ones are often nothing but sky.
    """
    rows, columns = (side // BLOCK for side in pixels.shape[:2])
    count = min(rows, max(MAX_BLOCKS // columns, 1))
    picks = np.linspace(0, rows - 1, count).astype(np.intp)
    if count == rows:  # all of them: no copy is needed
        return pixels[: rows * BLOCK, : columns * BLOCK], np.arange(rows * columns)
    lines = (picks[:, None] * BLOCK + np.arange(BLOCK)).ravel()
    numbers = picks[:, None] * columns + np.arange(columns)
    return pixels[lines][:, : columns * BLOCK], numbers.ravel()


def _block_values(u: Pixels) -> Values:
    """The values of each block but for its first, shape (15, blocks)."""
    pairs = u[::2].astype(np.float32) + u[1::2]
    halves = (pairs[:, ::2] + pairs[:, 1::2]) * np.float32(0.5)
    rows, columns = halves.shape[0] // 4, halves.shape[1] // 4
    blocks = halves.reshape(rows, 4, columns, 4).transpose(1, 3, 0, 2)
    return blocks.reshape(16, -1)[1:]


def _votes(largest: Values) -> Votes:
    """1 or -1 where a value is nearer to where a bit would put it than to the edges, else 0."""
    beyond = largest % STEP - STEP / 2
    confident = np.abs(np.abs(beyond) - STEP / 4) < STEP / 8
    return np.where(confident, np.sign(beyond), 0).astype(np.int8)


def _match(mark: Mark, numbers: npt.NDArray[np.intp], readings: list[Votes]) -> Iterator[Match]:
    """How well the votes of each reading match."""
    size, message = len(mark.bits), mark.message
    bits = numbers % size
    counts = np.maximum(np.bincount(bits, minlength=size), 1)
    for votes in readings:
        means = np.bincount(bits, votes, size) / counts
        read = means > means.mean()
        matched = int((read == message).sum())
        yield Match(mark, matched, min(TRIES * chance_of(message, read), 1.0))


def chance_of(message: Bits, read: Bits) -> float:
    """The chance that bits (n,) read from a picture without a mark match as well or better.

    Given how many ones were read, every order of them is taken to be as likely as any other
    (Fisher's exact test). So a plain picture, of which all bits are read alike, matches nothing.
    """
    size, ones, read_ones = len(message), int(message.sum()), int(read.sum())
    common = int((message & read).sum())
    ways = sum(
        comb(ones, both) * comb(size - ones, read_ones - both)
        for both in range(common, min(ones, read_ones) + 1)
    )
    return ways / comb(size, read_ones)


def _odds(chance: float) -> dict[str, str | int]:
    """A chance below one in a million as people say it: one picture in 30 million."""
    if chance < 1e-15:
        return {"odds": "thousand_trillion", "one_in": 1}
    size, name = next((s, n) for s, n in LARGE_NUMBERS if chance * s <= 1)
    return {"odds": name, "one_in": round(1 / (chance * size))}
