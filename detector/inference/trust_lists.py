"""Lists of the authorities whose signers of Content Credentials, or time stamps, are trusted.

A list is a JSON file that names a PEM file, its date and its digest. The shipped folder has the two
lists of the C2PA; a list in a later folder takes the place of the one before it. A list that cannot
be used trusts nobody: an older one would trust those who were removed since.
"""

from __future__ import annotations

import hashlib
import json
import logging
import re
import ssl
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from .weights.folder import files_state

logger = logging.getLogger(__name__)

BEGIN = "-----BEGIN CERTIFICATE-----"
CERTIFICATE = re.compile(rf"{BEGIN}[^-]*-----END CERTIFICATE-----")


@dataclass(frozen=True)
class Kind:
    """What the authorities on a list may vouch for: signers, time stamps, or both.

    Of a list that `ended` (a day, ISO 8601), only signatures that were time-stamped before count.
    """

    title: str
    signs: bool = False
    stamps: bool = False
    ended: str = ""


# A certificate that is on several lists counts for the first.
KINDS = {
    "signers": Kind("C2PA list", signs=True),
    "own": Kind("list of this installation", signs=True, stamps=True),
    "interim": Kind("interim list", signs=True, ended="2026-01-01"),
    "time-stamps": Kind("C2PA list of time-stamp authorities", stamps=True),
}


@dataclass(frozen=True)
class TrustList:
    """The certificates of one list (PEM), and the day (ISO 8601) on which it was published."""

    key: str
    certificates: tuple[str, ...]
    date: str = ""

    @property
    def kind(self) -> Kind:
        """The kind of statements that the authorities on this list may vouch for."""
        return KINDS[self.key]

    @property
    def name(self) -> str:
        """The list in words, with its date: "C2PA list of 2026-08-21"."""
        return f"{self.kind.title} of {self.date}" if self.date else self.kind.title


@dataclass(frozen=True)
class Trust:
    """The lists in force, and a sentence about each list that cannot be used."""

    lists: tuple[TrustList, ...] = ()
    faults: tuple[str, ...] = ()

    @property
    def checks(self) -> bool:
        """Whether signers can be checked at all."""
        return any(trust_list.kind.signs for trust_list in self.lists)

    @property
    def names(self) -> str:
        """The lists that a signer may be on, in words."""
        return " or the ".join(
            trust_list.name for trust_list in self.lists if trust_list.kind.signs
        )

    def find(self, uri: str) -> TrustList | None:
        """The list with this key, if it is one of signers.

        The library trusts a signer on a list of time-stamp authorities, too: that is no trust.
        """
        return next(
            (
                trust_list
                for trust_list in self.lists
                if trust_list.key == uri and trust_list.kind.signs
            ),
            None,
        )

    def request(self) -> str:
        """The settings for the child process: JSON with all lists, and those for time stamps."""
        if not self.checks:
            return ""
        stamps = [_entry(trust_list) for trust_list in self.lists if trust_list.kind.stamps]
        return json.dumps({"anchors": self._anchors(), "stamps": stamps})

    def _anchors(self) -> list[dict[str, str]]:
        """All lists, each certificate once: the library names any of the lists that it is on."""
        keys: set[str] = set()
        entries = []
        for trust_list in self.lists:
            new = tuple(pem for pem in trust_list.certificates if pem not in keys)
            keys.update(new)
            entries += [_entry(TrustList(trust_list.key, new, trust_list.date))] if new else []
        return entries


def _entry(trust_list: TrustList) -> dict[str, str]:
    """One of the library's settings `trust.anchors`."""
    kind = "manifest" if trust_list.kind.signs else "tsa"
    return {
        "trust_anchors": "".join(trust_list.certificates),
        "trust_kind": kind,
        "trust_uri": trust_list.key,
    }


def read_trust(folders: Sequence[Path], own: Path | None) -> Trust:
    """The lists in force: those in `folders`, and the operator's `own` PEM file. Does not raise."""
    return _read(tuple(folders), own, trust_state(folders, own))


def trust_state(folders: Iterable[Path], own: Path | None) -> str:
    """A digest of all files with lists; "" if there is none."""
    paths = [path for folder in folders for path in (*folder.glob("*.json"), *folder.glob("*.pem"))]
    return "".join(filter(None, (files_state(paths), files_state([own] if own else []))))


@lru_cache(maxsize=4)
def _read(folders: tuple[Path, ...], own: Path | None, _state: str) -> Trust:
    # The state is part of the key: lists that did not change are not read again.
    lists: list[TrustList] = []
    faults: list[str] = []
    for key in KINDS:
        path = own if key == "own" else _in_force(folders, key)
        if path is None:
            continue
        try:
            lists.append(_read_list(path, key))
        except OSError as error:
            faults.append(f"{path} cannot be read: {error.strerror}")
        except ValueError as error:
            faults.append(f"{path} {error}")
    for fault in faults:
        logger.warning("%s, so nobody is trusted because of it.", fault)
    return Trust(tuple(lists), tuple(faults))


def _in_force(folders: Sequence[Path], key: str) -> Path | None:
    """The file that describes the list, in the last folder that has one.

    Without any it is the one that ships, which must not be missing; one that ended does not ship.
    """
    descriptions = [] if KINDS[key].ended else [folder / f"{key}.json" for folder in folders[:1]]
    paths = [path for folder in folders if (path := folder / f"{key}.json").is_file()]
    return next(iter(paths[::-1] or descriptions), None)


def _read_list(path: Path, key: str) -> TrustList:
    """The list in a file: PEM if it is the operator's own, a description of PEM otherwise.

    Raises `OSError`, `ValueError` if it cannot be used.
    """
    if key == "own":
        return TrustList(key, read_certificates(path.read_bytes()))
    file, digest, date = _describe(path)
    data = file.read_bytes()
    if hashlib.sha256(data).hexdigest() != digest:
        raise ValueError(f"names {file.name}, which has changed since (another SHA-256)")
    return TrustList(key, read_certificates(data), date)


def _describe(path: Path) -> tuple[Path, str, str]:
    """The file with the certificates, its SHA-256 and its date, from the JSON that names it."""
    try:
        about = json.loads(path.read_bytes())
        return path.parent / Path(about["file"]).name, str(about["sha256"]), str(about["date"])
    except (ValueError, TypeError, KeyError) as error:
        raise ValueError("is no description of a trust list") from error


def read_certificates(data: bytes) -> tuple[str, ...]:
    """The certificates of a PEM file, each alone and without comments.

    Raises `ValueError` if there are none, or a damaged one.
    """
    text = data.decode("ascii", "ignore")  # comments between the certificates may be anything
    # With a list that it cannot read, the library would refuse every picture.
    if BEGIN not in text:
        raise ValueError("holds no certificate in PEM")
    blocks = CERTIFICATE.findall(text)
    try:
        if len(blocks) != text.count(BEGIN):
            raise ValueError("no end")
        certificates = [
            ssl.DER_cert_to_PEM_cert(ssl.PEM_cert_to_DER_cert(block)) for block in blocks
        ]
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.load_verify_locations(cadata="".join(certificates))
    except (ssl.SSLError, ValueError) as error:
        reason = getattr(error, "reason", None) or "damaged"
        raise ValueError(f"holds a certificate that cannot be read ({reason})") from error
    return tuple(dict.fromkeys(certificates))
