"""Logistic regression without negative weights: how scores are calibrated and fused.

Stacking (Wolpert 1992) with weights that are not negative (Breiman 1996, "Stacked regressions"):
scores of the same picture are correlated, and a free fit on few sources plays one against another,
so that a method could lean to AI and move the verdict to real.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit

# Factor of the squared weights in the loss: just enough for a unique solution.
RIDGE = 1e-4


@dataclass(frozen=True)
class Stack:
    """Log-odds = intercept + `weights` (k,) * inputs."""

    weights: np.ndarray
    intercept: float

    def log_odds(self, inputs: np.ndarray) -> np.ndarray:
        """Log-odds (n,) of inputs (n, k)."""
        return np.asarray(inputs @ self.weights + self.intercept)


def fit_stack(inputs: np.ndarray, labels: np.ndarray, sample_weights: np.ndarray) -> Stack:
    """Fit to log-odds (n, k) and labels (n,) 0 or 1; pictures count by `sample_weights` (n,)."""
    share = sample_weights / sample_weights.sum()
    signs = 2 * labels - 1

    def loss(values: np.ndarray) -> tuple[float, np.ndarray]:
        margins = signs * (inputs @ values[:-1] + values[-1])
        pull = -share * signs * expit(-margins)
        slopes = np.append(inputs.T @ pull + 2 * RIDGE * values[:-1], pull.sum())
        return float(share @ np.logaddexp(0, -margins) + RIDGE * (values[:-1] ** 2).sum()), slopes

    k = inputs.shape[1]
    bounds = [(0, None)] * k + [(None, None)]
    start = np.append(np.full(k, 1 / k), 0.0)
    best = minimize(loss, start, jac=True, bounds=bounds, method="L-BFGS-B").x
    return Stack(best[:-1], float(best[-1]))
