"""The meaning of the validator's status codes: a changed file, an old certificate and so on.

The codes are those of the C2PA specification 2.2, chapter 15.2.2, with those that the library and
CAWG's identity assertion add. Only a code that says so makes a file "changed after it was signed":
that is an accusation. A failure that is not known means that the check is not complete, no more.
"""

from __future__ import annotations

from collections.abc import Iterable, Set
from dataclasses import dataclass
from typing import Literal

Signature = Literal["valid", "invalid", "tampered", "unchecked"]


@dataclass(frozen=True)
class Check:
    """The state of a signature, what is wrong with it ("c2pa_fault" in the catalogue, or "" for
    nothing that is known), and whether file and statements are for all that what somebody signed.
    """

    signature: Signature
    fault: str = ""
    intact: bool = True


@dataclass(frozen=True)
class Fault:
    """The meaning of failure codes: the state of the signature, the reason, the codes."""

    signature: Signature
    name: str
    codes: frozenset[str]


def _fault(signature: Signature, name: str, codes: str) -> Fault:
    return Fault(signature, name, _codes(codes))


def _codes(codes: str) -> frozenset[str]:
    return frozenset(codes.split())


# The hashes that bind a manifest to its picture: the code without ".match" or ".mismatch".
BINDINGS = (
    "assertion.dataHash",
    "assertion.bmffHash",
    "assertion.boxesHash",
    "assertion.collectionHash",
    "assertion.multiAssetHash",
)
FORGED = _fault(
    "invalid",
    "forged",
    "claimSignature.mismatch",
)
CHANGED_FILE = _fault(
    "tampered",
    "changed",
    " ".join(f"{binding}.mismatch" for binding in BINDINGS)
    + " assertion.boxesHash.unknownBox assertion.collectionHash.incorrectFileCount",
)
EXPIRED = _fault(
    "invalid",
    "expired",
    "signingCredential.expired",
)
OUTSIDE = _fault(
    "invalid",
    "outside",
    "claimSignature.outsideValidity",
)
OTHER_KIND = _fault(
    "invalid",
    "other_kind",
    "signingCredential.invalid",
)
IRREGULAR = _fault(
    "invalid",
    "irregular",
    "claim.malformed claim.missing claim.multiple claim.required.missing claim.cbor.invalid "
    "claim.hardBindings.missing assertion.multipleHardBindings assertion.outsideManifest "
    "assertion.required.missing assertion.json.invalid assertion.cbor.invalid "
    "assertion.action.malformed assertion.action.ingredientMismatch "
    "assertion.action.redactionMismatch assertion.action.softBindingMissing "
    "assertion.dataHash.malformed assertion.bmffHash.malformed "
    "assertion.bmffHash.malformedFragment assertion.boxesHash.malformed "
    "assertion.collectionHash.malformed assertion.collectionHash.invalidURI "
    "assertion.multiAssetHash.malformed assertion.ingredient.malformed "
    "assertion.metadata.disallowed assertion.timestamp.malformed "
    "assertion.cloud-data.hardBinding assertion.cloud-data.actions "
    "assertion.cloud-data.malformed manifest.multipleParents manifest.update.invalid "
    "manifest.update.wrongParents manifest.timestamp.invalid manifest.timestamp.wrongParents "
    "manifest.compressed.invalid",
)
UNCHECKED = Fault("unchecked", "unchecked", frozenset())
# The first fault that fits is reported. A failure that fits none of them is `UNCHECKED`.
FAULTS = (
    FORGED,
    CHANGED_FILE,
    _fault(
        "tampered",
        "statements",
        "assertion.hashedURI.mismatch assertion.missing assertion.undeclared hashedURI.mismatch "
        "hashedURI.missing assertion.notRedacted assertion.selfRedacted assertion.action.redacted "
        "assertion.dataHash.redacted assertion.hardBinding.redacted",
    ),
    _fault(
        "invalid",
        "revoked",
        "signingCredential.ocsp.revoked signingCredential.revoked",
    ),
    EXPIRED,
    OUTSIDE,
    OTHER_KIND,
    _fault("invalid", "missing", "claimSignature.missing"),
    _fault(
        "invalid",
        "ingredient",
        "ingredient.manifest.mismatch ingredient.manifest.missing ingredient.hashedURI.mismatch "
        "ingredient.claimSignature.mismatch ingredient.claimSignature.missing",
    ),
    IRREGULAR,
)
# Of these, what says only that the certificate is old or of another kind: the file is unchanged.
LAPSED = (EXPIRED, OUTSIDE, OTHER_KIND)
# Notes, wherever a validator lists them. That the signer is not trusted is told by itself, and who
# is behind an identity assertion (CAWG) says nothing about the picture and its signature.
NOTES = _codes("""
    signingCredential.untrusted signingCredential.ocsp.inaccessible signingCredential.ocsp.skipped
    signingCredential.ocsp.unknown ingredient.unknownProvenance manifest.unknownProvenance
    manifest.unreferenced timeOfSigning.insideValidity timeOfSigning.outsideValidity
    algorithm.deprecated assertion.dataHash.additionalExclusionsPresent
    assertion.bmffHash.additionalExclusionsPresent assertion.boxesHash.additionalExclusionsPresent
""")
NOTE_PREFIXES = ("cawg.", "timeStamp.")
SUCCESSES = (".match", ".validated", ".insideValidity", ".trusted", ".notRevoked", ".accessible")

VALID_STATES = ("Valid", "Trusted")
SIGNATURE_CODES = {"claimSignature.validated", "claimSignature.insideValidity"}


def judge(state: str, success: Set[str], failure: Iterable[str]) -> Check:
    """The state of the signature of the file.

    `state` is the library's verdict, which also counts what is wrong with other manifests in the
    file; so a signature whose own codes are all good is valid whatever the state.
    """
    if state in VALID_STATES:
        return Check("valid")
    check = examine(success, failure)
    sound = success >= SIGNATURE_CODES and _is_bound(success)
    return check if check.fault or sound else Check(UNCHECKED.signature, UNCHECKED.name, False)


def examine(success: Set[str], failure: Iterable[str]) -> Check:
    """The meaning of the gravest failure; a valid signature if all codes are notes.

    A hash that matches and does not match at once proves nothing, so it is no accusation.
    """
    failures = {code for code in failure if not _is_note(code)}
    if not failures:
        return Check("valid")
    certain = {code for code in failures if not _is_contradicted(code, success)}
    fault = next((fault for fault in FAULTS if fault.codes & certain), UNCHECKED)
    return Check(fault.signature, fault.name, _is_intact(failures, success))


def _is_intact(failures: Set[str], success: Set[str]) -> bool:
    """Whether the file is unchanged in spite of the fault: an old certificate, a broken rule.

    Where a rule was broken, signature and hash must fit; elsewhere a failure would say so.
    """
    old = frozenset().union(*(fault.codes for fault in LAPSED))
    is_bound = "claimSignature.validated" in success and _is_bound(success)
    return failures <= old or (is_bound and failures <= old | IRREGULAR.codes)


def _is_bound(success: Set[str]) -> bool:
    return any(f"{binding}.match" in success for binding in BINDINGS)


def _is_note(code: str) -> bool:
    return code in NOTES or code.startswith(NOTE_PREFIXES) or code.endswith(SUCCESSES)


def _is_contradicted(code: str, success: Set[str]) -> bool:
    binding, _, outcome = code.rpartition(".")
    return outcome == "mismatch" and binding in BINDINGS and f"{binding}.match" in success
