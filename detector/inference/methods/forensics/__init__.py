"""Method 3: the statements and traces in the file about its own origin.

Reads the original bytes: Content Credentials (C2PA), the declarations of the IPTC and GB 45438
standards, the settings, graphs and job numbers that generators leave, hidden ones too; from the
pixels the invisible watermarks; and, as context, what camera, editors and compression left.
Containers are walked and payloads parsed; a string somewhere in the file is no evidence.

What it misses: everything that was stripped, which social networks do to most pictures. A file that
says nothing proves nothing, and what a file says can be forged; so it may argue for AI, never for
"real". The one exception is a camera's signed statement (C2PA) from a signer on a list of trusted
signers.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import chain

from detector.inference.images import SourceImage
from detector.inference.method import Answer, Method
from detector.inference.results import Exhibit, Finding, Strength
from detector.inference.trust_lists import read_trust, trust_state
from detector.inference.verdict.grounds import weigh

from .c2pa.credentials import find_credentials, read_credentials
from .c2pa.manifest import Credentials
from .claims.ai_fields import read_ai_fields
from .claims.comfyui import read_comfyui
from .claims.declarations import read_aigc_label, read_google_credit, read_source_type
from .claims.generators import (
    read_dream,
    read_fooocus,
    read_grok,
    read_imaginairy,
    read_makers,
    read_midjourney,
    read_samsung,
    read_software,
)
from .claims.invokeai_graph import read_invokeai_graph
from .claims.json_settings import read_easy_diffusion, read_json_settings
from .claims.web_ui import read_web_ui
from .containers.metadata import Metadata
from .containers.walk import read_metadata
from .declared import declare
from .evidence import Evidence, Reader, unreadable
from .structure.camera import read_camera, read_editor
from .structure.findings import read_structure
from .watermarks.dwt_dct import read_watermarks
from .watermarks.stealth import add_stealth, read_stealth

logger = logging.getLogger(__name__)

READERS: tuple[Reader, ...] = (
    read_web_ui,
    read_comfyui,
    read_invokeai_graph,
    read_json_settings,
    read_easy_diffusion,
    read_dream,
    read_imaginairy,
    read_fooocus,
    read_midjourney,
    read_source_type,
    read_ai_fields,
    read_google_credit,
    read_aigc_label,
    read_grok,
    read_makers,
    read_samsung,
    read_software,
    read_camera,
    read_editor,
    read_stealth,
)

MAX_ROWS = 60  # of parameters from one place
# The score that the strongest claim gives.
SCORES: dict[Strength, float] = {"decisive": 0.99, "strong": 0.9, "medium": 0.8, "weak": 0.6}


class Forensics(Method):
    """Evidence of a generator in the file's metadata; abstains without such evidence."""

    def state(self) -> str:
        """Which signers are trusted: another list may change an answer."""
        return trust_state(self.runtime.trust_lists, self.runtime.trust_anchors)

    def _predict(self, image: SourceImage) -> Answer:
        metadata = read_metadata(image.data, image.format)
        add_stealth(image, metadata)
        trust = read_trust(self.runtime.trust_lists, self.runtime.trust_anchors)
        credentials = find_credentials(image, metadata, trust)
        evidence = _distinct(
            chain(
                read_credentials(credentials),
                collect(metadata),
                _guarded("pixels", read_watermarks(image)),
                _guarded("structure", read_structure(image, metadata)),
            )
        )
        findings = _in_order(evidence)
        return Answer(
            score=score_evidence(findings),
            findings=findings,
            used=", ".join(metadata.containers),
            exhibits=_exhibits(evidence, credentials),
            declarations=tuple(declare(evidence, credentials)),
        )


def score_evidence(findings: Sequence[Finding]) -> float | None:
    """P(AI) by the strongest claim; None if there is none, or if two contradict each other.

    `findings` come strongest first.
    """
    grounds = weigh(findings)
    if grounds.conflict:
        return None
    if grounds.decisive and grounds.decisive.claim == "real":
        return 1 - SCORES["decisive"]
    claims = [finding for finding in findings if finding.claim == "ai"]
    return SCORES[claims[0].strength] if claims else None


def collect(metadata: Metadata) -> Iterator[Evidence]:
    """The findings of every reader, then the parts that could not be read."""
    for reader in READERS:
        yield from reader(metadata)
    for where, reason in metadata.problems.items():
        yield unreadable(where, reason)


def _guarded(part: str, evidence: Iterator[Evidence]) -> Iterator[Evidence]:
    """What decodes pictures may fail in many ways, and must not take other evidence with it."""
    try:
        yield from evidence
    except Exception:
        logger.exception("The evidence in the %s cannot be read", part)
        yield unreadable(part, "reader_failed")


def _distinct(evidence: Iterator[Evidence]) -> list[Evidence]:
    """One piece of evidence of each kind and place, with the parameters of all of them.

    A file may repeat the same text a hundred times, and a text that hides another may come first.
    """
    distinct: dict[tuple[str, str, str | None], Evidence] = {}
    for item in evidence:
        key = (item.finding.kind, item.finding.where, item.finding.claim)
        earlier = distinct.get(key, item)
        rows = tuple(dict.fromkeys((*earlier.rows, *item.rows)))[:MAX_ROWS]
        stronger = min(earlier, item, key=lambda evidence: _by_strength(evidence.finding))
        distinct[key] = replace(stronger, rows=rows)
    return list(distinct.values())


def _by_strength(finding: Finding) -> float:
    """Decisive evidence first, context last; equals stay in the order of the readers."""
    return -SCORES.get(finding.strength, 0.0)


def _in_order(evidence: list[Evidence]) -> tuple[Finding, ...]:
    """The strongest finding first; before them all that nothing claims anything, if so."""
    findings = tuple(sorted((item.finding for item in evidence), key=_by_strength))
    if any(finding.claim in ("ai", "real") for finding in findings):
        return findings
    return (Finding("file.silent", kind="silent"), *findings)


def _exhibits(evidence: list[Evidence], credentials: Credentials | None) -> tuple[Exhibit, ...]:
    """The table of generation parameters, each row once, and the Content Credentials."""
    rows = dict.fromkeys(row for item in evidence for row in item.rows)
    table = [Exhibit("parameters", {"rows": [list(row) for row in rows]})] if rows else []
    exhibits = [Exhibit("credentials", credentials.to_dict())] if credentials else []
    return (*table, *exhibits)
