"""What metrics.json of a fine-tuned model says about its training and its test.

The folder may come from anybody: every number has a range, and what is out of it raises
`ValueError` with a sentence.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from detector.inference.weights.ranges import Fields, read_fields

METRICS = "metrics.json"
MOST_EPOCHS = 500
MOST_PICTURES = 10**9
LONGEST_NAME = 200
HIGHEST_LOSS = 1e6


@dataclass(frozen=True)
class Epoch:
    """The figures after one epoch, on the validation pictures; `train_loss` may be unknown."""

    epoch: float
    train_loss: float | None
    loss: float
    accuracy: float
    roc_auc: float


@dataclass(frozen=True)
class Tested:
    """The figures of a model on the test pictures, under the condition `name`.

    `accuracy` and `roc_auc` are value, low and high bound. `confusion` counts the pictures that are
    real and called real, real called AI, AI called real, and AI called AI, at a score of one half.
    """

    name: str
    n: int
    accuracy: tuple[float, float, float]
    roc_auc: tuple[float, float, float]
    confusion: tuple[int, int, int, int]


@dataclass(frozen=True)
class FineTuned:
    """A fine-tuned model: what it was made from, its pictures (split, AI, real), and its figures.

    `headline` are the figures under the condition that the model is known by.
    """

    model: str
    base: str
    base_state: str
    pictures: tuple[tuple[str, int, int], ...]
    epochs: tuple[Epoch, ...]
    headline: Tested
    conditions: tuple[Tested, ...]


def read_finetuned(folder: Path) -> FineTuned:
    """Read a folder. Raises `OSError`, or `ValueError` for what is missing or out of range."""
    metrics = read_fields(folder / METRICS)
    base, counts = metrics.fields("base"), metrics.fields("data").fields("counts")
    name = metrics.text("headline", LONGEST_NAME)
    return FineTuned(
        model=metrics.text("model", LONGEST_NAME),
        base=base.text("name", LONGEST_NAME),
        base_state=base.text("state", LONGEST_NAME),
        pictures=tuple(_count(counts, split) for split in ("train", "val", "test")),
        epochs=tuple(_epochs(metrics)),
        headline=_tested(name, metrics.fields("test")),
        conditions=tuple(_conditions(metrics)),
    )


def _count(counts: Fields, split: str) -> tuple[str, int, int]:
    row = counts.fields(split)
    return split, row.whole("ai", 0, MOST_PICTURES), row.whole("real", 0, MOST_PICTURES)


def _epochs(metrics: Fields) -> list[Epoch]:
    rows = metrics.values.get("epochs")
    if not isinstance(rows, list) or len(rows) > MOST_EPOCHS:
        raise metrics.out_of_range("epochs", f"lists of at most {MOST_EPOCHS} epochs")
    return [_epoch(Fields(row, f"{metrics.where}: epochs[{n}]")) for n, row in enumerate(rows)]


def _epoch(row: Fields) -> Epoch:
    known = "train_loss" in row
    return Epoch(
        epoch=row.number("epoch", 0, MOST_EPOCHS),
        train_loss=row.number("train_loss", 0, HIGHEST_LOSS) if known else None,
        loss=row.number("loss", 0, HIGHEST_LOSS),
        accuracy=row.number("accuracy", 0, 1),
        roc_auc=row.number("roc_auc", 0, 1),
    )


def _conditions(metrics: Fields) -> list[Tested]:
    """The fine-tuned model under each condition of its test."""
    rows = metrics.fields("conditions")
    return [
        _tested(name[:LONGEST_NAME], rows.fields(name).fields("fine-tuned")) for name in rows.values
    ]


def _tested(name: str, row: Fields) -> Tested:
    return Tested(
        name=name,
        n=row.whole("n", 1, MOST_PICTURES),
        accuracy=(row.number("accuracy", 0, 1), *row.interval("accuracy_interval")),
        roc_auc=(row.number("roc_auc", 0, 1), *row.interval("roc_auc_interval")),
        confusion=_confusion(row),
    )


def _confusion(row: Fields) -> tuple[int, int, int, int]:
    match row.values.get("confusion"):
        case [[int(a), int(b)], [int(c), int(d)]] if all(map(_is_count, (a, b, c, d))):
            return a, b, c, d
    raise row.out_of_range("confusion", "two rows of two numbers of pictures")


def _is_count(value: object) -> bool:
    return type(value) is int and 0 <= value <= MOST_PICTURES
