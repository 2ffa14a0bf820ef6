"""Method 4, the Hugging Face ensemble: image classifiers in the standard format.

Vision transformers (Dosovitskiy et al. 2021) and kin, each from the best place that has weights:
fine-tuned on the user's own pictures, else a public checkpoint, else the bundled DINOv2 detector.

What it misses: public checkpoints know the generators of their year and are often sure of what
they get wrong. So a member counts by its measured quality (2 AUROC - 1), an unmeasured one hardly
at all, and a member that is not there never counts as "real".
"""

from __future__ import annotations

import logging
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from PIL import Image

from detector.checkpoints.convert import ConversionError, make_network
from detector.checkpoints.facts import read_facts
from detector.checkpoints.labels import ai_probability
from detector.checkpoints.members import MEMBERS, Member
from detector.checkpoints.networks import NETWORK, find_network
from detector.checkpoints.preprocess import preprocess
from detector.checkpoints.sources import (
    BUNDLED,
    FINE_TUNED,
    PRE_TRAINED,
    UNAVAILABLE,
    Source,
    find_sources,
    why_missing,
    without_path,
)
from detector.inference.images import SourceImage
from detector.inference.method import Answer, Method, MethodUnavailable
from detector.inference.names import shown
from detector.inference.numbers import log_odds, sigmoid
from detector.inference.pixels.abstention import reason_to_abstain
from detector.inference.results import Finding
from detector.inference.runtime import Network, Runtime

logger = logging.getLogger(__name__)

# What loading a damaged, incomplete or unsuitable checkpoint raises.
UNUSABLE = (
    OSError,
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    RuntimeError,
    ConversionError,
)
# Of a member whose quality nobody has measured.
UNMEASURED_WEIGHT = 0.1
LEAST_WEIGHT = 0.01
# Uncalibrated members are often sure of nonsense: their scores are held within this of 0 and 1.
UNCALIBRATED_MARGIN = 0.05


@dataclass(frozen=True)
class MemberRow:
    """A member as the page shows it."""

    name: str
    title: str
    state: str
    source: str = ""
    score: float | None = None
    reason: str = ""
    accuracy: str | None = None


class Checkpoint:
    """A checkpoint folder, loaded. Raises one of `UNUSABLE` if it cannot be used."""

    def __init__(self, source: Source, runtime: Runtime) -> None:
        if source.fault:
            raise ValueError(source.fault)
        self.source, self.facts = source, read_facts(source.folder)
        self.network = Network(prepare_network(source, runtime), runtime)
        self._try()

    @property
    def weight(self) -> float:
        """2 AUROC - 1 (the Gini coefficient), so that a coin toss weighs nothing."""
        roc_auc = self.source.roc_auc
        return UNMEASURED_WEIGHT if roc_auc is None else max(2 * roc_auc - 1, LEAST_WEIGHT)

    def _try(self) -> None:
        """Answer once now: what does not work must not wait for the first picture."""
        logits = self.network(preprocess(Image.new("RGB", (320, 256)), self.facts.processor))
        if logits.shape[1:] != (self.facts.outputs,):
            outputs = self.facts.outputs
            raise ValueError(f"it gives {logits.shape[1:]} outputs for {outputs} classes")

    def logit(self, image: SourceImage) -> float:
        """Uncalibrated log-odds of AI, the mean over the views."""
        logits = self.network(preprocess(image.rgb, self.facts.processor))
        views = [log_odds(ai_probability(row, self.facts.ai)) for row in logits]
        return sum(views) / len(views)

    def score(self, image: SourceImage) -> float:
        """P(AI), calibrated where the folder has a calibration, else held off the ends."""
        logit = self.logit(image)
        if self.facts.calibration:
            return self.facts.calibration.score(logit)
        return min(max(sigmoid(logit), UNCALIBRATED_MARGIN), 1 - UNCALIBRATED_MARGIN)


@dataclass(frozen=True)
class Ensemble:
    """The members that could be loaded, and for each member what was refused or is missing."""

    checkpoints: dict[str, Checkpoint]
    reasons: dict[str, str]

    @property
    def used(self) -> str:
        return ", ".join(f"{name}: {c.source.state}" for name, c in self.checkpoints.items())

    def answer(self, image: SourceImage) -> Answer:
        """The weighted mean of the members' log-odds, with a row for every member."""
        scores = {name: checkpoint.score(image) for name, checkpoint in self.checkpoints.items()}
        weights = {name: checkpoint.weight for name, checkpoint in self.checkpoints.items()}
        moved = sum(weights[name] * log_odds(score) for name, score in scores.items())
        score = sigmoid(moved / sum(weights.values()))
        findings = tuple(_findings(self._rows(scores)))
        return Answer(score, findings, self.used, self.details(scores), self._own_weight())

    def _own_weight(self) -> float | None:
        """The weight of the best fine-tuned member: the fusion was fitted with the bundled one.

        Its own test, on pictures of the kind that it is for, is the best that is known of it.
        """
        measured = [
            checkpoint.weight
            for checkpoint in self.checkpoints.values()
            if checkpoint.source.state == FINE_TUNED and checkpoint.source.roc_auc is not None
        ]
        return max(measured, default=None)

    def details(self, scores: dict[str, float]) -> dict[str, Any]:
        """A row for every member, with a score or without."""
        return {"members": [asdict(row) for row in self._rows(scores)]}

    def _rows(self, scores: dict[str, float]) -> list[MemberRow]:
        return [self._row(member, scores.get(member.name)) for member in MEMBERS]

    def _row(self, member: Member, score: float | None) -> MemberRow:
        reason = self.reasons.get(member.name, "")
        if member.name not in self.checkpoints:
            return MemberRow(member.name, member.title, UNAVAILABLE, reason=reason)
        source = self.checkpoints[member.name].source
        return MemberRow(
            name=member.name,
            title=member.title,
            state=source.state,
            source=source.name,
            score=None if score is None else round(score, 4),
            reason=reason,
            accuracy=source.accuracy,
        )


class HuggingFace(Method):
    """The ensemble, loaded anew whenever a better place has weights."""

    @property
    def members(self) -> tuple[Member, ...]:
        """All members; the first one alone where memory is short."""
        return MEMBERS[:1] if self.runtime.memory_constrained else MEMBERS

    def state(self) -> str:
        found = [list(find_sources(member, self.runtime)) for member in self.members]
        return repr([[(s.state, s.name, s.digest, s.fault) for s in sources] for sources in found])

    def _load(self) -> None:
        checkpoints: dict[str, Checkpoint] = {}
        spared = "Not loaded, to save memory (MEMORY_CONSTRAINED)."
        reasons = {member.name: spared for member in MEMBERS}
        for member in self.members:
            checkpoint, reasons[member.name] = load_member(member, self.runtime)
            if checkpoint:
                checkpoints[member.name] = checkpoint
        # In one step: other threads may be answering with the old members.
        self.ensemble = Ensemble(checkpoints, reasons)

    def _predict(self, image: SourceImage) -> Answer:
        ensemble = self.ensemble
        if not ensemble.checkpoints:
            raise MethodUnavailable(" ".join(ensemble.reasons.values()), ensemble.details({}))
        if reason := reason_to_abstain(image):
            return Answer(None, (Finding(reason),), ensemble.used, ensemble.details({}))
        return ensemble.answer(image)


def load_member(member: Member, runtime: Runtime) -> tuple[Checkpoint | None, str]:
    """Load from the best source that works; what did not work is said in the second value."""
    refused = []
    for source in find_sources(member, runtime):
        try:
            logger.info(_loading_line(member, source))
            checkpoint = Checkpoint(source, runtime)
        except UNUSABLE as error:
            logger.warning("✗ %s refused: %s", source.name, shown(error))
            refused.append(replace(source, fault=without_path(error)).refusal)
        else:
            logger.info("✓ %s loaded successfully", member.loaded_title)
            return checkpoint, " ".join(refused)
    return None, " ".join(refused) or why_missing(member, runtime)


def _loading_line(member: Member, source: Source) -> str:
    if source.state == PRE_TRAINED:
        return f"Loading pre-trained {member.title}: {source.name}"
    return f"Loading {source.state} {member.title} from: {source.folder}"


def prepare_network(source: Source, runtime: Runtime) -> Path:
    """The OpenVINO network that ships with the folder, else the one converted from it once.

    Raises `ConversionError` or `ValueError` if the checkpoint cannot be used.
    """
    shipped = source.folder / NETWORK
    if source.state == BUNDLED and shipped.is_file():
        return shipped
    found = find_network(source.folder, source.network_places(runtime))
    return found or make_network(source.folder, runtime.compiled_dir)


def _findings(rows: list[MemberRow]) -> list[Finding]:
    """One sentence a member that answered."""
    return [
        Finding(
            f"{row.title} ({row.state}, {row.source}) puts the chance of AI at {row.score:.0%}.",
            kind=row.name,
        )
        for row in rows
        if row.score is not None
    ]
