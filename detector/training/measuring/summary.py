"""The main figures of a report in sentences."""

from __future__ import annotations

from collections.abc import Mapping

from detector.accuracy.condition import MethodFigures
from detector.accuracy.conditions import CLEAN
from detector.accuracy.names import VERDICT
from detector.accuracy.report import Report

from .wording import format_share


def summarise(report: Report) -> list[str]:
    """The main figures in sentences."""
    condition, facts = report.conditions[report.main], report.facts
    sentences = [f"{facts.n_ai:,} AI and {facts.n_real:,} real pictures, “{report.main}”:"]
    if condition.verdict.area.value is not None:
        sentences.append(
            "Of an AI picture and a real one, the verdict gives the higher score to the AI picture "
            f"in {format_share(condition.verdict.area)} of the cases (50 % would be guessing)."
        )
    shares = {name: format_share(figure) for name, figure in condition.calls.shares.items()}
    sentences.append(
        f"It calls {shares['ai_called_ai']} of the AI pictures “likely AI” and "
        f"{shares['ai_called_real']} “likely real”; of the real pictures it calls "
        f"{shares['real_called_ai']} “likely AI” and "
        f"{shares['real_called_real']} “likely real”. The others are “uncertain”."
    )
    further = (*_best_method(report), *_hardest(report), *_evidence(report))
    return [" ".join(sentences), " ".join(further)]


def _areas(methods: Mapping[str, MethodFigures]) -> dict[str, float]:
    areas = {key: figures.area.value for key, figures in methods.items()}
    return {key: area for key, area in areas.items() if area is not None}


def _best_method(report: Report) -> list[str]:
    areas = _areas(report.conditions[report.main].methods)
    areas.pop(VERDICT, None)
    if len(areas) < 2:
        return []
    best = max(areas, key=lambda key: areas[key])
    title = report.methods[best]
    return [f"The best single method is {title} with an AUROC of {areas[best]:.3f}."]


def _hardest(report: Report) -> list[str]:
    areas = _areas({name: condition.verdict for name, condition in report.conditions.items()})
    if len(areas) < 2:
        return []
    low, high = (pick(areas, key=lambda name: areas[name]) for pick in (min, max))
    return [
        f"The verdict's AUROC is lowest under “{low}” ({areas[low]:.3f}) and highest "
        f"under “{high}” ({areas[high]:.3f})."
    ]


def _evidence(report: Report) -> list[str]:
    """In how many of the untouched files evidence decided, which re-encoding takes away."""
    if CLEAN not in report.conditions:
        return []
    calls, facts = report.conditions[CLEAN].calls, report.facts
    return [
        f"In the files as they are, evidence in the file decided on {calls.decided_ai:,} of "
        f"{facts.n_ai:,} AI and {calls.decided_real:,} of {facts.n_real:,} real pictures."
    ]
