"""Why a scan cannot begin or cannot go on."""

from __future__ import annotations


class ScanError(Exception):
    """The scan ends with this sentence; the rows that are written stay."""


class MissingPackage(ScanError):
    """A package of an optional group is not installed."""

    def __init__(self, purpose: str, package: str | None, command: str) -> None:
        super().__init__(
            f"{purpose} needs the package {package}, which is not installed here; "
            f"{command} installs it."
        )
