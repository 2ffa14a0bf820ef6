"""Where the dots, whiskers and ticks of a plot stand."""

from __future__ import annotations

import pytest

from detector.web.presenters.dot_plot import axis_start, draw


def test_dots_and_whiskers_stand_where_the_axis_says():
    plot = draw([("clean", 0.75, 0.5, 1.0), ("blur", 0.5, 0.5, 0.6)], 0.5)
    first, second = plot.dots
    assert (first.low, first.x, first.high) == ("0.00%", "50.00%", "100.00%")
    assert (second.x, second.high) == ("0.00%", "20.00%") and second.y > first.y
    assert [text for _, text in plot.ticks] == ["0.5", "0.6", "0.7", "0.8", "0.9", "1.0"]
    assert len(plot.segments) == 1


@pytest.mark.parametrize(
    ("lows", "start"), [([], 0.5), ([0.7], 0.5), ([0.43], 0.4), ([0.4], 0.4), ([0.3, 0.05], 0)]
)
def test_the_axis_starts_below_everything(lows: list[float], start: float):
    assert axis_start(lows) == pytest.approx(start)
