"""Settings hidden in the lowest bits of the pixels, as NovelAI and the "stealth pnginfo" tools do.

The bits are taken column by column: one of alpha for each pixel, or those of red, green and blue.
First a magic word of 15 characters, then the length of the payload in bits (32 bits, big-endian),
then the payload: text in UTF-8, packed with gzip if the word ends in "comp".

The bits count as stored: a picture that asks to be shown rotated is turned back first. The magic
word itself is evidence, since chance writes no 120 bits, even where the payload was cut off.

What it misses: files that were re-encoded with loss, resized or cropped.
"""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable, Iterator

import numpy as np
from PIL import Image

from detector.inference.formats import format_of
from detector.inference.images import SourceImage
from detector.inference.methods.forensics.containers.metadata import (
    MAX_STORED,
    Metadata,
    Unreadable,
    parse_json,
)
from detector.inference.methods.forensics.containers.png import first_pixels
from detector.inference.methods.forensics.evidence import Evidence, ai_claim

RGB, ALPHA = slice(0, 3), slice(3, 4)
# The channels that hold the bits, and where findings say that the payload was.
PLACES = {
    b"stealth_pnginfo": (ALPHA, "stealth alpha (stealth_pnginfo)"),
    b"stealth_pngcomp": (ALPHA, "stealth alpha (stealth_pngcomp)"),
    b"stealth_rgbinfo": (RGB, "stealth RGB (stealth_rgbinfo)"),
    b"stealth_rgbcomp": (RGB, "stealth RGB (stealth_rgbcomp)"),
}
BOXES = 8192  # bytes at the start of an AVIF or HEIC that list its parts
# From upright back to how a file of this orientation stores it.
AS_STORED = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}
HEADER = struct.Struct(">15sI")
MAGIC_LENGTH = 15
# Alpha has to be decoded once more, at 4 bytes a pixel, and in WebP, whose decoder keeps several
# canvases of an animation, at 15. Generators' pictures are smaller.
MAX_PIXELS, MAX_WEBP_PIXELS = 20_000_000, 12_000_000


def add_stealth(image: SourceImage, metadata: Metadata) -> None:
    """Read a payload hidden in the pixels, if there is one, into the texts."""
    if format_of(image.format).keeps == "never":
        return
    with metadata.reading("stealth alpha"):
        if with_alpha := _with_alpha(image):
            _add_payload(with_alpha, ALPHA, metadata)
        _add_payload(_as_stored(image, metadata.orientation), RGB, metadata)


def read_stealth(metadata: Metadata) -> Iterator[Evidence]:
    """The finding that there was a hidden payload. Other readers evaluate its text."""
    for _, where in PLACES.values():
        if where in metadata.containers:
            yield ai_claim("stealth.hidden", {}, "stealth", where, strength="medium")


def _with_alpha(image: SourceImage) -> Image.Image | None:
    """The picture with its alpha as stored; None if it has none, is too large or plain."""
    limit = MAX_WEBP_PIXELS if image.format == "WEBP" else MAX_PIXELS
    if not _says_alpha(image) or image.width * image.height > limit or _is_plain(image):
        return None
    try:
        picture = Image.open(io.BytesIO(image.stream or image.data), formats=(image.format,))
        if picture.mode != "RGBA" or picture.width * picture.height > limit:
            return None
        picture.load()
    except Exception as error:  # decoders of damaged files raise anything
        raise Unreadable("pixels") from error
    return picture


def _as_stored(image: SourceImage, orientation: int) -> Image.Image:
    """The colours, turned as they are in the file; in HEIC its boxes turn the picture."""
    if orientation in AS_STORED and image.format != "HEIF":
        return image.rgb.transpose(AS_STORED[orientation])
    return image.rgb


def _says_alpha(image: SourceImage) -> bool:
    """Whether the header promises alpha: looked up first, because opening reads all the texts."""
    return SAYS_ALPHA[image.format](image.data)


def _in_boxes(data: bytes) -> bool:
    """A second picture beside the first, such as its alpha."""
    return b"auxC" in data[:BOXES]


# By the names of FORMATS, for those that may keep every pixel.
SAYS_ALPHA: dict[str, Callable[[bytes], bool]] = {
    "PNG": lambda data: data[25:26] == b"\6",  # the colour type in IHDR: RGB with alpha
    "WEBP": lambda data: data[12:16] in (b"VP8X", b"VP8L"),
    "AVIF": _in_boxes,
    "HEIF": _in_boxes,
    "TIFF": lambda data: True,
    "GIF": lambda data: False,
    "BMP": lambda data: False,
}


def _is_plain(image: SourceImage) -> bool:
    """Whether the first column of a PNG begins with no magic word: spares decoding all of it."""
    rows = 8 * MAGIC_LENGTH
    if image.format != "PNG" or image.height < rows:
        return False
    pixels = first_pixels(image.data, image.width, rows)
    column = np.frombuffer(b"".join(pixels), np.uint8).reshape(-1, 4) & 1
    words = (np.packbits(column[:, channels])[:MAGIC_LENGTH] for channels in (ALPHA, RGB))
    return len(pixels) == rows and not any(word.tobytes() in PLACES for word in words)


def _add_payload(picture: Image.Image, channels: slice, metadata: Metadata) -> None:
    header = _read_bytes(picture, channels, HEADER.size)
    place, where = PLACES.get(header[:MAGIC_LENGTH], (None, ""))
    if place != channels:
        return
    metadata.read(where)
    with metadata.reading(where):
        if len(header) < HEADER.size:
            raise Unreadable("length_no_room")
        body = _payload(picture, channels, *HEADER.unpack(header))
        if header[:MAGIC_LENGTH].endswith(b"comp"):
            body = metadata.inflate(body, zlib.MAX_WBITS | 16)
        _add_text(body, where, metadata)


def _add_text(body: bytes, where: str, metadata: Metadata) -> None:
    """Keep the text; of NovelAI's object of the texts of a PNG each, under its own name."""
    try:
        text = body.decode()
    except UnicodeDecodeError as error:
        raise Unreadable("not_text") from error
    metadata.add("parameters", text, where)
    data = parse_json(text)
    for key, value in data.items() if isinstance(data, dict) else ():
        if isinstance(value, str):
            metadata.add(key, value, where)


def _payload(picture: Image.Image, channels: slice, _: bytes, bits: int) -> bytes:
    if bits == 0 or bits % 8 or bits // 8 > MAX_STORED:
        raise Unreadable("length_impossible")
    body = _read_bytes(picture, channels, HEADER.size + bits // 8)[HEADER.size :]
    if len(body) < bits // 8:
        raise Unreadable("more_bits")
    return body


def _read_bytes(picture: Image.Image, channels: slice, count: int) -> bytes:
    """The first `count` bytes of the hidden bits, fewer if the picture has fewer.

    Only the columns that hold them are looked at.
    """
    in_column = picture.height * (channels.stop - channels.start)
    columns = min(-(-8 * count // in_column), picture.width)
    pixels = np.asarray(picture.crop((0, 0, columns, picture.height)))[:, :, channels]
    bits = pixels.swapaxes(0, 1).reshape(-1)[: 8 * count] & 1
    return np.packbits(bits[: len(bits) // 8 * 8]).tobytes()
