"""Camera RAW: recognised by its structure, checked by its stated size, then developed by LibRaw.

DNG, NEF, ARW and CR2 are TIFF files whose first directory describes a small preview or has a tag of
its own; CR3 is a file of boxes. LibRaw makes of four neighbouring sensor cells one pixel: half the
width and height, without any interpolation. Where it cannot decode the cells, the largest preview
in the file stands in, and a note says so: anybody can replace a preview.
"""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import numpy.typing as npt

from detector.inference.results import Note

from .limits import ImageError, Limits, check_memory, check_pixels
from .stream import Stream, cut_off, header_damaged
from .tiff import Directory

SUBFILE, MAKER, SUBDIRECTORIES, DNG_VERSION = 254, 271, 330, 50706
REDUCED = 1
CR3 = b"ftypcrx "
# Bytes that LibRaw takes for each cell of the sensor, the developed picture among them (measured).
CELL_MEMORY = 6
# LibRaw's numbers of how a picture is turned, and quarters to the left.
TURNS = {3: 2, 5: 1, 6: 3}
UNKNOWN = (
    "This camera RAW file cannot be developed here: its camera or its compression is not known. "
    "Convert it to DNG, or send the picture that the camera or your program made of it."
)

Pixels = npt.NDArray[np.uint8]


def is_raw(data: bytes) -> bool:
    """Whether the bytes are a camera's RAW file, by their structure."""
    if data[4:12] == CR3:
        return True
    if data[:4] not in (b"II*\0", b"MM\0*"):
        return False
    if data[8:10] == b"CR":
        return True
    try:
        directory = Directory(data)
    except ImageError:  # a damaged TIFF: its own reader says so
        return False
    # The first directory of other TIFF files is the picture itself.
    reduced = directory.largest(SUBFILE, 0) == REDUCED and SUBDIRECTORIES in directory.counts
    return DNG_VERSION in directory.counts or (reduced and MAKER in directory.counts)


def prepare_raw(data: bytes, limits: Limits) -> Stream:
    """The developed picture as an uncompressed file (PPM). Raises `ImageError`."""
    # Not at the top: hardly any picture needs the library.
    import rawpy

    try:
        with rawpy.RawPy() as raw:
            raw.open_buffer(io.BytesIO(data))
            sizes = raw.sizes
            check_pixels(sizes.raw_width, sizes.raw_height, limits)
            check_memory(CELL_MEMORY * sizes.raw_width * sizes.raw_height + len(data), limits)
            pixels, note = _develop(raw, rawpy), Note("picture.raw_developed")
            if pixels is None:
                pixels, note = _preview(raw, rawpy, limits), Note("picture.raw_preview")
    except rawpy.LibRawUnsufficientMemoryError as error:
        raise MemoryError("too little for this picture") from error
    except rawpy.LibRawFileUnsupportedError as error:
        raise ImageError(UNKNOWN) from error
    except rawpy.LibRawError as error:
        raise header_damaged() from error
    return Stream(_to_ppm(pixels), format="RAW", check=lambda: (note,))


def _develop(raw: Any, rawpy: Any) -> Pixels | None:
    """The picture of the sensor's cells, upright; None where this LibRaw cannot decode them."""
    try:
        raw.unpack()
        return np.asarray(raw.postprocess(half_size=True, use_camera_wb=True), np.uint8)
    except (rawpy.LibRawDataError, rawpy.LibRawIOError) as error:
        raise cut_off() from error
    except (rawpy.LibRawFileUnsupportedError, rawpy.LibRawNotImplementedError):
        return None


def _preview(raw: Any, rawpy: Any, limits: Limits) -> Pixels:
    """The preview in the file, upright. Raises `ImageError` where there is none to be shown."""
    # Not at the top: the openers of all formats are one table, in which this one is.
    from .jpeg import prepare_jpeg

    thumbnail = raw.extract_thumb()
    if thumbnail.format != rawpy.ThumbFormat.JPEG:
        raise header_damaged()
    prepare_jpeg(thumbnail.data).check()
    width, height = _jpeg_size(thumbnail.data)
    check_pixels(width, height, limits)
    pixels = _decode_jpeg(thumbnail.data)
    return np.rot90(pixels, TURNS.get(raw.sizes.flip, 0))


def _jpeg_size(data: bytes) -> tuple[int, int]:
    import simplejpeg

    try:
        height, width, _, _ = simplejpeg.decode_jpeg_header(data)
    except ValueError as error:
        raise header_damaged() from error
    return width, height


def _decode_jpeg(data: bytes) -> Pixels:
    import simplejpeg

    try:
        return np.asarray(simplejpeg.decode_jpeg(data, "RGB"), np.uint8)
    except ValueError as error:
        raise cut_off() from error


def _to_ppm(pixels: Pixels) -> bytes:
    height, width = pixels.shape[:2]
    return b"P6 %d %d 255\n" % (width, height) + np.ascontiguousarray(pixels).tobytes()
