"""How much one model is better than another on the same pictures."""

from __future__ import annotations

import numpy as np
import pytest

from detector.training.figures.metrics import roc_auc, roc_auc_change

LABELS = np.arange(400) % 2
NOISE = np.random.default_rng(0).normal(size=(2, 400))


def scores(gain: float, row: int) -> np.ndarray:
    return np.asarray(1 / (1 + np.exp(-(gain * LABELS + NOISE[row]))))


def test_the_change_is_the_difference_and_lies_in_its_interval() -> None:
    before, after = scores(0.5, 0), scores(2.0, 1)
    change, low, high = roc_auc_change(LABELS, before, after)
    difference = roc_auc(LABELS, after) - roc_auc(LABELS, before)
    assert change == pytest.approx(difference, abs=1e-4)
    assert 0 < low < change < high < 0.5


def test_the_same_pictures_in_another_order_change_as_much() -> None:
    order = np.random.default_rng(1).permutation(400)
    before, after = scores(0.5, 0), scores(2.0, 1)
    turned = roc_auc_change(LABELS[order], before[order], after[order])
    assert turned[0] == roc_auc_change(LABELS, before, after)[0]


def test_models_that_agree_differ_by_less_than_those_that_do_not() -> None:
    """Both are measured on the same resamples: what they share does not widen the interval."""
    alike = roc_auc_change(LABELS, scores(1.0, 0), scores(1.1, 0))
    apart = roc_auc_change(LABELS, scores(1.0, 0), scores(1.1, 1))
    assert alike[2] - alike[1] < (apart[2] - apart[1]) / 4
    assert roc_auc_change(LABELS, scores(1.0, 0), scores(1.0, 0)) == (0, 0, 0)
