"""Logistic regression without negative weights."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import expit
from sklearn.linear_model import LogisticRegression

from detector.training.fusion.stacking import fit_stack

N = 3000


def made() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    inputs = rng.normal(size=(N, 3)) * [1, 5, 2]
    labels = (rng.random(N) < expit(inputs @ [1.5, 0.2, 0.4] - 0.7)).astype(int)
    return inputs, labels, rng.random(N)


def test_where_no_weight_wants_to_be_negative_it_is_logistic_regression():
    inputs, labels, weights = made()
    stack = fit_stack(inputs, labels, weights)
    free = LogisticRegression(C=1e6).fit(inputs, labels, weights)
    assert stack.weights == pytest.approx(free.coef_[0], abs=0.01)
    assert stack.intercept == pytest.approx(free.intercept_[0], abs=0.01)


def test_what_speaks_against_itself_counts_for_nothing():
    inputs, labels, weights = made()
    turned = np.column_stack([inputs[:, :2], -inputs[:, 2]])
    stack = fit_stack(turned, labels, weights)
    assert stack.weights[2] == 0 and stack.weights[0] > 1


def test_inputs_of_any_size_are_fitted():
    inputs, labels, weights = made()
    usual, large = (fit_stack(inputs[:, :1] * by, labels, weights) for by in (1, 100))
    assert large.weights[0] * 100 == pytest.approx(usual.weights[0], rel=0.01)
    separable = fit_stack(np.where(labels, 9.0, -9.0)[:, None], labels, weights)
    assert np.isfinite(separable.weights).all() and separable.weights[0] > 0
