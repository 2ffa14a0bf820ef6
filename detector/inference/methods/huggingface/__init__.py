"""Method 4, the Hugging Face ensemble: image classifiers in the standard format.

Vision transformers (Dosovitskiy et al. 2021) and kin, each from the best place that has weights:
fine-tuned on the user's own pictures, else a public checkpoint, else the bundled compact ViT.

What it misses: public checkpoints know the generators of their year and are often sure of what
they get wrong. So a member counts by its measured quality (2 AUROC - 1), an unmeasured one hardly
at all, and a member that is not there never counts as "real".
"""

from __future__ import annotations

import json
import logging
from dataclasses import asdict, dataclass
from typing import Any

from detector.inference.abstention import reason_to_abstain
from detector.inference.calibration import FILENAME, Calibration
from detector.inference.images import SourceImage
from detector.inference.method import Answer, Method, MethodUnavailable
from detector.inference.numbers import log_odds, sigmoid
from detector.inference.results import Finding
from detector.inference.runtime import Runtime, compile_network

from .convert import ConversionError, convert
from .labels import ai_indices, ai_probability
from .members import MEMBERS, Member
from .preprocess import preprocess
from .sources import (
    BUNDLED,
    PRE_TRAINED,
    UNAVAILABLE,
    Source,
    find_sources,
    why_missing,
)

logger = logging.getLogger(__name__)

# Of a member whose quality nobody has measured.
UNMEASURED_WEIGHT = 0.1
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
    """A checkpoint folder, loaded: `score` gives P(AI). Raises `ValueError` if it is unusable."""

    def __init__(self, source: Source, runtime: Runtime) -> None:
        config = json.loads((source.folder / "config.json").read_text())
        id2label = {int(index): str(name) for index, name in config["id2label"].items()}
        self.source = source
        self.ai = ai_indices(id2label)
        self.processor = json.loads((source.folder / "preprocessor_config.json").read_text())
        calibrated = (source.folder / FILENAME).exists()
        self.calibration = Calibration.read(source.folder) if calibrated else None
        self.network = compile_network(_network_file(source, runtime), runtime)

    @property
    def weight(self) -> float:
        """2 AUROC - 1 (the Gini coefficient), so that a coin toss weighs nothing."""
        roc_auc = self.source.roc_auc
        return UNMEASURED_WEIGHT if roc_auc is None else max(2 * roc_auc - 1, 0.01)

    def logit(self, image: SourceImage) -> float:
        """Uncalibrated log-odds of AI, the mean over the views."""
        logits = self.network(preprocess(image.rgb, self.processor))[0]
        views = [log_odds(ai_probability(row, self.ai)) for row in logits]
        return sum(views) / len(views)

    def score(self, image: SourceImage) -> float:
        """P(AI), calibrated where the folder has a calibration, else held off the ends."""
        logit = self.logit(image)
        if self.calibration:
            return self.calibration.score(logit)
        return min(max(sigmoid(logit), UNCALIBRATED_MARGIN), 1 - UNCALIBRATED_MARGIN)


class HuggingFace(Method):
    @property
    def members(self) -> tuple[Member, ...]:
        """All members; the first one alone where memory is short."""
        return MEMBERS[:1] if self.runtime.memory_constrained else MEMBERS

    def state(self) -> str:
        found = [list(find_sources(member, self.runtime)) for member in self.members]
        return repr([[(s.state, s.name, s.digest) for s in sources] for sources in found])

    def _load(self) -> None:
        self.loaded: dict[str, Checkpoint] = {}
        self.reasons: dict[str, str] = {}
        for member in self.members:
            self._load_member(member)
        for member in MEMBERS[len(self.members) :]:
            self.reasons[member.name] = "Not loaded, to save memory (MEMORY_CONSTRAINED)."

    def _load_member(self, member: Member) -> None:
        """Load from the best source that works; what did not work is said."""
        refused = []
        for source in find_sources(member, self.runtime):
            try:
                logger.info(_loading_line(member, source))
                self.loaded[member.name] = Checkpoint(source, self.runtime)
                logger.info("✓ %s loaded successfully", member.loaded_title)
                break
            except (OSError, ValueError, KeyError, RuntimeError, ConversionError) as error:
                logger.warning("✗ %s refused: %s", source.name, error)
                refused.append(f"{source.name} was refused: {error}.")
        else:
            refused = refused or [why_missing(member, self.runtime)]
        self.reasons[member.name] = " ".join(refused)

    def _predict(self, image: SourceImage) -> Answer:
        if not self.loaded:
            raise MethodUnavailable(" ".join(self.reasons.values()))
        if reason := reason_to_abstain(image):
            return Answer(None, (Finding(reason),), self._used())
        scores = {name: checkpoint.score(image) for name, checkpoint in self.loaded.items()}
        weights = {name: self.loaded[name].weight for name in scores}
        moved = sum(weights[name] * log_odds(score) for name, score in scores.items())
        rows = [asdict(self._row(member, scores.get(member.name))) for member in MEMBERS]
        score = sigmoid(moved / sum(weights.values()))
        return Answer(score, tuple(_findings(rows)), self._used(), {"members": rows})

    def _row(self, member: Member, score: float | None) -> MemberRow:
        reason = self.reasons[member.name]
        if score is None:
            return MemberRow(member.name, member.title, UNAVAILABLE, reason=reason)
        source = self.loaded[member.name].source
        return MemberRow(
            member.name, member.title, source.state, source.name, round(score, 4), reason,
            source.accuracy,
        )  # fmt: skip

    def _used(self) -> str:
        return ", ".join(f"{name}: {c.source.state}" for name, c in self.loaded.items())


def _loading_line(member: Member, source: Source) -> str:
    if source.state == PRE_TRAINED:
        return f"Loading pre-trained {member.title}: {source.name}"
    return f"Loading {source.state} {member.title} from: {source.folder}"


def _network_file(source: Source, runtime: Runtime) -> Any:
    """The OpenVINO network that ships with the folder, else the one converted from it once."""
    shipped = source.folder / "openvino_model.xml"
    if source.state == BUNDLED and shipped.is_file():
        return shipped
    xml = runtime.compiled_dir / source.digest[:16] / "openvino_model.xml"
    if not xml.is_file():
        if not (source.folder / "model.safetensors").exists():
            raise ValueError("it has no model.safetensors; pickled weights are not loaded")
        convert(source.folder, xml)
    return xml


def _findings(rows: list[dict[str, Any]]) -> list[Finding]:
    """One sentence a member that answered."""
    said = [row for row in rows if row["score"] is not None]
    return [
        Finding(
            f"{row['title']} ({row['state']}, {row['source']}) puts the chance of AI at "
            f"{row['score']:.0%}.",
            kind=row["name"],
        )
        for row in said
    ]
