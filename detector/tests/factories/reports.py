"""A small report.json as `manage.py evaluate` writes it, with figures that can be told apart."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from detector.accuracy.names import CLASSES, FIGURES, LABELS, VERDICT
from detector.inference.methods import METHODS

SILENT = "forensics"  # it gave no score
CALLED = {"real": (0.01, 0.7, 0.29), "ai": (0.6, 0.05, 0.35)}
MEASURED = {"roc_auc": 0.91, "balanced_accuracy": 0.83, "recall_at_fpr_1": 0.31, "ece": 0.04}
# Sections that reports of older versions lack.
NEWER = ("kinds", "outcomes", "errors", "ablation", "stability")


def make_report() -> dict[str, Any]:
    """Three conditions, two of them in detail; real photos under both, real art under one."""
    photo, art = make_kind("photo", 900), make_kind("art", 80)
    return {
        "about": "2,500 pictures of 41 sources, both classes re-encoded alike.",
        "data": "corpus", "split": "val",
        "n_ai": 1200, "n_real": 1300, "n_sources": 41, "n_generators": 55,
        "equalise": {"side": 256}, "n_unread": 1, "unread": {"broken.jpg": "It is no picture."},
        "command": "manage.py evaluate --split val --data-dir corpus --robustness --seed 0",
        "version": "0.1.0+measured", "per_source": 25, "seed": 0,
        "methods": {key: spec.title for key, spec in METHODS.items()} | {VERDICT: "Verdict"},
        "conditions": {name: _condition() for name in ("clean", "JPEG 95", "JPEG 30")},
        "generators": {name: [_group("generator", "flux", 30)] for name in ("clean", "JPEG 95")},
        "sources": {name: [_group("source", "camera", 8)] for name in ("clean", "JPEG 95")},
        "kinds": {"clean": [art, photo], "JPEG 95": [photo]},
        "outcomes": {"clean": _outcomes(), "JPEG 95": _outcomes(), "JPEG 30": _outcomes()},
        "errors": [make_errors("real", "JPEG 95", 3, 80, 17)],
        "ablation": {"JPEG 95": [_ablation()]},
        "stability": [_stability("JPEG 95"), _stability("JPEG 30")],
        "curves": {name: {VERDICT: _curve()} for name in ("clean", "JPEG 95")},
    }  # fmt: skip


def make_older_report() -> dict[str, Any]:
    """The report as it was written before there were the sections NEWER."""
    return {name: section for name, section in make_report().items() if name not in NEWER}


def make_figure(name: str, value: float) -> dict[str, Any]:
    """The entries of a figure with its interval."""
    return {name: value, f"{name}_interval": [round(value - 0.01, 4), round(value + 0.01, 4)]}


def make_kind(name: str, n: int, called_ai: float = 0.02) -> dict[str, Any]:
    """A kind of `n` real pictures, of which the verdict calls the share `called_ai` AI."""
    called = {"n": n, **make_figure("called_ai", 0.25)}
    by_method = {key: _nothing() if key == SILENT else called for key in METHODS}
    return _group("kind", name, n, called_ai) | {"by_method": by_method}


def make_errors(truth: str, condition: str, *counts: int) -> dict[str, Any]:
    """So many small photographs of a class that got each of LABELS."""
    place = {"truth": truth, "condition": condition, "kind": "photograph", "size": "small"}
    return place | {"n": sum(counts), **dict(zip(LABELS, counts, strict=True))}


def _nothing() -> dict[str, Any]:
    return {"n": 0, "called_ai": None, "called_ai_interval": None}


def _condition() -> dict[str, Any]:
    figures = {key: _method(0, 0) if key == SILENT else _method(1200, 1300) for key in METHODS}
    verdict = _method(1200, 1300)
    for truth in CLASSES:
        for label, value in zip(LABELS, CALLED[truth], strict=True):
            verdict |= make_figure(f"{truth}_called_{label}", value)
    return figures | {VERDICT: verdict | {"decided_by_file_ai": 7, "decided_by_file_real": 2}}


def _method(n_ai: int, n_real: int) -> dict[str, Any]:
    row: dict[str, Any] = {"n_ai": n_ai, "n_real": n_real}
    for name in FIGURES:
        row |= make_figure(name, MEASURED.get(name, 0.5)) if n_ai else _missing(name)
    return row | {"abstained_ai": 1200 - n_ai, "abstained_real": 1300 - n_real, "failed": 3}


def _missing(name: str) -> dict[str, Any]:
    return {name: None, f"{name}_interval": None, f"{name}_reason": "needed are both classes"}


def _group(key: str, name: str, n: int, called_ai: float = 0.02) -> dict[str, Any]:
    areas = {method: None if method == SILENT else 0.8 for method in (*METHODS, VERDICT)}
    return {
        key: name,
        "n": n,
        **make_figure("called_ai", called_ai),
        "roc_auc": areas,
        "roc_auc_interval": _intervals(areas),
    }


def _intervals(areas: Mapping[str, float | None]) -> dict[str, list[float] | None]:
    return {
        key: None if area is None else [round(area - 0.1, 4), area] for key, area in areas.items()
    }


def _outcomes() -> list[dict[str, Any]]:
    shares = make_figure("of_ai", 0.6) | make_figure("of_real", 0.01)
    counts = {"n_ai": 720, "n_real": 13}
    neither = {"right": None, "right_interval": None, "right_reason": "it names no side"}
    return [
        {"outcome": "ai", "lean": "", **counts, **shares, **make_figure("right", 0.98)},
        {"outcome": "uncertain", "lean": "", **counts, **shares, **neither},
    ]


def _ablation() -> dict[str, Any]:
    row: dict[str, Any] = {"methods": "deep_learning+statistical", "n_ai": 1200, "n_real": 1300}
    for name in ("roc_auc", "ece", "balanced_accuracy", "recall_at_fpr_1"):
        row |= make_figure(name, MEASURED[name])
    return row


def _stability(condition: str) -> dict[str, Any]:
    shares = make_figure("kept", 0.9) | make_figure("crossed", 0.02)
    return {"from": "clean", "to": condition, "n": 2400, **shares}


def _curve() -> dict[str, Any]:
    bins = [{"score": 0.05, "share_ai": 0.04, "n": 400}, {"score": 0.9, "share_ai": 0.95, "n": 90}]
    return {"recall": [0.3] * 50 + [1.0], "reliability": bins}
