"""A labelled folder of pictures, and how its sources are shared out.

A corpus is a folder with `manifest.jsonl` (or `.jsonl.gz`): one JSON object a picture with `split`
(train or val), `label` (ai or real), `source`, `generator` (AI only) and `file`, the path within
the folder (`crop` serves where `file` is missing). Without a manifest the folders
`<split>/<ai|real>/` tell split and label, and every picture is its own source.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import logging
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from detector.inference.folders import Walk
from detector.inference.names import printable

logger = logging.getLogger(__name__)

LABELS = {"real": 0, "ai": 1}
MANIFESTS = ("manifest.jsonl", "manifest.jsonl.gz")


@dataclass(frozen=True)
class Picture:
    """One labelled picture; `group` is what sampling is balanced by."""

    path: Path
    split: str
    label: int
    source: str
    generator: str = ""
    kind: str = ""
    sha256: str = ""

    @property
    def group(self) -> str:
        return f"{self.source}:{self.generator}"


def read_corpus(folder: Path) -> list[Picture]:
    """The pictures of a corpus that are there, in a fixed order.

    Raises `FileNotFoundError` if there are none.
    """
    manifests = [folder / name for name in MANIFESTS if (folder / name).exists()]
    pictures = list(_from_manifest(manifests[0]) if manifests else _from_folders(folder))
    if not pictures:
        raise FileNotFoundError(
            f"No pictures in {printable(folder)}; needed is manifest.jsonl or "
            "<train|val>/<ai|real>/."
        )
    return sorted(pictures, key=lambda picture: picture.path)


def _from_manifest(manifest: Path) -> Iterator[Picture]:
    data = manifest.read_bytes()
    text = gzip.decompress(data) if manifest.suffix == ".gz" else data
    for row in map(json.loads, text.splitlines()):
        name = row.get("file") or row.get("crop")
        if name and (manifest.parent / name).exists():
            yield _picture(manifest.parent / name, row)


def _picture(path: Path, row: dict[str, Any]) -> Picture:
    label = LABELS[row["label"]]
    generator = str(row.get("generator") or "") if label else ""
    kind = str(row.get("kind") or "")
    return Picture(path, row["split"], label, str(row["source"]), generator, kind)


def _from_folders(folder: Path) -> Iterator[Picture]:
    for split in ("train", "val"):
        for name, label in LABELS.items():
            if not (root := folder / split / name).is_dir():
                continue
            walk = Walk(root)
            for file in walk:
                path = root / file.path
                yield Picture(path, split, label, str(path.relative_to(folder.parent)))
            for sentence in walk.left_out.sentences():
                logger.warning("%s/%s: %s", split, name, sentence)


def fingerprint(pictures: Iterable[Picture]) -> str:
    """Twelve digits that change with any file (by size and time), label or source."""
    digest = hashlib.sha256()
    for picture in pictures:
        status = picture.path.stat()
        facts = (picture.path, status.st_size, status.st_mtime_ns, picture.label, picture.source)
        digest.update(f"{facts}\n".encode(errors="surrogateescape"))
    return digest.hexdigest()[:12]


def hold_out_sources(pictures: Sequence[Picture], share: float, seed: int) -> set[str]:
    """Sources that hold about `share` of the weight of either class, drawn at random.

    They are kept from training and serve for calibration; see `balanced_weights` for the weight.
    """
    weight: Counter[tuple[str, int]] = Counter()
    for picture, value in zip(pictures, balanced_weights(pictures), strict=True):
        weight[picture.source, picture.label] += value
    goals = {0: share / 2, 1: share / 2}
    sources: set[str] = set()
    for source in np.random.default_rng(seed).permutation(sorted({p.source for p in pictures})):
        gain = {label: weight[str(source), label] for label in goals}
        # A source that brings more than is still wanted would be missed too much in training.
        if all(gain[label] <= max(goals[label], 0) for label in goals):
            sources.add(str(source))
            goals = {label: goals[label] - gain[label] for label in goals}
    return sources


def balanced_weights(pictures: Sequence[Picture]) -> np.ndarray:
    """Sampling weights, shape (n,), that sum to 1: classes alike, groups by their square root.

    Large sources are many pictures of few scenes; the square root keeps them from ruling.
    """
    sizes = Counter((p.label, p.group) for p in pictures)
    weights = np.array([sizes[p.label, p.group] ** -0.5 for p in pictures])
    labels = np.array([p.label for p in pictures])
    for label in (0, 1):
        weights[labels == label] /= 2 * max(weights[labels == label].sum(), 1e-12)
    return weights


def cap_sources(pictures: Sequence[Picture], limit: int, seed: int) -> list[Picture]:
    """At most `limit` pictures of each source and class, drawn at random, in the old order."""
    rng = np.random.default_rng(seed)
    by_group: dict[tuple[str, int], list[int]] = {}
    for index, picture in enumerate(pictures):
        by_group.setdefault((picture.source, picture.label), []).append(index)
    choices = [rng.permutation(group)[:limit] for group in by_group.values()]
    return [pictures[index] for index in sorted(np.concatenate(choices))]
