"""The key that signs the reports of this installation, made when the first report is written."""

from __future__ import annotations

from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from django.conf import settings

from ai_image_detector.private_files import make_private_file

ALGORITHM = "Ed25519"
HEX_DIGITS = 64


class UnusableKey(Exception):
    """The key of the installation cannot be made or read, or a given key is none."""


def get_key_path() -> Path:
    """Where the private key is: REPORT_KEY, else a file in DATA_DIR."""
    path: Path = settings.REPORT_KEY or settings.DATA_DIR / "report_key.pem"
    return path


def get_signing_key() -> Ed25519PrivateKey:
    """The key of this installation; the first call makes it. Raises `UnusableKey`."""
    path = get_key_path()
    try:
        if not path.exists():
            _make_key(path)
        key = load_pem_private_key(path.read_bytes(), password=None)
    except (OSError, ValueError, TypeError, UnsupportedAlgorithm) as error:
        sentence = f"The key of the reports in {path} can be neither made nor read: {error}."
        raise UnusableKey(sentence) from error
    if not isinstance(key, Ed25519PrivateKey):
        raise UnusableKey(f"The key of the reports in {path} is no Ed25519 key.")
    return key


def find_public_key() -> Ed25519PublicKey | None:
    """The public key of this installation; None before its first report. Raises `UnusableKey`."""
    return get_signing_key().public_key() if get_key_path().exists() else None


def write_public_key(key: Ed25519PublicKey) -> str:
    """The 32 bytes of a public key in hex."""
    return key.public_bytes(Encoding.Raw, PublicFormat.Raw).hex()


def read_public_key(text: str) -> Ed25519PublicKey:
    """The key of 64 hex digits. Raises `UnusableKey`."""
    try:
        data = bytes.fromhex(text)
        if len(data) * 2 != HEX_DIGITS:
            raise ValueError(text)
        return Ed25519PublicKey.from_public_bytes(data)
    except ValueError as error:
        sentence = f"The key is {text[:70]!r}; accepted are {HEX_DIGITS} hexadecimal digits."
        raise UnusableKey(sentence) from error


def _make_key(path: Path) -> None:
    form = Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
    make_private_file(path, Ed25519PrivateKey.generate().private_bytes(*form))
