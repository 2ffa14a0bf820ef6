"""Says whether a report is as it was written, and whether picture and version belong to it."""

from __future__ import annotations

import hashlib
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError

from detector.inference.names import printable
from detector.management.base import DetectorCommand

# The PDF of a picture with much evidence has 1 MB.
MAX_REPORT_BYTES = 64 * 2**20


class Command(DetectorCommand):
    help = (
        "Check a report (the PDF, or the report.json attached to it): that nobody has changed it "
        "since this installation signed it, that it is about the given picture, and whether the "
        "version that wrote it is the one in use. Fails with a sentence if not."
    )
    requires_system_checks: list[str] = []  # nothing is analysed

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="the report: PDF or JSON")
        parser.add_argument("--picture", type=Path, help="the file that the report is about")
        parser.add_argument(
            "--key",
            metavar="HEX",
            help="public key of the installation that wrote it, as its page of the methods shows "
            "it (default: the key of this installation)",
        )

    def handle(self, *, file: Path, picture: Path | None, key: str | None, **options: Any) -> str:
        from detector.reports.keys import UnusableKey
        from detector.reports.twin import NotGenuine
        from detector.reports.verifying import verify
        from detector.reports.writing import find_version

        report = _read(file)
        digest = _digest(picture) if picture else None
        try:
            public = _find_key(key)
            checked = verify(report, public, picture=digest, version=find_version())
        except (NotGenuine, UnusableKey) as error:
            raise CommandError(str(error)) from error
        return "\n".join(checked.sentences)


def _find_key(text: str | None) -> Any:
    """The public key to check with. Raises `CommandError` and `UnusableKey`."""
    from detector.reports.keys import find_public_key, read_public_key

    key = read_public_key(text) if text else find_public_key()
    if key is None:
        raise CommandError(
            "This installation has written no report yet, so it has no key to check with; --key "
            "takes that of another one."
        )
    return key


def _read(path: Path) -> bytes:
    """The bytes of a file. Raises `CommandError` where it is too large or cannot be read."""
    try:
        with path.open("rb") as file:
            data = file.read(MAX_REPORT_BYTES + 1)
    except OSError as error:
        raise CommandError(f"{printable(path)} cannot be read: {error.strerror}.") from error
    if len(data) > MAX_REPORT_BYTES:
        size = MAX_REPORT_BYTES // 2**20
        raise CommandError(f"{printable(path)} is too large; at most {size} MB are accepted.")
    return data


def _digest(path: Path) -> str:
    """The SHA-256 of a file in hex. Raises `CommandError` where it cannot be read."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise CommandError(f"{printable(path)} cannot be read: {error.strerror}.") from error
