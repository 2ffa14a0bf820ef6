"""What is kept of an upload: a preview, its error levels and a thumbnail as WebP, and a hash."""

from __future__ import annotations

import io

from PIL import Image

PREVIEW_SIDE = 1600
# A list shows a hundred of them: most take 3 to 6 KB, noise of every colour less than 15.
THUMBNAIL_SIDE, THUMBNAIL_QUALITY = 192, 60
# Error levels are noise, which costs many bytes and needs no fidelity.
PREVIEW_QUALITY, LEVELS_QUALITY = 82, 60


def make_preview(rgb: Image.Image) -> bytes:
    """A WebP of at most 1600 pixels a side, without any metadata of the file."""
    return _webp(rgb, PREVIEW_QUALITY)


def make_error_levels(rgb: Image.Image) -> bytes:
    """The error levels of an RGB picture as a WebP."""
    # Not at the top: every command imports the models, and few need the package of one method.
    from .inference.methods.forensics.structure.error_level import error_level_picture

    return _webp(error_level_picture(rgb), LEVELS_QUALITY)


def make_thumbnail(rgb: Image.Image) -> bytes:
    """A WebP of at most 192 pixels a side, without any metadata of the file."""
    return _webp(rgb, THUMBNAIL_QUALITY, THUMBNAIL_SIDE)


def hash_likeness(rgb: Image.Image) -> str:
    """The perceptual hash of a picture, 64 bits as 16 hexadecimal digits.

    Copies that were scaled, re-encoded or slightly toned differ in few bits of it: Zauner,
    "Implementation and Benchmarking of Perceptual Image Hash Functions", 2010.
    """
    import imagehash  # not at the top: it brings SciPy, and the web process has no use for it

    return str(imagehash.phash(_shrink(rgb, THUMBNAIL_SIDE)))


def _webp(rgb: Image.Image, quality: int, side: int = PREVIEW_SIDE) -> bytes:
    small = _shrink(rgb, side)
    small.info.clear()  # profile, comment and EXIF of the upload, should a writer look there
    buffer = io.BytesIO()
    # The effort of 2 makes files as small as the usual 4, in a third of its time.
    small.save(buffer, "WEBP", quality=quality, method=2)
    return buffer.getvalue()


def _shrink(rgb: Image.Image, most: int) -> Image.Image:
    """A copy of at most `most` pixels a side; a large picture is never copied whole.

    It is first reduced by the largest whole number that fits, which takes a third of the time.
    """
    longest = max(rgb.size)
    if longest <= most:
        return rgb.copy()
    size = [max(round(side * most / longest), 1) for side in rgb.size]
    return rgb.resize((size[0], size[1]), Image.Resampling.BICUBIC, reducing_gap=1.0)
