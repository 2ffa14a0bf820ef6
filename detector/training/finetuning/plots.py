"""PNG plots of a fine-tuned model: its training, and its accuracy on the test split."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import matplotlib
import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from sklearn.metrics import RocCurveDisplay, confusion_matrix

from detector.training.figures.metrics import BINS, bin_of

from .testing import FINE_TUNED, Scores

matplotlib.use("Agg")  # no window, whatever the machine has

SIZE = (5.6, 4.2)
NAMES = ("training_curves.png", "roc.png", "confusion_matrix.png", "reliability.png")


def write_plots(
    folder: Path, epochs: Sequence[dict[str, float]], scores: Scores, condition: str
) -> None:
    """Write the four plots; those of the test are of `condition`."""
    scores_by_model = scores.by_condition[condition]
    labels, fine_tuned = scores.labels, scores_by_model[FINE_TUNED]
    plots = (
        training_curves(epochs),
        roc_curves(labels, scores_by_model),
        confusion(labels, fine_tuned),
        reliability(labels, fine_tuned),
    )
    for name, figure in zip(NAMES, plots, strict=True):
        # Without the version of matplotlib, so that the same figures give the same bytes.
        figure.savefig(folder / name, dpi=110, metadata={"Software": None})


def training_curves(epochs: Sequence[dict[str, float]]) -> Figure:
    """Loss on train and val, accuracy and AUROC on val, over epochs."""
    figure = Figure(SIZE, layout="constrained")
    losses, shares = figure.subplots(2, 1, sharex=True)
    at = [epoch["epoch"] for epoch in epochs]
    for axes, names in ((losses, ("train_loss", "loss")), (shares, ("accuracy", "roc_auc"))):
        for name in names:
            axes.plot(at, [e.get(name, np.nan) for e in epochs], marker="o", label=_TITLES[name])
        axes.legend()
        axes.grid(alpha=0.3)
    shares.set(xlabel="epoch", ylim=(0, 1.02))
    shares.xaxis.set_major_locator(MaxNLocator(integer=True))
    return figure


_TITLES = {
    "train_loss": "training loss",
    "loss": "validation loss",
    "accuracy": "validation accuracy",
    "roc_auc": "validation AUROC",
}


def roc_curves(labels: np.ndarray, scores_by_model: dict[str, np.ndarray]) -> Figure:
    """True against false positives; `labels` (n,), scores (n,) of each model."""
    figure = Figure(SIZE, layout="constrained")
    axes = figure.subplots()
    for name, scores in scores_by_model.items():
        RocCurveDisplay.from_predictions(labels, scores, name=name, ax=axes)
    axes.plot([0, 1], [0, 1], "k:", linewidth=1)
    axes.set(
        xlabel="real pictures called AI",
        ylabel="AI pictures called AI",
        title=f"{int(labels.sum())} AI and {int((1 - labels).sum())} real test pictures",
    )
    return figure


def confusion(labels: np.ndarray, scores: np.ndarray) -> Figure:
    """Counts at a score of .5; rows are the true classes."""
    counts = confusion_matrix(labels, scores >= 0.5, labels=[0, 1])
    figure = Figure(SIZE, layout="constrained")
    axes = figure.subplots()
    axes.imshow(counts, cmap="Blues", vmin=0)
    for (row, column), count in np.ndenumerate(counts):
        dark = count > counts.max() / 2
        axes.text(column, row, count, ha="center", va="center", color="w" if dark else "k")
    axes.set_xticks([0, 1], ["called real", "called ai"])
    axes.set_yticks([0, 1], ["real", "ai"])
    axes.set_title(f"n = {len(labels)}")
    return figure


def reliability(labels: np.ndarray, scores: np.ndarray) -> Figure:
    """Share of AI among pictures by the score that was shown for them."""
    figure = Figure(SIZE, layout="constrained")
    axes = figure.subplots()
    bins = bin_of(scores)
    counts = np.bincount(bins, minlength=BINS)
    is_filled = counts > 0
    predicted, true = (
        np.bincount(bins, v, BINS)[is_filled] / counts[is_filled] for v in (scores, labels)
    )
    axes.plot([0, 1], [0, 1], "k:", linewidth=1)
    axes.plot(predicted, true, marker="o")
    for x, y, n in zip(predicted, true, counts[is_filled], strict=True):
        axes.annotate(str(n), (x, y), textcoords="offset points", xytext=(5, -10), fontsize=8)
    axes.set(
        xlabel="score shown",
        ylabel="share that is AI",
        xlim=(0, 1),
        ylim=(-0.02, 1.02),
        title="Numbers are pictures",
    )
    return figure
