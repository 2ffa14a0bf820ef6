"""Puts all measurements into one report, and writes it in several renderings."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from detector.accuracy.conditions import CLEAN, USUAL
from detector.accuracy.facts import Facts
from detector.accuracy.report import Report
from detector.inference.verdict.fusion import Fusion

from .ablation import ablation
from .curves import curves
from .data import LabelledPictures
from .errors import count_errors
from .figures import evaluate_condition
from .groups import by_generator, by_kind, by_source
from .outcome import titles
from .outcomes import count_under_each
from .page import to_html
from .run import Measurement
from .stability import stability
from .tables import to_csv, to_markdown

# What groups the pictures, by section of the report.
GROUPS = {"generators": by_generator, "sources": by_source, "kinds": by_kind}
MOST_NAMES = 10  # of the pictures that cannot be read
RENDERINGS: dict[str, Callable[[Report], str]] = {
    "report.json": lambda report: json.dumps(report.to_dict(), indent=2, ensure_ascii=False) + "\n",
    "report.csv": to_csv,
    "report.md": to_markdown,
    "report.html": to_html,
}


@dataclass(frozen=True)
class EvaluationRequest:
    """How the evaluation was called: `command` can be typed again with other folders."""

    command: str
    version: str
    per_source: int | None
    seed: int


def build_report(
    data: LabelledPictures, measurement: Measurement, request: EvaluationRequest, fusion: Fusion
) -> Report:
    """The figures under every condition, and details under `detailed_conditions`.

    `fusion` is the one that measured; what its subsets would have said is in `ablation`.
    """
    pictures, outcomes, seed = measurement.pictures, measurement.outcomes, request.seed
    labels = np.array([picture.label for picture in pictures])
    detailed = {name: outcomes[name] for name in detailed_conditions(outcomes)}
    facts = _facts(data, measurement, request)
    return Report(
        about=about(facts),
        facts=facts,
        methods=titles(),
        conditions={
            name: evaluate_condition(labels, rows, seed) for name, rows in outcomes.items()
        },
        groups={
            section: {name: group(pictures, rows, seed) for name, rows in detailed.items()}
            for section, group in GROUPS.items()
        },
        outcomes=count_under_each(labels, outcomes),
        errors=count_errors(labels, outcomes),
        ablation={name: ablation(labels, rows, fusion, seed) for name, rows in detailed.items()},
        stability=stability(outcomes),
        curves={name: curves(labels, rows) for name, rows in detailed.items()},
    )


def detailed_conditions(conditions: Iterable[str]) -> list[str]:
    """The conditions with plots and tables by group: the usual ones, or else the first."""
    names = list(conditions)
    return [name for name in USUAL if name in names] or names[:1]


def _facts(data: LabelledPictures, measurement: Measurement, request: EvaluationRequest) -> Facts:
    pictures, unread = measurement.pictures, measurement.unread
    return Facts(
        data=data.root.name,
        split=data.name,
        n_ai=sum(picture.label for picture in pictures),
        n_real=sum(1 - picture.label for picture in pictures),
        n_sources=len({picture.source for picture in pictures}),
        n_generators=len({picture.generator for picture in pictures if picture.generator}),
        equalise=asdict(data.equalise) if data.equalise else None,
        n_unread=len(unread),
        unread=dict(list(unread.items())[:MOST_NAMES]),
        **asdict(request),
    )


def about(facts: Facts) -> str:
    """A paragraph about the pictures and the way they were measured."""
    cap = f" (at most {facts.per_source} of one source and class)" if facts.per_source else ""
    text = (
        f"{facts.n_ai + facts.n_real:,} pictures ({facts.n_ai:,} AI, {facts.n_real:,} "
        f"real) of {_count(facts.n_sources, 'source')}{cap}, "
        f"{_count(facts.n_generators, 'generator name')}; "
        f"version {facts.version}. Figures stand with their 95 % intervals: bootstrap over "
        "pictures within each class, Newcombe's for an AUROC of few pictures, Wilson's for shares. "
        f'Under "{CLEAN}" the files are as they are, and a method may read the format; under the '
        "others both classes were re-encoded alike, which takes away the metadata that method 3 "
        "reads, so it abstains."
    )
    if facts.equalise:
        text += (
            f' But for "{CLEAN}" every picture was first equalised as in training: scaled '
            f"down to at most {facts.equalise['side']} pixels on its shorter side, then JPEG 70 "
            "to 95."
        )
    if facts.n_unread:
        text += f" {facts.n_unread} could not be read and are left out."
    return text


def _count(n: int, name: str) -> str:
    return f"{n} {name}" if n == 1 else f"{n} {name}s"


def write_report(folder: Path, report: Report) -> None:
    """Write the files of RENDERINGS. Raises `OSError`.

    A name that is not UTF-8 stands in JSON as Python's own escapes, which JSON reads as well.
    """
    for name, render in RENDERINGS.items():
        (folder / name).write_text(render(report), encoding="utf-8", errors="backslashreplace")
