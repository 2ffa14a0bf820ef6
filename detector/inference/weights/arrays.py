"""Reads files of arrays that somebody may have damaged."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from .ranges import check_size


def read_arrays(file: Path, names: Sequence[str], most_bytes: int) -> list[npt.NDArray[np.float64]]:
    """The arrays of these names, in float64.

    Raises `OSError`, or `ValueError` for a file of more bytes than that, one that lacks an array,
    and arrays of anything but finite real numbers.
    """
    check_size(file, most_bytes)
    try:
        with np.load(file, allow_pickle=False) as content:
            arrays = [content[name].astype(np.float64, casting="same_kind") for name in names]
    except OSError:
        raise
    except Exception as error:  # damaged archives raise anything
        listed = ", ".join(names)
        raise ValueError(
            f"{file.name} does not hold the arrays {listed} of real numbers"
        ) from error
    if not all(np.isfinite(array).all() for array in arrays):
        raise ValueError(f"{file.name} holds NaN or infinite numbers")
    return arrays
