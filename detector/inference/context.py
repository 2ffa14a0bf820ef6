"""The context of a verdict: the kind of picture, and how often such a verdict is wrong.

Nothing here changes a score. If a file cannot be used, this is logged and the context left out.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path

from .images import SourceImage
from .pixels import kind
from .pixels.likeness import condition_of, size_of
from .results import Note, Verdict
from .verdict import expected
from .verdict.local import LocalThreshold
from .weights.folder import folder_state

logger = logging.getLogger(__name__)


def context_state(weights_dir: Path) -> list[str]:
    """Digests of the folders that this reads; no score depends on them."""
    return [
        folder_state(weights_dir / name) for name in (kind.KIND_FOLDER, expected.ACCURACY_FOLDER)
    ]


def add_context(verdict: Verdict, image: SourceImage, weights_dir: Path) -> Verdict:
    """The verdict with the kind of picture and the errors to expect, as far as they are known."""
    verdict_with_kind = _name_kind(verdict, weights_dir)
    verdict = replace(verdict, kind=verdict_with_kind.name if verdict_with_kind else None)
    if verdict.basis != "pixels":
        return verdict
    errors = expected.expect_errors(
        verdict.outcome,
        _counts(weights_dir),
        condition=condition_of(image),
        kind=None
        if verdict_with_kind is None or verdict_with_kind.name == kind.UNKNOWN
        else verdict_with_kind.name,
        size=size_of(image.width, image.height),
    )
    return replace(verdict, expected_errors=errors)


def say_local(verdict: Verdict, local: LocalThreshold | None, note: Note | None) -> Verdict:
    """The verdict on pixels with the note on the threshold of this installation, if it has one.

    How often the outcome "ai" is wrong was counted for the threshold that ships.
    """
    if note is None or verdict.basis != "pixels":
        return verdict
    counted = None if local and verdict.outcome == "ai" else verdict.expected_errors
    return replace(verdict, notes=(*verdict.notes, note), expected_errors=counted)


def _name_kind(verdict: Verdict, weights_dir: Path) -> kind.Kind | None:
    features = {k: array for result in verdict.methods for k, array in result.features.items()}
    if not features:
        return None
    try:
        probe = kind.load_probe(weights_dir)
    except (OSError, ValueError) as error:
        logger.warning("The kind of picture cannot be told: %s", error)
        return None
    return probe.name(features[probe.network]) if probe.network in features else None


def _counts(weights_dir: Path) -> expected.Counts:
    try:
        return expected.load_counts(weights_dir)
    except (OSError, ValueError) as error:
        logger.warning("The errors to expect cannot be told: %s", error)
        return expected.NO_COUNTS
