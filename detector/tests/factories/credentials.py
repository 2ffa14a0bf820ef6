"""Pictures with Content Credentials, and what method 3 says about them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from PIL import Image

from detector.inference.images import SourceImage
from detector.inference.method import Answer
from detector.inference.methods.forensics import Forensics
from detector.inference.runtime import Runtime
from detector.tests.factories.pictures import encode, noise
from detector.tests.factories.signing import MIME, action, sign

TRAINED = "trainedAlgorithmicMedia"
AI = action("c2pa.created", TRAINED, softwareAgent="Test Painter")
CAPTURED = action("c2pa.created", "digitalCapture")
PICTURES = {format: encode(noise(), format) for format in MIME}
PHOTO = PICTURES["JPEG"]
PARTS = {"created": sign(PHOTO, "JPEG", AI), "captured": sign(PHOTO, "JPEG", CAPTURED)}


def ask(data: bytes, format: str = "JPEG", anchors: Path | None = None) -> Answer:
    """What method 3 says about bytes that the one door might refuse."""
    image = SourceImage(data, format, Image.new("RGB", (1, 1)), "")
    answer = Forensics(Runtime(Path(), Path(), trust_anchors=anchors)).predict(image)
    json.dumps([vars(finding) for finding in answer.findings], allow_nan=False).encode()
    assert (
        len(json.dumps([one.to_dict() for one in answer.exhibits], allow_nan=False).encode())
        < 100_000
    )
    return answer


def claims(answer: Answer) -> list[tuple[str | None, str]]:
    """(side, strength) of what the manifest argues for."""
    return [(f.claim, f.strength) for f in answer.findings if f.kind == "c2pa" and f.claim]


def shown(answer: Answer) -> dict[str, Any]:
    found: dict[str, Any] = answer.exhibit("credentials")
    return found


def said(answer: Answer) -> str:
    return " ".join(f.text for f in answer.findings if f.kind in ("c2pa", "capture", "unreadable"))


OPENED = action("c2pa.opened", parameters={"ingredientIds": ["a"]})
FILLED = action("c2pa.edited", TRAINED)


def part(relationship: str, data: bytes, title: str = "a") -> tuple[dict[str, Any], bytes]:
    return {"title": title, "relationship": relationship, "instance_id": title}, data
