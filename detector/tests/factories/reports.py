"""A small report.json as `manage.py evaluate` writes it, with figures that can be told apart."""

from __future__ import annotations

from typing import Any

from detector.inference.methods import METHODS

SILENT = "forensics"  # it gave no score
CALLED = {"real": (0.01, 0.7, 0.29), "ai": (0.6, 0.05, 0.35)}


def make_report() -> dict[str, Any]:
    """Three conditions, two of them in detail; real photos under both, real art under one."""
    photo, art = _kind("photo", 900), _kind("art", 80)
    return {
        "about": "2,500 pictures of 41 sources, both classes re-encoded alike.",
        "data": "corpus", "split": "val",
        "n_ai": 1200, "n_real": 1300, "n_sources": 41, "n_generators": 55,
        "version": "0.1.0+measured",
        "command": "manage.py evaluate --split val --data-dir corpus --robustness --seed 0",
        "methods": {key: spec.title for key, spec in METHODS.items()} | {"fused": "Verdict"},
        "conditions": {name: _condition() for name in ("clean", "JPEG 95", "JPEG 30")},
        "kinds": {"clean": [art, photo], "JPEG 95": [photo]},
        "curves": {"clean": {}, "JPEG 95": {}},
    }  # fmt: skip


def _figure(name: str, value: float) -> dict[str, Any]:
    return {name: value, f"{name}_interval": [round(value - 0.01, 4), round(value + 0.01, 4)]}


def _condition() -> dict[str, Any]:
    measured: dict[str, Any] = {"n_ai": 1200, "n_real": 1300}
    values = {"roc_auc": 0.91, "balanced_accuracy": 0.83, "recall_at_fpr_1": 0.31, "ece": 0.04}
    for name, value in values.items():
        measured |= _figure(name, value)
    verdict = dict(measured)
    for truth, shares in CALLED.items():
        for side, value in zip(("ai", "real", "uncertain"), shares, strict=True):
            verdict |= _figure(f"{truth}_called_{side}", value)
    silent: dict[str, Any] = {"n_ai": 0, "n_real": 0}
    for name in values:
        silent |= {name: None, f"{name}_reason": "needed are both classes"}
    return {key: silent if key == SILENT else measured for key in METHODS} | {"fused": verdict}


def _kind(name: str, n: int) -> dict[str, Any]:
    nothing = {"n": 0, "called_ai": None, "called_ai_interval": None}
    called = {"n": n, **_figure("called_ai", 0.25)}
    by_method = {key: nothing if key == SILENT else called for key in METHODS}
    return {"kind": name, "n": n, **_figure("called_ai", 0.02), "by_method": by_method}
