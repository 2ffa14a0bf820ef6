"""The 30 high-pass filters of the spatial rich model (Fridrich & Kodovsky 2012) as one bank."""

from __future__ import annotations

import numpy as np
import torch

DIRECTIONS = [(0, 1), (1, 1), (1, 0), (1, -1), (0, -1), (-1, -1), (-1, 0), (-1, 1)]
SQUARE_3 = np.array([[-1, 2, -1], [2, -4, 2], [-1, 2, -1]], np.float32)
SQUARE_5 = np.array(
    [
        [-1, 2, -2, 2, -1],
        [2, -6, 8, -6, 2],
        [-2, 8, -12, 8, -2],
        [2, -6, 8, -6, 2],
        [-1, 2, -2, 2, -1],
    ],
    np.float32,
)


def srm_filters() -> torch.Tensor:
    """The filters, shape (30, 1, 5, 5), each scaled to a sum of absolute values of 1."""
    bank = [*_derivatives(), *_squares_and_edges()]
    filters = np.stack(bank)
    filters /= np.abs(filters).sum((1, 2), keepdims=True)
    return torch.from_numpy(filters)[:, None]


def _derivatives() -> list[np.ndarray]:
    """First order in 8 directions, second in 4, third in 8."""
    first = [_sparse({(0, 0): -1, d: 1}) for d in DIRECTIONS]
    second = [_sparse({(-y, -x): 1, (0, 0): -2, (y, x): 1}) for y, x in DIRECTIONS[:4]]
    third = [
        _sparse({(-y, -x): 1, (0, 0): -3, (y, x): 3, (2 * y, 2 * x): -1}) for y, x in DIRECTIONS
    ]
    return first + second + third


def _squares_and_edges() -> list[np.ndarray]:
    """The 3 x 3 and 5 x 5 squares, and each one's upper half turned to the 4 sides."""
    edge_3, edge_5 = np.pad(SQUARE_3, 1), SQUARE_5.copy()
    edge_3[3], edge_5[3:] = 0, 0
    edges = [np.rot90(edge, turn) for edge in (edge_3, edge_5) for turn in range(4)]
    return [np.pad(SQUARE_3, 1), SQUARE_5, *(np.ascontiguousarray(edge) for edge in edges)]


def _sparse(values: dict[tuple[int, int], float]) -> np.ndarray:
    kernel = np.zeros((5, 5), np.float32)
    for (y, x), value in values.items():
        kernel[2 + y, 2 + x] = value
    return kernel
