"""The limits: sizes of files and pictures, and the memory that an analysis may take."""

from __future__ import annotations

from dataclasses import dataclass

# Largest picture that is analysed at its own size; a larger one is halved until it is this small.
MAX_FULL_SIZE = 64_000_000
# Parts of a container that are walked one by one in Python: chunks, segments, tags, boxes.
MAX_PARTS = 20_000


class ImageError(ValueError):
    """The bytes cannot be analysed; the message is a sentence for the user."""


@dataclass(frozen=True)
class Limits:
    """The limits: the size of the file in bytes and of the picture in pixels.

    `max_memory` is what decoding one picture may take in bytes, on top of what is loaded already.
    """

    max_bytes: int = 32 * 2**20
    max_pixels: int = 120_000_000
    max_memory: int = 10**9


def say_too_large(size: int, limits: Limits) -> str:
    """The sentence about a file of `size` bytes that is larger than accepted."""
    limit = f"at most {limits.max_bytes / 2**20:.0f} MB are accepted."
    return f"The file has {size / 2**20:.1f} MB; {limit}"


def check_size(size: int, limits: Limits) -> None:
    """Raise `ImageError` for a file of `size` bytes that is empty or too large."""
    if size == 0:
        raise ImageError("The file is empty.")
    if size > limits.max_bytes:
        raise ImageError(say_too_large(size, limits))


def check_pixels(width: int, height: int, limits: Limits) -> None:
    """Raise `ImageError` for a picture, or a part that is decoded whole, of too many pixels."""
    if width * height > limits.max_pixels:
        raise ImageError(
            f"The picture has {width} x {height} pixels; "
            f"at most {limits.max_pixels / 1e6:.0f} million are accepted."
        )


def check_memory(size: int, limits: Limits) -> None:
    """Raise `ImageError` if decoding takes more than `limits.max_memory` bytes."""
    if size > limits.max_memory:
        raise ImageError(
            f"Decoding this picture would take {size / 1e9:.1f} GB of memory; at most "
            f"{limits.max_memory / 1e9:.1f} GB are allowed. Save it with fewer pixels or as a JPEG."
        )


def too_many(count: int, parts: str, limit: int) -> ImageError:
    """The error about a file of more `parts` than any real picture has."""
    return ImageError(f"The file has {count} {parts}; at most {limit:,} are accepted.")


def reduction(pixels: int) -> int:
    """The divisor (1, 2, 4 ...) for the sides of a picture with so many pixels."""
    factor = 1
    while pixels > MAX_FULL_SIZE * factor**2:
        factor *= 2
    return factor
