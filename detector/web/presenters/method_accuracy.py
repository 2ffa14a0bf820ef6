"""The report on accuracy turned around: all figures of one method, condition after condition."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from detector.accuracy.figure import Figure
from detector.accuracy.groups import CalledAi, Group
from detector.accuracy.names import LABELS, MAIN_FIGURES, VERDICT, call_key
from detector.accuracy.report import Report

NO_SCORE = "no score for any of these pictures"


@dataclass(frozen=True)
class ConditionRow:
    """A method under one condition: the numbers of pictures with a score, and MAIN_FIGURES."""

    name: str
    n_ai: int
    n_real: int
    figures: tuple[Figure, ...]


@dataclass(frozen=True)
class CallsRow:
    """The shares of real and of AI pictures that got each label, in the order of LABELS."""

    name: str
    real: tuple[Figure, ...]
    ai: tuple[Figure, ...]


@dataclass(frozen=True)
class KindRow:
    """A kind of real pictures, with a cell for each condition; None where it has no pictures."""

    name: str
    cells: tuple[CalledAi | None, ...]


@dataclass(frozen=True)
class MethodAccuracy:
    """All figures of one method, or of the verdict; only the verdict has `calls`."""

    conditions: tuple[ConditionRow, ...]
    kinds: tuple[KindRow, ...]
    calls: tuple[CallsRow, ...] = ()

    @classmethod
    def of(cls, report: Report, key: str) -> MethodAccuracy:
        """The figures of the method `key`, or of the VERDICT, in a report that has it."""
        calls = tuple(_calls(report)) if key == VERDICT else ()
        return cls(tuple(_conditions(report, key)), tuple(_kinds(report, key)), calls)

    @property
    def reasons(self) -> list[str]:
        """Why figures are missing, each reason once."""
        figures = [figure for condition in self.conditions for figure in condition.figures]
        figures += [cell.share for kind in self.kinds for cell in kind.cells if cell]
        return list(dict.fromkeys(figure.reason for figure in figures if figure.reason))


def _conditions(report: Report, key: str) -> Iterator[ConditionRow]:
    for name, condition in report.conditions.items():
        method = condition.methods[key]
        figures = tuple(method.figures[figure] for figure in MAIN_FIGURES)
        yield ConditionRow(name, method.n_ai, method.n_real, figures)


def _calls(report: Report) -> Iterator[CallsRow]:
    for name, condition in report.conditions.items():
        real, ai = (
            tuple(condition.calls.shares[call_key(truth, label)] for label in LABELS)
            for truth in ("real", "ai")
        )
        yield CallsRow(name, real, ai)


def _kinds(report: Report, key: str) -> Iterator[KindRow]:
    """Largest kind first, so that all methods have them in the same order."""
    sections = report.groups.get("kinds", {})
    tables = [{group.name: group for group in groups} for groups in sections.values()]
    sizes = {name: group.n for table in tables for name, group in table.items()}
    for name in sorted(sizes, key=lambda name: (-sizes[name], name)):
        yield KindRow(name, tuple(_cell(table.get(name), key) for table in tables))


def _cell(group: Group | None, key: str) -> CalledAi | None:
    """The pictures of a kind that a method called AI; None where there are none of this kind."""
    if group is None:
        return None
    if key == VERDICT:
        return CalledAi(group.n, group.called_ai)
    called = (group.by_method or {}).get(key, CalledAi(0, Figure(None)))
    if called.share.value is None:
        return replace(called, share=Figure(None, reason=called.share.reason or NO_SCORE))
    return called
