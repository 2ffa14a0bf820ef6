"""The report on accuracy, which `manage.py evaluate` writes to report.json and pages read.

Nothing here computes a figure, and nothing is known by heart: a figure that the file does not have
is a `Figure` without a value, with the reason.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

from .comparisons import Ablation, Stability
from .condition import Condition
from .curves import Curve
from .facts import Facts
from .figure import Row
from .groups import GROUP_NAMES, Group
from .outcomes import LabelCounts, OutcomeShares
from .sections import Rows, Section, read_rows, read_section, write_rows, write_section

# By condition and key of the method.
Curves = dict[str, dict[str, Curve]]


class AccuracyUnknown(Exception):
    """There is no report, or none that can be read; the message is a sentence for the page."""


@dataclass(frozen=True)
class Report:
    """The figures by condition, and their groups, comparisons and curves.

    `about` says in words what `facts` hold, and `methods` maps the key of each method and of the
    verdict to its title. `groups` has the sections of GROUP_NAMES. A section that an older report
    lacks is missing there, or None.
    """

    about: str
    facts: Facts
    methods: dict[str, str]
    conditions: dict[str, Condition]
    groups: dict[str, Section[Group]]
    outcomes: Section[OutcomeShares] | None
    errors: Rows[LabelCounts] | None
    ablation: Section[Ablation] | None
    stability: Rows[Stability] | None
    curves: Curves

    @property
    def main(self) -> str:
        """The condition to look at first: re-encoded, where that was measured; "clean" flatters."""
        return list(self.curves)[-1]

    @classmethod
    def from_dict(cls, report: Row) -> Report:
        """The report that `to_dict` gave, or an older one with fewer sections.

        Anything else raises `AttributeError`, `LookupError`, `TypeError` or `ValueError`.
        """
        return cls(
            report["about"],
            Facts.from_dict(report),
            dict(report["methods"]),
            _read_conditions(report),
            _read_groups(report),
            read_section(report.get("outcomes"), OutcomeShares.from_dict),
            read_rows(report.get("errors"), LabelCounts.from_dict),
            read_section(report.get("ablation"), Ablation.from_dict),
            read_rows(report.get("stability"), Stability.from_dict),
            _read_curves(report["curves"]),
        )

    def to_dict(self) -> dict[str, Any]:
        """The object that `from_dict` reads."""
        sections = _write_groups(self.groups) | {
            "outcomes": write_section(self.outcomes, OutcomeShares.to_dict),
            "errors": write_rows(self.errors, LabelCounts.to_dict),
            "ablation": write_section(self.ablation, Ablation.to_dict),
            "stability": write_rows(self.stability, Stability.to_dict),
        }
        return {
            "about": self.about,
            **self.facts.to_dict(),
            "methods": self.methods,
            "conditions": {name: rows.to_dict() for name, rows in self.conditions.items()},
            **{name: section for name, section in sections.items() if section is not None},
            "curves": _write_curves(self.curves),
        }


def _read_conditions(report: Row) -> dict[str, Condition]:
    keys = list(report["methods"])
    return {name: Condition.from_dict(rows, keys) for name, rows in report["conditions"].items()}


def _read_groups(report: Row) -> dict[str, Section[Group]]:
    sections = {
        section: read_section(report.get(section), partial(Group.from_dict, name=name))
        for section, name in GROUP_NAMES.items()
    }
    return {name: section for name, section in sections.items() if section is not None}


def _write_groups(groups: Mapping[str, Section[Group]]) -> dict[str, Any]:
    return {
        section: write_section(rows, partial(Group.to_dict, name=GROUP_NAMES[section]))
        for section, rows in groups.items()
    }


def _read_curves(conditions: Row) -> Curves:
    if not conditions:
        raise ValueError("A report has the curves of at least one condition.")
    return {
        name: {key: Curve.from_dict(curve) for key, curve in curves.items()}
        for name, curves in conditions.items()
    }


def _write_curves(curves: Curves) -> dict[str, Any]:
    return {
        name: {key: curve.to_dict() for key, curve in rows.items()} for name, rows in curves.items()
    }


def read_report(path: Path) -> Report:
    """Read report.json. Raises `AccuracyUnknown` where it is missing, broken or something else."""
    try:
        return parse_report(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise AccuracyUnknown("There is no report.") from error
    except (OSError, ValueError) as error:
        raise AccuracyUnknown("There is a report, but it cannot be read.") from error


@lru_cache(maxsize=2)  # the pages ask for the same one at each visit
def parse_report(text: str) -> Report:
    """The report of a text in JSON. Raises `ValueError` for any other text."""
    try:
        return Report.from_dict(json.loads(text))
    except (AttributeError, LookupError, TypeError, RecursionError) as error:
        raise ValueError("It is not a report.json that manage.py evaluate has written.") from error
