"""What the fuzzer runs: one input is a byte that names the target, then the bytes for it."""

from __future__ import annotations

import io
import json
from collections.abc import Callable

import numpy as np
from PIL import Image

from detector.inference.images import SourceImage
from detector.inference.methods.forensics import collect
from detector.inference.methods.forensics.c2pa.jumbf import find_manifest
from detector.inference.methods.forensics.containers.iptc import add_photoshop
from detector.inference.methods.forensics.containers.metadata import Metadata
from detector.inference.methods.forensics.containers.walk import read_metadata
from detector.inference.methods.forensics.containers.xmp import add_xmp
from detector.inference.methods.forensics.structure.findings import read_structure
from detector.inference.methods.forensics.structure.thumbnail import read_thumbnail
from detector.inference.methods.forensics.watermarks.stealth import add_stealth
from detector.tests.factories import marked_files as files
from detector.tests.factories.claims import CLAIMS, iptc_credit, samsung
from detector.tests.factories.decoys import camera_exif
from detector.tests.factories.hostile import VALID
from detector.tests.factories.pictures import encode, noise
from detector.tests.factories.signing import action, sign

FORMATS = ("JPEG", "PNG", "WEBP", "TIFF", "GIF", "HEIF", "AVIF", "BMP")
SIDE = 48


def file_of(format: str) -> Callable[[bytes], Metadata]:
    return lambda data: read_metadata(data, format)


def text(data: bytes) -> Metadata:
    """Key, a zero byte, text: as a PNG holds it, without the checksum that stops a fuzzer."""
    key, _, value = data.partition(b"\0")
    metadata = Metadata()
    metadata.add(key.decode("latin-1"), value.decode("utf-8", "replace"), "text")
    return metadata


def packet(data: bytes) -> Metadata:
    metadata = Metadata()
    add_xmp(data, metadata)
    return metadata


def records(data: bytes) -> Metadata:
    metadata = Metadata()
    add_photoshop([memoryview(data)], metadata)
    return metadata


def hidden(data: bytes, *, alpha: bool) -> Metadata:
    """The bytes as the lowest bits of a small picture, column by column."""
    channels = 1 if alpha else 3
    bits = np.unpackbits(np.frombuffer(data, np.uint8))[: SIDE * SIDE * channels]
    plane = np.zeros(SIDE * SIDE * channels, np.uint8)
    plane[: len(bits)] = bits
    pixels = np.full((SIDE, SIDE, 4 if alpha else 3), 254, np.uint8)
    pixels[..., -channels:] |= plane.reshape(SIDE, SIDE, channels).swapaxes(0, 1)
    shown, buffer = Image.fromarray(pixels), io.BytesIO()
    shown.save(buffer, "PNG", compress_level=0)
    metadata = Metadata()
    add_stealth(SourceImage(buffer.getvalue(), "PNG", shown.convert("RGB"), ""), metadata)
    return metadata


def structure(data: bytes) -> Metadata:
    """A JPEG's tables and preview, and what its size says; the pixels are those of a made one."""
    metadata = read_metadata(data, "JPEG")
    shown = Image.new("RGB", (160, 128), "teal")
    for item in read_structure(SourceImage(data, "JPEG", shown, ""), metadata):
        assert item.finding.claim is None and item.finding.strength == "context"
    return metadata


def preview(data: bytes) -> Metadata:
    """The bytes as the preview of an EXIF, without the directories that a fuzzer must guess."""
    metadata = Metadata(thumbnail=data)
    list(read_thumbnail(metadata, Image.new("RGB", (160, 128), "teal")))
    return metadata


def manifest(data: bytes) -> Metadata:
    """Whether the blocks hold Content Credentials; the first byte names the format."""
    if data:
        find_manifest(data[1:], FORMATS[data[0] % len(FORMATS)])
    return Metadata()


TARGETS: tuple[Callable[[bytes], Metadata], ...] = (
    *(file_of(format) for format in FORMATS),
    text,
    packet,
    records,
    lambda data: hidden(data, alpha=True),
    lambda data: hidden(data, alpha=False),
    structure,
    preview,
    manifest,
)
TEXT, PACKET, RECORDS, ALPHA, RGB, STRUCTURE, PREVIEW, MANIFEST = range(len(FORMATS), len(TARGETS))


def one_input(data: bytes) -> None:
    """Raises if anything that must hold for every file does not."""
    if not data:
        return
    metadata = TARGETS[data[0] % len(TARGETS)](data[1:])
    for item in collect(metadata):
        finding = item.finding
        assert finding.text and finding.kind and len(finding.text) < 1000
        assert (finding.claim == "ai") == (finding.strength != "context")
        json.dumps([vars(finding), item.rows], allow_nan=False).encode()


def seeds() -> list[bytes]:
    """Small true files of each kind, and the payloads by themselves."""
    found = [(FORMATS.index(format), data) for format, data in VALID.items()]
    found += [(1, files.png(texts)) for texts in files.TEXTS.values()]
    for number, format in enumerate(FORMATS[:7]):
        found += [(number, files.with_xmp(format, CLAIMS["google"]))]
        if format != "GIF":
            found += [(number, files.with_exif(format, camera_exif()))]
    found += [(0, samsung('{"genAIType": 3, "toneValue": {}}')), (7, files.picture("BMP"))]
    found += [(PACKET, data) for data in CLAIMS.values()]
    found += [(RECORDS, iptc_credit(b"Made with Google AI"))]
    payloads = [(k, v) for texts in files.TEXTS.values() for k, v in texts.items()]
    payloads += [("UserComment", value) for value in files.COMMENTS.values()]
    found += [(TEXT, key.encode() + b"\0" + value.encode()) for key, value in payloads]
    body = files.SWARMUI.encode()
    message = (8 * len(body)).to_bytes(4, "big") + body
    found += [(ALPHA, b"stealth_pnginfo" + message), (RGB, b"stealth_rgbinfo" + message)]
    jpeg = files.with_exif("JPEG", camera_exif())
    small = encode(noise(40, 32), "JPEG")
    found += [(STRUCTURE, jpeg), (PREVIEW, small), (PREVIEW, encode(noise(), "PNG"))]
    found += [(PREVIEW, small[:2] + files.with_exif("JPEG", camera_exif())[2:])]
    found += [
        (
            MANIFEST,
            bytes([number]) + sign(encode(noise(8, 8), format), format, action("c2pa.created")),
        )
        for number, format in enumerate(FORMATS[:7])
    ]
    return [bytes([number]) + data for number, data in found]
