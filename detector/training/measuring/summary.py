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
    verdict = report["conditions"][main][FUSED]
    sentences = [f"{report['n_ai']:,} AI and {report['n_real']:,} real pictures, “{main}”:"]
    if verdict["roc_auc"] is not None:
        sentences.append(
            "Of an AI picture and a real one, the verdict gives the higher score to the AI picture "
            f"in {_share(verdict, 'roc_auc')} of the cases (50 % would be guessing)."
        )
    sentences.append(
        f"It calls {_share(verdict, 'ai_called_ai')} of the AI pictures “likely AI” and "
        f"{_share(verdict, 'ai_called_real')} “likely real”; of the real pictures it calls "
        f"{_share(verdict, 'real_called_ai')} “likely AI” and "
        f"{_share(verdict, 'real_called_real')} “likely real”. The others are “uncertain”."
    )
    further = (*_best_method(report, main), *_hardest(report), *_evidence(report))
    return [" ".join(sentences), " ".join(further)]


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
    measured_areas = {name: area for name, area in areas.items() if area is not None}
    if len(measured_areas) < 2:
        return []
    low, high = (pick(measured_areas, key=lambda name: measured_areas[name]) for pick in (min, max))
    return [
        f"The verdict's AUROC is lowest under “{low}” ({measured_areas[low]:.3f}) and highest "
        f"under “{high}” ({measured_areas[high]:.3f})."
    ]


def _evidence(report: Report) -> list[str]:
    """In how many of the untouched files evidence decided, which re-encoding takes away."""
    if CLEAN not in report["conditions"]:
        return []
    verdict = report["conditions"][CLEAN][FUSED]
    ai, real = (verdict[f"decided_by_file_{side}"] for side in ("ai", "real"))
    return [
        f"In the files as they are, evidence in the file decided on {ai:,} of {report['n_ai']:,} "
        f"AI and {real:,} of {report['n_real']:,} real pictures."
    ]
