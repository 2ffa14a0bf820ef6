"""The seal of a PDF: a last line, a comment to every reader, that signs all bytes before it.

The twin inside is signed as well; the seal also holds the words and the picture that people see.
"""

from __future__ import annotations

import re

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from .twin import DOCUMENT, NotGenuine

PDF_START = b"%PDF-"
SEAL_START = b"%AI-Image-Detector-Ed25519 "
_SEAL = re.compile(rb"\n" + re.escape(SEAL_START) + rb"([0-9a-f]{128})\n\Z")
# The twin lies in the PDF as it is: an attachment that is not compressed.
_TWIN = re.compile(
    rb'\bstream\r?\n(\{\n "document": "'
    + re.escape(DOCUMENT.encode())
    + rb'[^"]*".*?\n\}\n)\n?endstream',
    re.DOTALL,
)
RESAVED = (
    "The PDF is not as it was written: it was changed, or another program has saved it again. The "
    "attached report.json can be checked by itself, if it is still there: save it, and check that."
)


def seal(pdf: bytes, key: Ed25519PrivateKey) -> bytes:
    """The PDF with its seal."""
    body = pdf if pdf.endswith(b"\n") else pdf + b"\n"
    return body + SEAL_START + key.sign(body).hex().encode() + b"\n"


def open_sealed(data: bytes, key: Ed25519PublicKey) -> bytes:
    """The bytes of the twin in a PDF with an intact seal. Raises `NotGenuine`."""
    match = _SEAL.search(data)
    if match is None:
        raise NotGenuine(RESAVED)
    try:
        key.verify(bytes.fromhex(match[1].decode()), data[: match.start() + 1])
    except InvalidSignature as error:
        raise NotGenuine(RESAVED) from error
    return find_twin(data)


def find_twin(data: bytes) -> bytes:
    """The bytes of the twin in a PDF, whatever its seal. Raises `NotGenuine`."""
    twin = _TWIN.search(data)
    if twin is None:
        raise NotGenuine("The PDF is no report of this program: it holds no report.json.")
    return twin[1]
