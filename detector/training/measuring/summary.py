"""The main figures of a report in sentences."""

from __future__ import annotations

from typing import Any

from detector.training.pictures.augment import CLEAN

from .outcome import FUSED

Report = dict[str, Any]
Row = dict[str, Any]


def main_condition(report: Report) -> str:
    """The one that the page is about: re-encoded, where that was measured; "clean" flatters."""
    return str(list(report["curves"])[-1])


def summarise(report: Report) -> list[str]:
    """The main figures in sentences."""
    main = main_condition(report)
    fused = report["conditions"][main][FUSED]
    said = [f"{report['n_ai']:,} AI and {report['n_real']:,} real pictures, “{main}”:"]
    if fused["roc_auc"] is not None:
        said.append(
            "Of an AI picture and a real one, the verdict gives the higher score to the AI picture "
            f"in {_share(fused, 'roc_auc')} of the cases (50 % would be guessing)."
        )
    said.append(
        f"It calls {_share(fused, 'ai_called_ai')} of the AI pictures “likely AI” and "
        f"{_share(fused, 'ai_called_real')} “likely real”; of the real pictures it calls "
        f"{_share(fused, 'real_called_ai')} “likely AI” and {_share(fused, 'real_called_real')} "
        "“likely real”. The others are “uncertain”."
    )
    others = (*_best_method(report, main), *_hardest(report), *_evidence(report))
    return [" ".join(said), " ".join(others)]


def _share(figures: Row, name: str) -> str:
    low, high = figures[f"{name}_interval"]
    return f"{figures[name]:.1%} ({low:.1%} to {high:.1%})"


def _areas(methods: Row) -> dict[str, float]:
    return {k: f["roc_auc"] for k, f in methods.items() if f["roc_auc"] is not None}


def _best_method(report: Report, condition: str) -> list[str]:
    areas = _areas(report["conditions"][condition])
    areas.pop(FUSED, None)
    if len(areas) < 2:
        return []
    best = max(areas, key=lambda key: areas[key])
    title = report["methods"][best]
    return [f"The best single method is {title} with an AUROC of {areas[best]:.3f}."]


def _hardest(report: Report) -> list[str]:
    areas = {name: _areas(methods).get(FUSED) for name, methods in report["conditions"].items()}
    known = {name: area for name, area in areas.items() if area is not None}
    if len(known) < 2:
        return []
    low, high = (pick(known, key=lambda name: known[name]) for pick in (min, max))
    return [
        f"The verdict's AUROC is lowest under “{low}” ({known[low]:.3f}) and highest under "
        f"“{high}” ({known[high]:.3f})."
    ]


def _evidence(report: Report) -> list[str]:
    """In how many of the untouched files evidence decided, which re-encoding takes away."""
    if CLEAN not in report["conditions"]:
        return []
    fused = report["conditions"][CLEAN][FUSED]
    ai, real = (fused[f"decided_by_file_{side}"] for side in ("ai", "real"))
    return [
        f"In the files as they are, evidence in the file decided on {ai:,} of {report['n_ai']:,} "
        f"AI and {real:,} of {report['n_real']:,} real pictures."
    ]
