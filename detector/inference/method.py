"""The contract of a method, and the one exception that means "cannot answer on this machine"."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import Any

from .images import SourceImage
from .results import Finding, check_score
from .runtime import Runtime


class MethodUnavailable(Exception):
    """The method cannot answer on this machine; the message says why and what mends it."""

    def __init__(self, message: str, details: dict[str, Any] | None = None) -> None:
        super().__init__(message)
        self.details = details or {}


@dataclass(frozen=True)
class Answer:
    """What a method found: P(AI) in [0, 1], or None to abstain, with the findings that say why.

    `weight` is by how much at least its log-odds count in the verdict, at most MAX_WEIGHT; None
    leaves that to the fusion. A method gives one where it runs a model that the fusion was not
    fitted with. Raises `ValueError` for a score or a weight out of range.
    """

    score: float | None
    findings: tuple[Finding, ...] = ()
    used: str = ""
    details: dict[str, Any] = field(default_factory=dict)
    weight: float | None = None

    def __post_init__(self) -> None:
        check_score(self.score, self.weight)


class Method(ABC):
    """One way of telling AI pictures from real ones.

    A subclass writes `_load` (may be slow; called once, under a lock) and `_predict` (quick,
    deterministic, must not modify the picture; called from several threads at once).
    """

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime
        self._lock = threading.Lock()
        self._loaded_state: str | None = None

    def state(self) -> str:
        """What is on disk for this method now; a change makes the next picture load it anew."""
        return ""

    def load(self) -> None:
        """Load the weights unless they are loaded and unchanged. Raises `MethodUnavailable`."""
        with self._lock:
            state = self.state()
            if state != self._loaded_state:
                self._load()
                self._loaded_state = state

    def predict(self, image: SourceImage) -> Answer:
        """Answer for one picture. Raises `MethodUnavailable` when weights are missing."""
        self.load()
        return self._predict(image)

    def _load(self) -> None:  # noqa: B027 - a method without weights has nothing to load
        pass

    @abstractmethod
    def _predict(self, image: SourceImage) -> Answer: ...
