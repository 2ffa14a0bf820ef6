"""The figures of the comparison, each with its number of cases and its 95 % interval."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from detector.training.figures.intervals import RESAMPLES, percentiles, wilson_interval

from .measuring import COPIES, Outcome


@dataclass(frozen=True)
class Figure:
    """One line of the table; `low` and `high` are its 95 % interval."""

    title: str
    value: float
    low: float
    high: float
    n: int
    form: str

    def row(self) -> str:
        """The line in Markdown."""
        value, low, high = (format(each, self.form) for each in (self.value, self.low, self.high))
        return f"| {self.title} | {value} | {low} to {high} | {self.n} |"


def to_markdown(outcomes: Sequence[Outcome]) -> str:
    """The table of all figures that the outcomes allow."""
    head = ["| what | figure | 95 % interval | n |", "|---|---|---|---|"]
    return "\n".join([*head, *(figure.row() for figure in find_figures(outcomes))])


def find_figures(outcomes: Sequence[Outcome]) -> list[Figure]:
    """All figures, without those that no outcome tells of."""
    copies = [each for each in outcomes if each.kind in COPIES]
    known = [each for each in copies if each.relation == "same"]
    figures = [
        _share("Copies recognised as the same picture", _same(copies)),
        _share("Of these, turned and mirrored rightly", (each.turned_right for each in known)),
        *(
            _share(f"{OTHERS[kind]} taken for the same", _same(_of(outcomes, kind)))
            for kind in OTHERS
        ),
        *_crop_figures([each.crop_error for each in known if each.crop_error is not None]),
        *_retouching_figures(known),
    ]
    return [figure for figure in figures if figure.n]


def _of(outcomes: Sequence[Outcome], kind: str) -> list[Outcome]:
    return [each for each in outcomes if each.kind == kind]


def _same(outcomes: Sequence[Outcome]) -> list[bool]:
    return [each.relation == "same" for each in outcomes]


def _crop_figures(errors: list[float]) -> list[Figure]:
    return [
        _quantile("Error of the crop in pixels, median", errors, 0.5, ".2f"),
        _quantile("Error of the crop in pixels, 95th percentile", errors, 0.95, ".2f"),
    ]


def _retouching_figures(known: list[Outcome]) -> list[Figure]:
    """Of copies that were recognised, and whose retouched part was not cut off."""
    retouched = [each for each in known if each.auroc is not None]
    areas = [each.auroc for each in retouched if each.auroc is not None]
    shares = [each.found for each in retouched if each.found is not None]
    return [
        _quantile("AUROC of the retouched pixels, median", areas, 0.5, ".3f"),
        _mean("AUROC of the retouched pixels, mean", areas),
        _mean("Share of the retouched pixels in a region, mean", shares),
        _share("Retouched copies that show a region", map(_shows_region, retouched)),
        _share("Other copies that show a region", map(_shows_region, _of(known, "copy"))),
    ]


def _shows_region(outcome: Outcome) -> bool:
    return bool(outcome.regions)


OTHERS = {"unrelated": "Unrelated pictures", "scene": "Other photographs of one scene"}


def _share(title: str, hits: Iterable[bool | None]) -> Figure:
    values = [bool(hit) for hit in hits]
    low, high = wilson_interval(sum(values), len(values))
    share = sum(values) / len(values) if values else 0.0
    return Figure(title, share, low, high, len(values), ".1%")


def _mean(title: str, values: Sequence[float]) -> Figure:
    return _resampled(title, values, lambda draws: draws.mean(axis=1), ".3f")


def _quantile(title: str, values: Sequence[float], share: float, form: str) -> Figure:
    return _resampled(title, values, lambda draws: np.quantile(draws, share, axis=1), form)


def _resampled(
    title: str,
    values: Sequence[float],
    measure: Callable[[np.ndarray], np.ndarray],
    form: str,
) -> Figure:
    """The figure that `measure` gives of draws (r, n), with the interval of resamples."""
    if not values:
        return Figure(title, 0.0, 0.0, 0.0, 0, form)
    known = np.array(values)
    draws = known[np.random.default_rng(0).integers(len(known), size=(RESAMPLES, len(known)))]
    low, high = percentiles(measure(draws))
    return Figure(title, float(measure(known[None])[0]), low, high, len(known), form)
