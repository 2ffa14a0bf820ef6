"""Results of methods and a small fusion, for tests of the verdict."""

from __future__ import annotations

from typing import Any

from detector.inference.results import Finding, MethodResult, Thresholds
from detector.inference.verdict.fusion import Fusion, Subset
from detector.tests.factories.sentences import said

BOUNDS = Thresholds(real=0.2, ai=0.8)
FUSION = Fusion(
    {
        "a": Subset(0.1, {"a": 1.0}, BOUNDS),
        "b": Subset(-0.2, {"b": 0.8}, BOUNDS),
        "a+b": Subset(0.0, {"a": 0.6, "b": 0.5}, BOUNDS),
    },
    BOUNDS,
    file_method="file",
    file_weight=1.0,
)
NUMBERS = {"a": 1, "b": 2, "c": 3, "file": 4}


def result(key: str, score: float | None = None, status: Any = "", **given: Any) -> MethodResult:
    status = status or ("abstained" if score is None else "ok")
    return MethodResult(key, NUMBERS.get(key, 9), key.upper(), status, score, **given)


def claims(
    claim: str | None, strength: str = "decisive", *, signed: bool = False, partial: bool = False
) -> Finding:
    text = f"It says {claim}{' and is signed' if signed else ''}{' of a part' if partial else ''}."
    return said(text, "kind", claim, "PNG tEXt", strength, signed, partial)
