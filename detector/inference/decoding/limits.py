"""The limits: sizes of files and pictures, and the memory that an analysis may take."""

from __future__ import annotations

from dataclasses import dataclass

from detector.inference.wording import ENGLISH, JSON, say

# Largest picture that is analysed at its own size; a larger one is halved until it is this small.
MAX_FULL_SIZE = 64_000_000
# Parts of a container that are walked one by one in Python: chunks, segments, tags, boxes.
MAX_PARTS = 20_000


class ImageError(ValueError):
    """The bytes cannot be analysed; the message is a sentence for the user, in English."""

    @classmethod
    def of(cls, reason: str, /, **params: JSON) -> ImageError:
        """The error with the sentence that the catalogue has for this reason, under "refusal"."""
        return cls(say(f"refusal.{reason}", params, ENGLISH))


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
    params: dict[str, JSON] = {"size": size / 2**20, "limit": round(limits.max_bytes / 2**20)}
    return say("refusal.large", params, ENGLISH)


def check_size(size: int, limits: Limits) -> None:
    """Raise `ImageError` for a file of `size` bytes that is empty or too large."""
    if size == 0:
        raise ImageError.of("empty")
    if size > limits.max_bytes:
        raise ImageError(say_too_large(size, limits))


def check_pixels(width: int, height: int, limits: Limits) -> None:
    """Raise `ImageError` for a picture, or a part that is decoded whole, of too many pixels."""
    if width * height > limits.max_pixels:
        limit = round(limits.max_pixels / 1e6)
        raise ImageError.of("pixels", width=width, height=height, limit=limit)


def check_memory(size: int, limits: Limits) -> None:
    """Raise `ImageError` if decoding takes more than `limits.max_memory` bytes."""
    if size > limits.max_memory:
        raise ImageError.of("memory", size=size / 1e9, limit=limits.max_memory / 1e9)


def too_many(count: int, parts: str, limit: int) -> ImageError:
    """The error about a file of more `parts` ("file_parts") than any real picture has."""
    return ImageError.of("parts", count=count, parts=parts, limit=limit)


def reduction(pixels: int) -> int:
    """The divisor (1, 2, 4 ...) for the sides of a picture with so many pixels."""
    factor = 1
    while pixels > MAX_FULL_SIZE * factor**2:
        factor *= 2
    return factor
