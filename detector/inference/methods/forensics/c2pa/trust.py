"""The operator's list of the authorities whose signers of Content Credentials are trusted."""

from __future__ import annotations

import ssl
from pathlib import Path


def read_anchors(path: Path) -> str:
    """The certificates of a PEM file as text. Raises `OSError`, `ValueError` if there are none."""
    pem = path.read_text("ascii", "ignore")  # comments between the certificates may be anything
    # With a list that it cannot read, the library would refuse every picture.
    if "-----BEGIN CERTIFICATE-----" not in pem:
        raise ValueError("holds no certificate in PEM")
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cadata=pem)
    except ssl.SSLError as error:
        why = error.reason or "damaged"
        raise ValueError(f"holds a certificate that cannot be read ({why})") from error
    return pem
