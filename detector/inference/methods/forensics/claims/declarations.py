"""The declarations of a file about its origin by a standard: IPTC, Google, GB 45438.

A declaration is a claim, not a proof; but nobody gains from declaring a photograph to be generated.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from detector.inference.methods.forensics.containers.metadata import (
    Metadata,
    Text,
    quotable,
    unwrapped,
)
from detector.inference.methods.forensics.containers.xmp import IPTC_EXT
from detector.inference.methods.forensics.evidence import (
    MAX_IN_SENTENCE,
    Evidence,
    ai_claim,
    capture_claim,
    context,
    make_rows,
    scalar,
)
from detector.inference.results import Strength

# The vocabularies of IPTC and of C2PA: as addresses, which people write in several ways, and short.
_VOCABULARY = re.compile(
    r"((https?:)?//)?(www\.)?(cv\.iptc\.org/newscodes/(digitalsourcetype|digsrctype)"
    r"|c2pa\.org/digitalsourcetype)[/#:]|digsrctype:|digitalsourcetype:|iptc:digsrctype:",
    re.IGNORECASE,
)
# The terms that mean a generative AI, and how much each is worth. Only the first says that an AI
# made the picture. The others may be photographs from which a phone has erased a passer-by: strong
# evidence of AI in them, but not a verdict on the whole.
AI_SOURCES: dict[str, Strength] = {
    "trainedAlgorithmicMedia": "decisive",
    "compositeWithTrainedAlgorithmicMedia": "strong",
    "compositeSynthetic": "strong",
}
OTHER_SOURCES = (
    "digitalCapture",
    "computationalCapture",
    "negativeFilm",
    "positiveFilm",
    "print",
    "humanEdits",
    "minorHumanEdits",
    "compositeCapture",
    "digitalCreation",
    "digitalArt",
    "algorithmicallyEnhanced",
    "algorithmicMedia",
    "dataDrivenMedia",
    "screenCapture",
    "virtualRecording",
    "composite",
)
EDITED_SOURCES = ("compositeWithTrainedAlgorithmicMedia", "compositeSynthetic")
STITCHED_SOURCES = ("compositeCapture",)
CREATED_SOURCES = (
    "digitalCreation",
    "digitalArt",
    "algorithmicMedia",
    "dataDrivenMedia",
    "virtualRecording",
)
CAPTURED = ("digitalCapture", "computationalCapture")
# The labels that programs show for a term, and that some write instead of it.
_LABELS = {
    "createdusinggenerativeai": "trainedAlgorithmicMedia",
    "editedusinggenerativeai": "compositeWithTrainedAlgorithmicMedia",
}
_KNOWN = {term.lower(): term for term in (*AI_SOURCES, *OTHER_SOURCES)} | _LABELS
_BETWEEN_WORDS = re.compile(r"[\s_\-]+")
MAX_TERM = 60
_NAMES = ("DigitalSourceType", "DigitalSourceFileType")

AIGC_FIELDS = {
    "ContentProducer": "content producer",
    "ProduceID": "production number",
    "ContentPropagator": "content propagator",
    "PropagateID": "propagation number",
}
# Google's credit lines, and whether they speak of an edited picture.
GOOGLE_CREDITS = {"made with google ai": False, "edited with google ai": True}
AIGC_LABELS: dict[str, tuple[str, Strength]] = {
    "1": ("aigc_label.is", "decisive"),
    "2": ("aigc_label.maybe", "medium"),
    "3": ("aigc_label.suspected", "weak"),
}


def read_source_type(metadata: Metadata) -> Iterator[Evidence]:
    """IPTC's digital source type; only three of its terms mean a generative AI."""
    for name, term in _source_terms(metadata):
        where = f"XMP Iptc4xmpExt:{name}"
        code, params = "iptc.source_type", {"source": term}
        if term in AI_SOURCES:
            edit = term in EDITED_SOURCES
            yield ai_claim(code, params, "iptc", where, strength=AI_SOURCES[term], partial=edit)
        elif term in CAPTURED:
            yield capture_claim(code, params, "iptc", where)
        else:
            yield context(code, params, "iptc", where)


def _source_terms(metadata: Metadata) -> Iterator[tuple[str, str]]:
    """(name of the property, term) of each source type; writers differ in its capital letters."""
    names = {(IPTC_EXT + name).lower(): name for name in _NAMES}
    for key, values in metadata.xmp.items():
        if name := names.get(key.lower()):
            yield from ((name, term) for term in map(source_term, values) if term)


def source_term(value: str) -> str:
    """The term of IPTC's vocabulary that this value names, or ""."""
    value = value.strip().rstrip("/")
    if match := _VOCABULARY.match(value):
        value = value[match.end() :]
    return _KNOWN.get(_BETWEEN_WORDS.sub("", value[:MAX_TERM]).lower(), "")


def read_google_credit(metadata: Metadata) -> Iterator[Evidence]:
    """Google's credit line: with an AI source type it decides; alone it is only a hint."""
    terms = (term for _, term in _source_terms(metadata))
    declared = [AI_SOURCES[term] for term in terms if term in AI_SOURCES]
    for text in metadata.texts:
        if (credit := text.value.strip().lower()) in GOOGLE_CREDITS:
            params = {"credit": quotable(text.value, MAX_IN_SENTENCE)}
            strength: Strength = declared[0] if declared else "medium"
            edit = GOOGLE_CREDITS[credit]
            yield ai_claim(
                "google.credit", params, "google", text.where, strength=strength, partial=edit
            )


def read_aigc_label(metadata: Metadata) -> Iterator[Evidence]:
    """The label that the Chinese standard GB 45438-2025 requires of generated pictures."""
    for text in metadata.texts:
        for fields in _labels(text):
            label = scalar(fields.get("Label")).strip()
            if label in AIGC_LABELS:
                rows = make_rows((label, fields.get(name)) for name, label in AIGC_FIELDS.items())
                code, strength = AIGC_LABELS[label]
                yield ai_claim(code, {}, "aigc-label", text.where, strength=strength, rows=rows)


def _labels(text: Text) -> Iterator[dict[str, Any]]:
    """The fields of each label; only under the key AIGC itself may they stand bare."""
    if text.key == "AIGC":
        yield from text.objects[:1]
    for data in text.objects:
        if "AIGC" in data:
            yield from unwrapped([data["AIGC"]])
