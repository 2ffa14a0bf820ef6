"""Whether the signer of a manifest is trusted, and whether the time of the signature is proven.

The library alone would say so too often (0.91): it takes a signer who is on the list of time-stamp
authorities, or under one of these (phones have keys for time stamps), and of claims of version 1 it
takes any time stamp, so that whoever has an expired certificate could sign for the past.
"""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass
from datetime import UTC, datetime

from detector.inference.methods.forensics.evidence import scalar
from detector.inference.trust_lists import Trust, TrustList
from detector.inference.wording import ENGLISH, say

from .actions import Object
from .validation import FORGED, Check

TRUSTED_STAMP = "timeStamp.trusted"
# The reasons not to trust a signer; the catalogue has their words under "c2pa_distrust".
NOT_LISTED, CLOCK, EXPIRED, TOO_LATE = "not_listed", "clock", "expired", "too_late"
DOUBTS = (NOT_LISTED, CLOCK, EXPIRED, TOO_LATE)


@dataclass(frozen=True)
class SignerCheck:
    """`trusted` is None where no signer was checked; `trust_list` is the list that has the signer,
    or the lists that do not have it; `doubt` is the one of DOUBTS for which a signer is not
    trusted, `ended` the day (ISO 8601) from which on that list does not count.

    `dated` says that an authority on the list of time-stamp authorities vouches for the time.
    """

    trusted: bool | None = None
    trust_list: str = ""
    doubt: str = ""
    ended: str = ""
    dated: bool = False


def check_signer(
    report: Object, manifest: Object, codes: tuple[Set[str], Set[str]], trust: Trust
) -> SignerCheck:
    """The facts about the signer; `codes` are the successes and failures of the manifest."""
    if not trust.checks:
        return SignerCheck()
    success, failure = codes
    stamp = report.get("time_stamp")
    stamp = stamp if isinstance(stamp, dict) else {}
    # Of claims of version 1 the library takes any authority.
    checked = manifest.get("claim_version") not in (None, 1)
    dated = checked and stamp.get("trusted") is True
    results = report.get("validation_results")
    uri = scalar(results.get("trustListUri")) if isinstance(results, dict) else ""
    trust_list = trust.find(uri)
    # It must be the trusted signer who signed: a certificate alone can be copied.
    sound = "signingCredential.trusted" in success and FORGED.codes.isdisjoint(failure)
    if trust_list is None or not sound:
        return SignerCheck(False, trust.names, NOT_LISTED, dated=dated)
    if report.get("signer_is_clock"):
        return SignerCheck(False, trust_list.name, CLOCK, dated=dated)
    if TRUSTED_STAMP in success and not dated and not _is_in_force(scalar(stamp.get("not_after"))):
        return SignerCheck(False, trust_list.name, EXPIRED, dated=dated)
    if trust_list.kind.ended and not (dated and _is_before_end(manifest, trust_list)):
        return SignerCheck(False, trust_list.name, TOO_LATE, trust_list.kind.ended, dated)
    return SignerCheck(True, trust_list.name, dated=dated)


def standing(check: Check, signer: SignerCheck) -> str:
    """Signature and signer in a few words: "trusted: on the C2PA list of 2026-08-21"."""
    return say(*_standing(check, signer), ENGLISH)


def _standing(check: Check, signer: SignerCheck) -> tuple[str, dict[str, str]]:
    if check.signature == "unchecked":
        return "standing.unchecked", {}
    if check.signature != "valid":
        return "standing.invalid", {"fault": check.fault}
    if signer.trusted is None:
        return "standing.valid", {}
    if signer.trusted:
        return "standing.trusted", {"list": signer.trust_list}
    return "standing.distrusted", {"doubt": signer.doubt, "ended": signer.ended}


def _is_in_force(not_after: str) -> bool:
    """Whether a certificate that is valid until then is so now."""
    until = _time(not_after)
    return until is not None and datetime.now(UTC) <= until


def _is_before_end(manifest: Object, trust_list: TrustList) -> bool:
    signature_info = manifest.get("signature_info")
    time = _time(scalar(signature_info.get("time"))) if isinstance(signature_info, dict) else None
    return time is not None and time < datetime.fromisoformat(trust_list.kind.ended).replace(
        tzinfo=UTC
    )


def _time(text: str) -> datetime | None:
    """A time with its zone; None for anything else."""
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        return None
    return time if time.tzinfo else None
