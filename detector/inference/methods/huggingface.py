"""Method 4, the Hugging Face ensemble: image classifiers in the standard format.

Vision transformers (Dosovitskiy et al. 2021) and kin, each from the best place that has weights:
fine-tuned on the user's own pictures, else a public checkpoint, else the bundled DINOv2 detector.

What it misses: public checkpoints know the generators of their year and are often sure of what
they get wrong. So a member counts by its measured quality (2 AUROC - 1), an unmeasured one hardly
at all, and a member that is not there never counts as "real". The heat map, where the members give
one, shows where they read their evidence (see networks/dinov2_detector.py), and nothing outside the
square that they look at.
"""

from __future__ import annotations

import logging
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from detector.checkpoints.convert import ConversionError, make_network
from detector.checkpoints.facts import read_facts
from detector.checkpoints.labels import ai_probability
from detector.checkpoints.members import MEMBERS, Member
from detector.checkpoints.networks import NETWORK, find_network
from detector.checkpoints.preprocess import place_of_view, preprocess
from detector.checkpoints.sources import (
    BUNDLED,
    FINE_TUNED,
    PRE_TRAINED,
    UNAVAILABLE,
    Source,
    find_sources,
    set_aside,
    why_missing,
    without_path,
)
from detector.inference.images import SourceImage
from detector.inference.method import Answer, Method, MethodUnavailable
from detector.inference.names import printable
from detector.inference.numbers import log_odds, sigmoid
from detector.inference.pixels.abstention import reason_to_abstain
from detector.inference.pixels.heat_map import grid_of, paint, show_heat
from detector.inference.results import Exhibit, Finding
from detector.inference.runtime import Network, Runtime
from detector.inference.verdict.calibration import Calibration
from detector.inference.wording import JSON

logger = logging.getLogger(__name__)

# The errors of loading a damaged, incomplete or unsuitable checkpoint.
UNUSABLE = (
    OSError,
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    RuntimeError,
    ConversionError,
)
# The weight of a member whose quality nobody has measured.
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


@dataclass(frozen=True)
class Look:
    """What a network says of a picture: uncalibrated log-odds of AI, and the map of them, if any.

    The map (n, rows, columns) has one part for the one view that was looked at.
    """

    log_odds: float
    evidence: npt.NDArray[np.floating] | None = None


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
        """Answer once now, so that a fault shows before the first picture."""
        logits = self.network(preprocess(Image.new("RGB", (320, 256)), self.facts.processor))
        if logits.shape[1:] != (self.facts.outputs,):
            outputs = self.facts.outputs
            raise ValueError(f"it gives {logits.shape[1:]} outputs for {outputs} classes")

    def look(self, image: SourceImage) -> Look:
        """Log-odds, the mean over the views, and the map where the network gives one."""
        logits, *more = self.network.outputs(preprocess(image.rgb, self.facts.processor))
        views = [log_odds(ai_probability(row, self.facts.ai)) for row in logits]
        evidence = more[0] if more and more[0].ndim == 3 and len(views) == 1 else None
        return Look(sum(views) / len(views), evidence)

    def logit(self, image: SourceImage) -> float:
        """Uncalibrated log-odds of AI, the mean over the views."""
        return self.look(image).log_odds

    def score(self, image: SourceImage) -> float:
        """P(AI), calibrated where the folder has a calibration, else held off the ends."""
        return self.score_of(self.logit(image))

    def score_of(self, logit: float) -> float:
        """P(AI) of uncalibrated log-odds."""
        if self.facts.calibration:
            return self.facts.calibration.score(logit)
        return min(max(sigmoid(logit), UNCALIBRATED_MARGIN), 1 - UNCALIBRATED_MARGIN)

    def heat(self, look: Look, image: SourceImage) -> npt.NDArray[np.floating] | None:
        """The calibrated map on the grid of the picture, 0 where nothing was looked at."""
        box = place_of_view(image.width, image.height, self.facts.processor)
        if look.evidence is None or box is None:
            return None
        calibration = self.facts.calibration or Calibration()
        evidence = calibration.slope_at(look.log_odds) * look.evidence + calibration.intercept
        return paint(grid_of(image.height, image.width), evidence, [box], elsewhere=0.0)


@dataclass(frozen=True)
class Ensemble:
    """The members that could be loaded, and for each member the reasons of refusals."""

    checkpoints: dict[str, Checkpoint]
    reasons: dict[str, str]

    @property
    def used(self) -> str:
        return ", ".join(f"{name}: {c.source.state}" for name, c in self.checkpoints.items())

    def answer(self, image: SourceImage) -> Answer:
        """The weighted mean of the members' log-odds, with a row for every member."""
        looks = {name: checkpoint.look(image) for name, checkpoint in self.checkpoints.items()}
        scores = {name: self.checkpoints[name].score_of(x.log_odds) for name, x in looks.items()}
        weights = {name: checkpoint.weight for name, checkpoint in self.checkpoints.items()}
        total = sum(weights[name] * log_odds(score) for name, score in scores.items())
        score = sigmoid(total / sum(weights.values()))
        findings = tuple(_findings(self._rows(scores)))
        exhibits = (*self.exhibits(scores), *self._heat_map(looks, weights, image))
        return Answer(score, findings, self.used, exhibits, weight=self._own_weight())

    def _heat_map(
        self, looks: dict[str, Look], weights: dict[str, float], image: SourceImage
    ) -> tuple[Exhibit, ...]:
        """The weighted mean of the members' maps; none if the score rests on others, too."""
        heats = {name: self.checkpoints[name].heat(look, image) for name, look in looks.items()}
        maps = {name: heat for name, heat in heats.items() if heat is not None}
        if len(maps) < len(looks):
            return ()
        heat = sum(weights[name] * heat for name, heat in maps.items()) / sum(weights.values())
        return (show_heat(np.asarray(heat, np.float64)),)

    def _own_weight(self) -> float | None:
        """The weight of the best fine-tuned member: the fusion was fitted with the bundled one.

        Its own test, on pictures of the kind that it is for, is the best that is known of it.
        """
        figures = [
            checkpoint.weight
            for checkpoint in self.checkpoints.values()
            if checkpoint.source.state == FINE_TUNED and checkpoint.source.roc_auc is not None
        ]
        return max(figures, default=None)

    def exhibits(self, scores: dict[str, float]) -> tuple[Exhibit, ...]:
        """A row for every member, with a score or without."""
        return (Exhibit("members", {"members": [asdict(row) for row in self._rows(scores)]}),)

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
    """The ensemble, which is loaded again when a better source has weights."""

    @property
    def members(self) -> tuple[Member, ...]:
        """All members; only the first one if memory is short."""
        return MEMBERS[:1] if self.runtime.memory_constrained else MEMBERS

    def state(self) -> str:
        candidates = [list(find_sources(member, self.runtime)) for member in self.members]
        return repr(
            [[(s.state, s.name, s.digest, s.fault) for s in sources] for sources in candidates]
        )

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
            reasons = " ".join(ensemble.reasons.values())
            raise MethodUnavailable(
                "huggingface.no_model", exhibits=ensemble.exhibits({}), hint=reasons
            )
        if reason := reason_to_abstain(image):
            return Answer(None, (reason,), ensemble.used, ensemble.exhibits({}))
        return ensemble.answer(image)


def load_member(member: Member, runtime: Runtime) -> tuple[Checkpoint | None, str]:
    """Load from the best source that works; the second value names the sources that did not."""
    refusals = []
    for source in find_sources(member, runtime):
        try:
            logger.info(_loading_line(member, source))
            checkpoint = Checkpoint(source, runtime)
        except UNUSABLE as error:
            logger.warning("✗ %s refused: %s", source.name, printable(error))
            refusals.append(replace(source, fault=without_path(error)).refusal)
        else:
            logger.info("✓ %s loaded successfully", member.loaded_title)
            return checkpoint, " ".join([*refusals, *set_aside(member, source)])
    return None, " ".join(refusals) or why_missing(member, runtime)


def _loading_line(member: Member, source: Source) -> str:
    if source.state == PRE_TRAINED:
        return f"Loading pre-trained {member.title}: {source.name}"
    return f"Loading {source.state} {member.title} from: {source.folder}"


def prepare_network(source: Source, runtime: Runtime) -> Path:
    """The OpenVINO network that ships with the folder, or one converted from it.

    Raises `ConversionError` or `ValueError` if the checkpoint cannot be used.
    """
    bundled = source.folder / NETWORK
    if source.state == BUNDLED and bundled.is_file():
        return bundled
    network = find_network(source.folder, source.network_places(runtime))
    return network or make_network(source.folder, runtime.compiled_dir)


def _findings(rows: list[MemberRow]) -> list[Finding]:
    """One sentence for each member that answered."""
    return [
        Finding("huggingface.score", _params(row), kind=row.name)
        for row in rows
        if row.score is not None
    ]


def _params(row: MemberRow) -> dict[str, JSON]:
    return {"model": row.title, "state": row.state, "source": row.source, "chance": row.score}
