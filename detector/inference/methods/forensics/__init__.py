"""Method 3: what the file itself says about where it came from.

Reads the original bytes: the settings, graphs and job numbers that generators leave, and the
declarations of the IPTC and GB 45438 standards. Containers are walked and payloads parsed; a string
somewhere in the file is no evidence.

What it misses: everything that was stripped, which social networks do to most pictures. A file that
says nothing proves nothing, and what a file says can be forged; so it may argue for AI, never for
"real". Signed manifests (C2PA) and marks hidden in the pixels are not read.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import Any

from detector.inference.images import SourceImage
from detector.inference.method import Answer, Method
from detector.inference.results import Finding, Strength

from .camera import read_camera, read_editor
from .comfyui import read_comfyui
from .containers import read_metadata
from .declarations import read_ai_fields, read_aigc_label, read_google_credit, read_source_type
from .evidence import Evidence, Reader, context
from .generators import (
    read_dream,
    read_grok,
    read_makers,
    read_midjourney,
    read_samsung,
    read_software,
)
from .json_settings import read_easy_diffusion, read_json_settings, read_novelai
from .metadata import Metadata
from .structure import read_structure
from .web_ui import read_web_ui

READERS: tuple[Reader, ...] = (
    read_web_ui,
    read_comfyui,
    read_json_settings,
    read_easy_diffusion,
    read_novelai,
    read_dream,
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
)

# The score that the strongest claim gives.
SCORES: dict[Strength, float] = {"decisive": 0.99, "strong": 0.9, "medium": 0.8, "weak": 0.6}
SILENCE = (
    "Nothing in the file claims that an AI made the picture. That proves nothing: such data is "
    "easily removed, and most websites remove it."
)


class Forensics(Method):
    """Evidence of a generator in the file's metadata; abstains without such evidence."""

    def _predict(self, image: SourceImage) -> Answer:
        metadata = read_metadata(image.data, image.format)
        evidence = _distinct(chain(collect(metadata), read_structure(image, metadata)))
        findings = sorted((e.finding for e in evidence), key=_by_strength)
        claims = [finding for finding in findings if finding.claim == "ai"]
        if not claims:
            findings = [Finding(SILENCE, "silent"), *findings]
        return Answer(
            score=SCORES[claims[0].strength] if claims else None,
            findings=tuple(findings),
            used=", ".join(metadata.containers),
            details=_details(evidence),
        )


def collect(metadata: Metadata) -> Iterator[Evidence]:
    """What every reader finds, then what could not be read."""
    for reader in READERS:
        yield from reader(metadata)
    for where, why in metadata.problems.items():
        yield context(f"A part of the file cannot be read ({where}): {why}", "unreadable", where)


def _distinct(evidence: Iterator[Evidence]) -> list[Evidence]:
    """One of a kind from each place: a file may repeat the same text a hundred times."""
    found: dict[tuple[str, str], Evidence] = {}
    for item in evidence:
        key = (item.finding.kind, item.finding.where)
        if key not in found or _by_strength(item.finding) < _by_strength(found[key].finding):
            found[key] = item
    return list(found.values())


def _by_strength(finding: Finding) -> float:
    """Decisive evidence first, context last; equals stay in the order of the readers."""
    return -SCORES.get(finding.strength, 0.0)


def _details(evidence: list[Evidence]) -> dict[str, Any]:
    """The table of generation parameters, each row once."""
    rows = dict.fromkeys(row for item in evidence for row in item.rows)
    return {"table": [list(row) for row in rows]} if rows else {}
