"""How figures and titles are written in the renderings of the report."""

from __future__ import annotations

from detector.accuracy.figure import Figure

DASH = "–"


def short_title(title: str) -> str:
    """ "Method 1: Deep Learning" as "1 Deep Learning", for tables."""
    return title.removeprefix("Method ").replace(": ", " ", 1)


def format_number(figure: Figure) -> str:
    """The figure with its interval, to three decimals; a dash where there is none."""
    return _format(figure, ".3f")


def format_share(figure: Figure) -> str:
    """The figure with its interval in per cent; a dash where there is none."""
    return _format(figure, ".1%")


def _format(figure: Figure, form: str) -> str:
    if figure.value is None:
        return DASH
    value = format(figure.value, form)
    if figure.interval is None:
        return value
    low, high = (format(bound, form) for bound in figure.interval)
    return f"{value} ({low} to {high})"
