"""Evidence in the file that decides the verdict by itself, and contradictions in it.

Anyone can write anything into a file, so an unsigned claim decides only where nothing in the file
contradicts it. Only a signature of a trusted signer is stronger than a claim of the other side.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from detector.inference.results import (
    Declaration,
    Finding,
    Label,
    MethodResult,
    Note,
    Thresholds,
)


@dataclass(frozen=True)
class Grounds:
    """The finding that decides, or the two that contradict each other; both None without either."""

    decisive: Finding | None = None
    conflict: tuple[Finding, Finding] | None = None


def weigh(findings: Iterable[Finding]) -> Grounds:
    """The decisive evidence, and whether other evidence contradicts it."""
    findings = tuple(findings)
    sided = [finding for finding in findings if finding.claim in ("ai", "real")]
    decisive = [finding for finding in sided if finding.strength == "decisive"]
    signed_findings = [finding for finding in decisive if finding.signed]
    rivals = signed_findings or [*decisive, *(f for f in findings if f.claim == "capture")]
    # A photograph of which an AI has changed a part was taken by a camera as well.
    ai = [finding for finding in rivals if finding.claim == "ai" and not finding.partial]
    camera = [finding for finding in rivals if finding.claim in ("real", "capture")]
    if ai and camera:
        return Grounds(conflict=(ai[0], camera[0]))
    return Grounds(decisive=next(iter(signed_findings or decisive), None))


@dataclass(frozen=True)
class Case:
    """The facts from which outcome, reason and advice are made.

    `score` is the calibrated P(AI) of all methods together, `pixels` without what the file says;
    None where no method with a weight gave one. `label` follows from the score and the thresholds.
    """

    results: tuple[MethodResult, ...]
    grounds: Grounds
    score: float | None
    label: Label
    thresholds: Thresholds
    contributions: Mapping[str, float]
    pixels: float | None
    notes: tuple[Note, ...] = ()

    @property
    def findings(self) -> Iterator[Finding]:
        """The findings of all methods."""
        return (finding for result in self.results for finding in result.findings)

    @property
    def declarations(self) -> tuple[Declaration, ...]:
        """The statements of the file about its origin."""
        return tuple(declaration for result in self.results for declaration in result.declarations)

    @property
    def speaks_for_ai(self) -> bool:
        """Whether something in the file says that an AI was used."""
        return any(finding.claim == "ai" for finding in self.findings)
