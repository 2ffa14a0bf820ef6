"""What `manage.py doctor` looks at: each module asks one kind of question about an installation."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from . import data, operation, packages, trust, weights
from .finding import Finding, Level

# By what the part of the answer is called.
PARTS: dict[str, Callable[[], Iterator[Finding]]] = {
    "Packages": packages.diagnose,
    "Data": data.diagnose,
    "Models": weights.diagnose,
    "Trust": trust.diagnose,
    "Operation": operation.diagnose,
}

__all__ = ["PARTS", "Finding", "Level"]
