"""What the page of the models shows: the weights in use, and the test of a fine-tuned model."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from detector.accuracy.finetuned import METRICS, Epoch, FineTuned, read_finetuned
from detector.accuracy.weights import read_weights
from detector.checkpoints.members import MEMBERS
from detector.inference.methods import METHODS
from detector.inference.runtime import WEIGHTS_DIR
from detector.inference.verdict.fusion import load_fusion
from detector.inference.verdict.local import find_local
from detector.inference.weights.folder import folder_state
from detector.installation import find_members, get_detector
from detector.reports.writing import FUSION, find_version

logger = logging.getLogger(__name__)

# The curves over the epochs: its name, the field, and the class of its colour.
LOSSES = ((gettext_noop("training loss"), "train_loss"), (gettext_noop("validation loss"), "loss"))
SHARES = (
    (gettext_noop("validation accuracy"), "accuracy"),
    (gettext_noop("validation AUROC"), "roc_auc"),
)
# The places of a chart are in per cent of its width and height, inside this margin.
MARGIN = 6.0


@dataclass(frozen=True)
class Curve:
    """A line through dots: `pieces` are (x1, y1, x2, y2), `dots` (x, y), all in per cent."""

    name: str
    style: str
    dots: tuple[tuple[float, float], ...]
    pieces: tuple[tuple[float, float, float, float], ...]


@dataclass(frozen=True)
class Chart:
    """Curves over the epochs from `first` to `last`; the axis goes from `low` to `high`."""

    curves: tuple[Curve, ...]
    first: float
    last: float
    low: float
    high: float


def build_page() -> dict[str, Any]:
    """The context of models.html. It reads files and loads no model."""
    return {
        "version": find_version(),
        "shipped": list(_shipped()),
        "members": [member for key in METHODS for member in find_members(key)],
        "finetuned": list(_finetuned()),
        "thresholds": _thresholds(),
    }


def _shipped() -> Iterator[dict[str, Any]]:
    """The folders of weights that ship, for each method and for the verdict."""
    uses = [(spec.title, spec.weights) for spec in METHODS.values()] + [(_("Verdict"), (FUSION,))]
    for title, folders in uses:
        for weights in read_weights(WEIGHTS_DIR, folders):
            digest = folder_state(WEIGHTS_DIR / weights.folder)
            yield {"title": title, "weights": weights, "digest": digest}


def _finetuned() -> Iterator[dict[str, Any]]:
    """The fine-tuned models on this machine, with their figures or why these cannot be shown."""
    for member in MEMBERS:
        folder = settings.FINETUNED_DIR / member.finetuned
        if (folder / "config.json").is_file():
            yield {"title": member.title, "folder": member.finetuned} | _read(folder)


def _read(folder: Path) -> dict[str, Any]:
    try:
        moment = datetime.fromtimestamp((folder / METRICS).stat().st_mtime, UTC)
        model = read_finetuned(folder)
    except FileNotFoundError:
        return {"unknown": _("It has no metrics.json, so nothing is known of its test.")}
    except (OSError, ValueError) as error:
        logger.warning("The figures of %s cannot be shown: %s", folder, error)
        return {"unknown": _("Its figures cannot be shown: %(error)s.") % {"error": error}}
    return {"model": model, "written": moment, "charts": draw_charts(model)}


def draw_charts(model: FineTuned) -> tuple[Chart, ...]:
    """The losses, and the shares, over the epochs; none where there are fewer than two epochs."""
    if len(model.epochs) < 2:
        return ()
    losses = [value for _, name in LOSSES for value in _values(model.epochs, name)]
    highest = max([0.0, *losses]) or 1.0
    return _draw(model.epochs, LOSSES, 0.0, highest), _draw(model.epochs, SHARES, 0.0, 1.0)


def _values(epochs: Sequence[Epoch], name: str) -> list[float]:
    return [value for epoch in epochs if (value := getattr(epoch, name)) is not None]


def _draw(
    epochs: Sequence[Epoch], lines: Sequence[tuple[str, str]], low: float, high: float
) -> Chart:
    first, last = epochs[0].epoch, epochs[-1].epoch
    width = (last - first) or 1.0

    def place(epoch: float, value: float) -> tuple[float, float]:
        across, up = (epoch - first) / width, (value - low) / (high - low)
        return _inside(across), _inside(1 - up)

    curves = []
    for number, (name, field) in enumerate(lines, start=1):
        known = [(each.epoch, getattr(each, field)) for each in epochs]
        dots = tuple(place(at, value) for at, value in known if value is not None)
        pieces = tuple((*a, *b) for a, b in zip(dots, dots[1:], strict=False))
        curves.append(Curve(_(name), f"line-{number}", dots, pieces))
    return Chart(tuple(curves), first, last, low, high)


def _inside(share: float) -> float:
    return round(MARGIN + (100 - 2 * MARGIN) * share, 2)


def _thresholds() -> dict[str, Any] | None:
    """The thresholds that judge with all methods, and the sentence on one that was measured here.

    None where the weights cannot be read.
    """
    try:
        subsets = load_fusion(WEIGHTS_DIR).subsets
        local, note = find_local(settings.FINETUNED_DIR, get_detector().weights_digest)
    except (OSError, ValueError):
        return None
    shipped = subsets[max(subsets, key=lambda name: name.count("+"))].thresholds
    used = local.applied_to(shipped) if local else shipped
    return {"real": used.real, "ai": used.ai, "is_local": local is not None, "note": note}
