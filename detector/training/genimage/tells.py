"""Single features that tell the classes apart, in sentences: a format, a size, a compression."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from detector.training.figures.metrics import roc_auc

from .table import FORMATS, Table

WEAKEST = 0.6
MOST_TELLS = 3
FEWEST_JPEG = 10  # of each class, to compare their qualities


def strongest_tells(table: Table) -> tuple[str, ...]:
    """The strongest single tells as sentences, at most MOST_TELLS; `table` holds both classes."""
    tells = [tell for tell in _all_tells(table) if tell[0] > WEAKEST]
    return tuple(text[0].upper() + text[1:] for _, text in sorted(tells, reverse=True)[:MOST_TELLS])


def _all_tells(table: Table) -> Iterator[tuple[float, str]]:
    """Each tell with the AUROC that it reaches alone, 0.5..1."""
    ai = table.labels == 1
    yield _format_tell(table.rows["format"], ai)
    yield _size_tell(table.rows[["width", "height"]], ai)
    yield _median_tell(table.shorter_sides, ai, "{:.0f} pixels on the shorter side")
    yield _median_tell(table.bytes_per_pixel, ai, "{:.2f} bytes a pixel")
    jpeg = table.rows["quality"] > 0
    if min(jpeg[ai].sum(), jpeg[~ai].sum()) >= FEWEST_JPEG:
        yield _median_tell(table.rows["quality"][jpeg], ai[jpeg], "JPEG quality {:.0f}")


def _format_tell(formats: np.ndarray, ai: np.ndarray) -> tuple[float, str]:
    shares = [np.bincount(formats[of], minlength=len(FORMATS)) / of.sum() for of in (ai, ~ai)]
    ours, theirs = (int(share.argmax()) for share in shares)
    if ours != theirs:
        sentence = (
            f"{_share(shares[0][ours])} AI pictures are {FORMATS[ours]} and "
            f"{_share(shares[1][theirs])} real ones {FORMATS[theirs]}."
        )
    else:
        widest = int(np.abs(shares[0] - shares[1]).argmax())
        sentence = (
            f"{_share(shares[0][widest])} AI pictures and {_share(shares[1][widest])} real ones "
            f"are {FORMATS[widest]}."
        )
    return 0.5 + float(np.abs(shares[0] - shares[1]).max()) / 2, sentence


def _size_tell(sizes: np.ndarray, ai: np.ndarray) -> tuple[float, str]:
    """One exact size that is much more common in one class."""
    distinct, numbers = np.unique(sizes, return_inverse=True)
    shares = [np.bincount(numbers[of], minlength=len(distinct)) / of.sum() for of in (ai, ~ai)]
    widest = int(np.abs(shares[0] - shares[1]).argmax())
    width, height = distinct[widest].tolist()
    return 0.5 + float(abs(shares[0] - shares[1])[widest]) / 2, (
        f"{_share(shares[0][widest])} AI pictures and {_share(shares[1][widest])} real ones "
        f"measure {width} x {height} pixels."
    )


def _median_tell(values: np.ndarray, ai: np.ndarray, unit: str) -> tuple[float, str]:
    alone = roc_auc(ai.astype(int), values)
    ours, theirs = (unit.format(np.median(values[of])) for of in (ai, ~ai))
    return max(alone, 1 - alone), f"AI pictures have a median of {ours}, real ones {theirs}."


def _share(share: float) -> str:
    """A share of what the sentence goes on with."""
    if share in (0, 1):
        return "all" if share else "no"
    return f"{100 * share:.3g} % of the"
