"""What one picture leaves behind: bytes in the storage and in the database."""

from __future__ import annotations

import json
import statistics
from collections.abc import Iterator

from detector.analysis.answers import Job
from detector.installation import get_limits

from .lines import Line
from .one_picture import analysis_process
from .pictures import make_mixed

MILLION = 1_000_000


def measure_storage(*, pictures: int = 20, megapixels: float = 12.0) -> Iterator[Line]:
    """Sizes of the original, the two small pictures and the result of mixed pictures."""
    rows = []
    with analysis_process() as (process, _):
        for data in make_mixed(pictures, megapixels):
            given = process.analyse(Job(data, get_limits(), 300))
            result = len(json.dumps(given.verdict.to_dict()))
            rows.append((len(data), len(given.preview), len(given.error_levels), result))
    names = ("Original, until its analysis has ended", "Preview", "Error levels", "Result (JSON)")
    means = [statistics.fmean(column) for column in zip(*rows, strict=True)]
    for name, mean in zip(names, means, strict=True):
        yield Line(name, f"{mean / 1e3:,.0f} kB")
    kept = sum(means[1:]) * MILLION / 1e9
    yield Line("Kept of a million uploads with pages", f"{kept:,.0f} GB")
    yield Line("Kept of a million without pages (API)", f"{means[3] * MILLION / 1e9:,.0f} GB")
