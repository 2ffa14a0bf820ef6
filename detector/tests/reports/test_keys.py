"""The key of the installation: made once, readable by its owner alone."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from pytest_django import Settings

from detector.reports.keys import (
    UnusableKey,
    find_public_key,
    get_signing_key,
    read_public_key,
    write_public_key,
)


@pytest.fixture
def path(settings: Settings, tmp_path: Path) -> Path:
    settings.REPORT_KEY = None
    settings.DATA_DIR = tmp_path
    return tmp_path / "report_key.pem"


def test_the_first_use_makes_the_key_and_the_next_ones_keep_it(path: Path):
    assert find_public_key() is None and not path.exists()
    first = write_public_key(get_signing_key().public_key())
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(path.parent.iterdir()) == [path]  # no draft is left
    found = find_public_key()
    assert found and write_public_key(found) == first == write_public_key(read_public_key(first))


def test_an_own_key_is_taken_from_the_setting(path: Path, settings: Settings, tmp_path: Path):
    settings.REPORT_KEY = tmp_path / "own.pem"
    get_signing_key()
    assert settings.REPORT_KEY.exists() and not path.exists()


def test_a_key_that_cannot_be_used_is_named(path: Path):
    path.write_text("no key")
    with pytest.raises(UnusableKey, match=str(path)):
        get_signing_key()
    form = Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
    path.write_bytes(X25519PrivateKey.generate().private_bytes(*form))
    with pytest.raises(UnusableKey, match="no Ed25519 key"):
        get_signing_key()


@pytest.mark.parametrize("text", ["", "xyz", "ab" * 31, "ab" * 33])
def test_a_public_key_has_64_digits(text: str):
    with pytest.raises(UnusableKey, match="64 hexadecimal digits"):
        read_public_key(text)
