"""Which sources a weights folder was learnt from, so that none of them calibrates it.

metrics.json holds digests of their names: enough to compare, and no list of addresses.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from detector.inference.names import printable

from .labelled import Picture


def digests(pictures: Iterable[Picture]) -> list[str]:
    """One short digest for each source of the pictures, sorted."""
    return sorted({_digest(picture.source) for picture in pictures})


def read_metrics(folder: Path) -> dict[str, Any]:
    """The metrics.json of a weights folder, which must list the sources that it learnt from.

    Raises `OSError`, and `ValueError` if it does not list them.
    """
    metrics: dict[str, Any] = json.loads((folder / "metrics.json").read_text())
    try:
        digests = metrics["training"]["learnt_from"]
    except (KeyError, TypeError):
        digests = None
    # A head that says nothing has learnt from none.
    if not isinstance(digests, list) or not all(isinstance(digest, str) for digest in digests):
        raise ValueError(
            f"{folder}: metrics.json does not say what was learnt from; train it again."
        )
    return metrics


def learnt_by(folder: Path) -> set[str]:
    """Digests of the sources that a weights folder learnt from. Raises as `read_metrics`."""
    return set(read_metrics(folder)["training"]["learnt_from"])


def known_to(folder: Path, pictures: Iterable[Picture]) -> list[str]:
    """The sources of the pictures that a weights folder learnt from. Raises as `read_metrics`."""
    digests = learnt_by(folder)
    sources = {picture.source for picture in pictures}
    return sorted(source for source in sources if _digest(source) in digests)


def refuse_learnt(pictures: Sequence[Picture], folders: Iterable[Path]) -> None:
    """Raise `ValueError` if one of the folders learnt from a source of the pictures."""
    for folder in folders:
        if sources := known_to(folder, pictures):
            names = ", ".join(map(printable, sources))
            raise ValueError(f"{names}: {folder.name} learnt from it, so it cannot calibrate.")


def _digest(source: str) -> str:
    return hashlib.sha256(source.encode(errors="surrogateescape")).hexdigest()[:12]
