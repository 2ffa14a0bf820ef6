"""Puts a newer list of trusted authorities (C2PA) in force, or takes back the one that ships."""

from __future__ import annotations

import datetime
import hashlib
import json
import os
from argparse import ArgumentParser, ArgumentTypeError
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID
from django.conf import settings
from django.core.management.base import CommandError

from detector.inference.trust_lists import KINDS, read_certificates
from detector.management.base import DetectorCommand

LISTS = [key for key in KINDS if key != "own"]


class Command(DetectorCommand):
    help = (
        "Replace a list of authorities whose signers of Content Credentials (C2PA) are trusted. A "
        "running server uses it without a restart. A file with an error changes nothing."
    )
    requires_system_checks: list[str] = []  # it mends what the check complains about

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", nargs="?", type=Path, help="PEM file with the certificates.")
        parser.add_argument("--list", choices=LISTS, default="signers", help="Default: signers.")
        parser.add_argument(
            "--date",
            type=_day,
            help="Day of its publication, such as 2026-08-21. Default: when the file last changed.",
        )
        parser.add_argument("--restore", action="store_true", help="Return to the list that ships.")

    def handle(
        self,
        *,
        file: Path | None,
        list: str,
        date: datetime.date | None,
        restore: bool,
        **options: Any,
    ) -> str:
        if restore == (file is not None):
            raise CommandError("Name either a PEM file or --restore.")
        try:
            if file is None:
                restore_list(settings.TRUST_DIR, list)
                return f"The list {list} is again the one that ships."
            count = replace_list(settings.TRUST_DIR, list, file, date)
        except OSError as error:
            raise CommandError(
                f"{error.filename or file}: {error.strerror}. Nothing was changed."
            ) from error
        except ValueError as error:
            raise CommandError(f"{file} {error}. Nothing was changed.") from error
        off = "" if settings.C2PA_TRUST_LIST else " C2PA_TRUST_LIST is off, so it has no effect."
        return f"The list {list} now has {count} authorities.{off}"


def _day(text: str) -> datetime.date:
    try:
        day = datetime.date.fromisoformat(text)
    except ValueError:
        day = datetime.date.max
    if day > datetime.date.today():
        raise ArgumentTypeError(f"{text!r} is not a day up to today, such as 2026-08-21.")
    return day


def replace_list(folder: Path, key: str, file: Path, date: datetime.date | None) -> int:
    """Put the certificates of `file` in force as the list `key`; says how many there are.

    Raises `OSError`, and `ValueError` if the file does not do; then nothing has changed.
    """
    data = file.read_bytes()
    count = len(read_authorities(data, key))
    day = date or datetime.date.fromtimestamp(file.stat().st_mtime)
    digest = hashlib.sha256(data).hexdigest()
    name = f"{key}-{digest[:16]}.pem"
    about = {"date": day.isoformat(), "file": name, "sha256": digest, "source": file.name}
    folder.mkdir(exist_ok=True)
    _write(folder / name, data)
    # The list changes at this moment: until then the description names the one before.
    _write(folder / f"{key}.json", json.dumps(about, indent=2).encode())
    _remove(folder, key, current=name)
    return count


def read_authorities(data: bytes, key: str) -> list[x509.Certificate]:
    """The certificates of a PEM file for the list `key`. Raises `ValueError` with what is wrong."""
    certificates = [x509.load_pem_x509_certificate(pem.encode()) for pem in read_certificates(data)]
    for certificate in certificates:
        name = certificate.subject.rfc4514_string()
        if not _is_authority(certificate):
            raise ValueError(f'holds a certificate that does not belong to an authority: "{name}"')
        # Somebody took the one list of the C2PA for the other.
        if KINDS[key].signs and _only_stamps(certificate):
            raise ValueError(f'holds an authority for time stamps only: "{name}"')
    return certificates


def _is_authority(certificate: x509.Certificate) -> bool:
    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except x509.ExtensionNotFound:
        return False


def _only_stamps(certificate: x509.Certificate) -> bool:
    try:
        usage = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound:
        return False
    return set(usage) == {ExtendedKeyUsageOID.TIME_STAMPING}


def restore_list(folder: Path, key: str) -> None:
    """Remove the list `key` that was put in force. Raises `OSError`."""
    (folder / f"{key}.json").unlink(missing_ok=True)
    _remove(folder, key)


def _write(path: Path, data: bytes) -> None:
    """Writes the whole file at once: after a crash, the file before is still there."""
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    try:
        with draft.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def _remove(folder: Path, key: str, current: str = "") -> None:
    for path in folder.glob(f"{key}-*.pem"):
        if path.name != current:
            path.unlink()
