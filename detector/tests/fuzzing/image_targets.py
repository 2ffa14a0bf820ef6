"""What `fuzz_images` runs: the door as a whole, and the walk of each format by itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress

from detector.inference.decoding.limits import ImageError, Limits
from detector.inference.decoding.prepare import OPENERS
from detector.inference.images import open_image
from detector.tests.factories.hostile import VALID
from detector.tests.factories.pictures import encode, frames, noise

# Small, so that a fuzzer meets the limits; a file of some kilobytes cannot ask for more than these.
LIMITS = Limits(max_bytes=2**20, max_pixels=4_000_000, max_memory=256 * 2**20)


def open_it(data: bytes) -> None:
    """The door gives a whole picture or `ImageError`, whatever the bytes."""
    with suppress(ImageError):
        image = open_image(data, LIMITS)
        assert image.width * image.height <= LIMITS.max_pixels
        assert image.pixels.shape == (image.height, image.width, 3)


def walk(format: str) -> Callable[[bytes], None]:
    """The walk of a format gives a stream or `ImageError`, also where the signature is another."""

    def one(data: bytes) -> None:
        with suppress(ImageError):
            stream = OPENERS[format](data, LIMITS)
            assert isinstance(stream.data, bytes)

    return one


IMAGE_TARGETS: dict[str, Callable[[bytes], None]] = {
    "all": open_it,
    **{format.lower(): walk(format) for format in OPENERS},
}


def image_seeds(name: str) -> list[bytes]:
    """Small true files of the format, or of all."""
    return [data for format, data in _files() if name in ("all", format.lower())]


def _files() -> Iterator[tuple[str, bytes]]:
    yield from VALID.items()
    for mode in ("1", "L", "P", "RGB", "RGBA", "I;16"):
        yield "PNG", encode(noise(16, 16, mode=mode), "PNG")
    for options in ({"progressive": True}, {"subsampling": 2}, {"restart_marker_blocks": 1}):
        yield "JPEG", encode(noise(32, 32), "JPEG", **options)
    yield "JPEG", encode(noise(32, 32, mode="CMYK"), "JPEG")
    for compression in ("tiff_lzw", "packbits", "jpeg", "tiff_adobe_deflate"):
        yield "TIFF", encode(noise(32, 32), "TIFF", compression=compression)
    yield "TIFF", encode(noise(32, 32, mode="1"), "TIFF", compression="group4")
    yield "WEBP", encode(noise(32, 32), "WEBP", lossless=True)
    for format in ("GIF", "WEBP", "PNG", "TIFF"):
        yield format, frames(format)
    yield "BMP", encode(noise(16, 16), "BMP")
    yield "BMP", encode(noise(16, 16, mode="P"), "BMP")
