"""Files that make one claim each, with the claim that is to be found."""

from __future__ import annotations

import struct

from detector.tests.factories.marked_files import (
    AIGC,
    DRAW_THINGS,
    IPTC_TERM,
    UUID,
    picture,
    source_type,
    xmp,
)

CLAIMS = {
    "iptc": source_type("trainedAlgorithmicMedia"),
    "iptc element": xmp(
        elements=f"<i:DigitalSourceType>{IPTC_TERM}trainedAlgorithmicMedia</i:DigitalSourceType>"
    ),
    "iptc resource": xmp(
        elements=f'<i:DigitalSourceType r:resource="{IPTC_TERM}trainedAlgorithmicMedia"/>'
    ),
    "iptc-ai": xmp(elements="<i:AISystemUsed>Google Imagen 4</i:AISystemUsed>"),
    "google": xmp(
        f'p:Credit="Made with Google AI" i:DigitalSourceType="{IPTC_TERM}trainedAlgorithmicMedia"'
    ),
    "aigc-label": xmp(elements=f"<t:AIGC>{AIGC}</t:AIGC>"),
    "aigc-label attribute": xmp(f"t:AIGC='{AIGC}'"),
    "drawthings": xmp(
        elements=f"<e:UserComment><r:Alt><r:li>{DRAW_THINGS}</r:li></r:Alt></e:UserComment>"
    ),
    "midjourney": xmp(
        elements=f"<d:description><r:Alt><r:li>a cat Job ID: {UUID}</r:li></r:Alt></d:description>"
        "<d:creator><r:Seq><r:li>someone</r:li></r:Seq></d:creator>"
    ),
}


def segment(marker: int, body: bytes) -> bytes:
    """A JPEG with this segment before all others."""
    plain = picture("JPEG")
    return plain[:2] + struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body + plain[2:]


def iptc_credit(credit: bytes) -> bytes:
    """IPTC-IIM in Photoshop's resources, behind a resource of another kind."""
    record = struct.pack(">BBBH", 0x1C, 2, 110, len(credit)) + credit
    other = b"8BIM\x03\xed\0\0" + struct.pack(">I", 3) + b"abc\0"
    return other + b"8BIM\x04\x04\0\0" + struct.pack(">I", len(record)) + record


def raw_profile(name: str, data: bytes) -> dict[str, str]:
    """What ImageMagick writes for EXIF, XMP and IPTC in a PNG."""
    return {f"Raw profile type {name}": f"\ngeneric profile\n{len(data):8}\n{data.hex()}\n"}


def samsung(edits: str) -> bytes:
    """A JPEG with the trailer of Samsung's editor."""
    name = b"PhotoEditor_Re_Edit_Data"
    block = struct.pack("<HHI", 0, 0x0BA1, len(name)) + name + edits.encode()
    directory = b"SEFH" + struct.pack("<IIHHII", 106, 1, 0, 0x0BA1, len(block), len(block))
    return picture("JPEG") + block + directory + struct.pack("<I", len(directory)) + b"SEFT"
