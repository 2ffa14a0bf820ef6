"""The operator's list of the authorities whose signers of Content Credentials are trusted."""

from __future__ import annotations

from pathlib import Path


def read_anchors(path: Path) -> str:
    """The certificates of a PEM file as text. Raises `OSError`, `ValueError` if there are none."""
    pem = path.read_text("utf-8", "replace")
    if "-----BEGIN CERTIFICATE-----" not in pem:  # the library would refuse every picture
        raise ValueError("holds no certificate in PEM")
    return pem
