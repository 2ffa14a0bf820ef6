"""The two small pictures that are kept of an upload: a preview and its error levels, as WebP."""

from __future__ import annotations

import io

from PIL import Image

PREVIEW_SIDE = 1600
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


def _webp(rgb: Image.Image, quality: int) -> bytes:
    small = _shrink(rgb)
    small.info.clear()  # profile, comment and EXIF of the upload, should a writer look there
    buffer = io.BytesIO()
    small.save(buffer, "WEBP", quality=quality)
    return buffer.getvalue()


def _shrink(rgb: Image.Image) -> Image.Image:
    """A copy of at most `PREVIEW_SIDE` pixels a side; a large picture is never copied whole."""
    longest = max(rgb.size)
    if longest <= PREVIEW_SIDE:
        return rgb.copy()
    size = [max(round(side * PREVIEW_SIDE / longest), 1) for side in rgb.size]
    return rgb.resize((size[0], size[1]), Image.Resampling.BICUBIC, reducing_gap=2.0)
