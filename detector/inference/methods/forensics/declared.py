"""The statements of the file about its origin, as declarations with signer and checks.

Of the evidence only what makers state in words: signed manifests and the labels of standards. The
settings that a generator left are evidence, but no statement.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Literal

from detector.inference.results import Act, Declaration, Finding
from detector.inference.wording import ENGLISH, say

from .c2pa.manifest import Credentials
from .claims.declarations import CREATED_SOURCES, EDITED_SOURCES, STITCHED_SOURCES
from .evidence import Evidence

# The kinds of findings that are statements; those of `SIGNED_KINDS` come from the manifest.
SIGNED_KINDS = ("c2pa", "capture")
LABELS = ("iptc", "iptc-ai", "google", "aigc-label", "samsung")
MAKERS = {"google": "Google", "samsung": "Samsung"}
# The sentence of each act, alone and with the name of the program.
TEXTS: dict[Act, tuple[str, str]] = {
    "ai": ("declared.ai", "declared.ai_by"),
    "edited": ("declared.edited", "declared.edited_by"),
    "contains": ("declared.contains", "declared.contains"),
    "captured": ("declared.captured", "declared.captured_by"),
    "stitched": ("declared.stitched", "declared.stitched"),
    "created": ("declared.created", "declared.created_by"),
    "other": ("declared.other", "declared.other_by"),
}

Evident = Literal["ai", "ai_edited", "captured"]
EVIDENT: dict[Act, Evident] = {"ai": "ai", "edited": "ai_edited"}


def declare(evidence: Iterable[Evidence], credentials: Credentials | None) -> Iterator[Declaration]:
    """The declarations, those of the signed manifest first."""
    findings = [item.finding for item in evidence]
    if credentials and credentials.manifest == "embedded":
        yield from _of_credentials(
            [finding for finding in findings if finding.kind in SIGNED_KINDS], credentials
        )
    for item in evidence:
        if item.finding.kind in LABELS and (act := _act(item.finding)):
            tool = dict(item.rows).get("AI system", "")
            maker = MAKERS.get(item.finding.kind) or dict(item.rows).get("content producer", "")
            yield _of_finding(item.finding, act, maker, tool)


def _of_credentials(findings: list[Finding], credentials: Credentials) -> Iterator[Declaration]:
    """The manifest's statements about AI and cameras, or one that it says nothing about either."""
    acts = [(finding, act) for finding in findings if (act := _act(finding))]
    for finding, act in acts:
        yield _of_manifest(finding, act, credentials)
    if not acts and findings:
        acts_in_manifest = [act for term in credentials.source_types if (act := _of_source(term))]
        yield _of_manifest(
            findings[0], acts_in_manifest[0] if acts_in_manifest else "other", credentials
        )


def _of_source(term: object) -> Act | None:
    """The act that a source type names if it is neither AI nor a single capture."""
    if term in STITCHED_SOURCES:
        return "stitched"
    return "created" if term in CREATED_SOURCES else None


def _act(finding: Finding) -> Act | None:
    """The act that the statement names; None if it is not a statement about the origin."""
    source, relation = finding.params.get("source", ""), finding.params.get("relation", "")
    if finding.partial:
        return "contains" if relation == "contains" else "edited"
    if finding.claim == "ai":
        return "edited" if source in EDITED_SOURCES else "ai"
    if finding.claim in ("real", "capture") or finding.kind == "capture":
        return "captured"
    return (_of_source(source) or "other") if finding.kind == "iptc" else None


def _of_manifest(finding: Finding, act: Act, credentials: Credentials) -> Declaration:
    tool = str(finding.params.get("program") or "") or credentials.generator
    valid = {"valid": True, "unchecked": None}.get(credentials.signature or "unchecked", False)
    return Declaration(
        *_text(act, tool),
        who=credentials.signer or credentials.issuer,
        tool=tool,
        action=act,
        signed=True,
        valid=valid,
        trusted=credentials.trusted,
        trust_note=credentials.standing,
        when=credentials.time,
        where=finding.where,
        outcome_evidence=_evidence(finding, act) if credentials.intact else None,
    )


def _of_finding(finding: Finding, act: Act, maker: str, tool: str) -> Declaration:
    return Declaration(
        *_text(act, tool or maker),
        who=maker,
        tool=tool,
        action=act,
        trust_note=say("standing.unsigned", {}, ENGLISH),
        where=finding.where,
        outcome_evidence=_evidence(finding, act),
    )


def _text(act: Act, tool: str) -> tuple[str, dict[str, str]]:
    alone, by = TEXTS[act]
    return (by, {"tool": tool}) if tool and by != alone else (alone, {})


def _evidence(finding: Finding, act: Act) -> Evident | None:
    """The outcome that a statement is evidence of; a weak statement is only a hint."""
    if finding.claim == "real":
        return "captured"
    return None if finding.strength in ("weak", "context") else EVIDENT.get(act)
