"""Evidence in the file that stands by itself: what decides, and what contradicts what.

Anyone can write anything into a file, so an unsigned claim decides only where nothing in the file
contradicts it. Only a signature of a trusted signer is stronger than a claim of the other side.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from detector.inference.results import Finding


@dataclass(frozen=True)
class Grounds:
    """The finding that decides, or the two that contradict each other; both None without either."""

    decisive: Finding | None = None
    conflict: tuple[Finding, Finding] | None = None


def weigh(findings: Iterable[Finding]) -> Grounds:
    """What decisive evidence there is, and whether it is contradicted."""
    findings = tuple(findings)
    sided = [finding for finding in findings if finding.claim in ("ai", "real")]
    decisive = [finding for finding in sided if finding.strength == "decisive"]
    signed = [finding for finding in decisive if finding.signed]
    rivals = signed or [*decisive, *(f for f in findings if f.claim == "capture")]
    ai = [finding for finding in rivals if finding.claim == "ai"]
    camera = [finding for finding in rivals if finding.claim in ("real", "capture")]
    if ai and camera:
        return Grounds(conflict=(ai[0], camera[0]))
    return Grounds(decisive=next(iter(signed or decisive), None))
