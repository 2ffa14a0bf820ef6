"""The contract of a method, and the one exception that means "cannot answer on this machine"."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from .images import SourceImage
from .results import Declaration, Exhibit, ExhibitKind, Finding, check_score
from .runtime import Runtime
from .wording import ENGLISH, JSON, say


class MethodUnavailable(Exception):
    """The method cannot answer on this machine.

    `code` and `params` are those of a finding that says so. The message is for the operator: that
    sentence, and with `hint` what else there is to say.
    """

    def __init__(
        self,
        code: str,
        params: Mapping[str, JSON] | None = None,
        exhibits: tuple[Exhibit, ...] = (),
        hint: str = "",
    ) -> None:
        self.code, self.params, self.exhibits = code, params or {}, exhibits
        super().__init__(f"{say(self.code, self.params, ENGLISH)} {hint}".strip())


@dataclass(frozen=True)
class Answer:
    """The answer of a method: P(AI) in [0, 1], or None to abstain, with findings as reasons.

    `exhibits` are what the page shows beside the score, `declarations` what the file states about
    its origin. `weight` is by how much at least its log-odds count in the verdict, at most
    MAX_WEIGHT; None leaves that to the fusion. A method gives one where it runs a model that the
    fusion was not fitted with. `raw_log_odds` are those of each weights folder before calibration:
    training calibrates by them, and nobody else gets to see them. `features` are those of the last
    layer of a network, by weights folder: the kind of picture is read from them. Raises
    `ValueError` for a score or a weight out of range.
    """

    score: float | None
    findings: tuple[Finding, ...] = ()
    used: str = ""
    exhibits: tuple[Exhibit, ...] = ()
    declarations: tuple[Declaration, ...] = ()
    weight: float | None = None
    raw_log_odds: Mapping[str, float] = field(default_factory=dict)
    features: Mapping[str, npt.NDArray[np.float64]] = field(default_factory=dict, compare=False)

    def __post_init__(self) -> None:
        check_score(self.score, self.weight)

    def exhibit(self, kind: ExhibitKind) -> Any:
        """The data of the first exhibit of this kind; None if there is no such exhibit."""
        return next((exhibit.data for exhibit in self.exhibits if exhibit.kind == kind), None)


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
        """The state of this method's files; after a change, the next picture loads them again."""
        return ""

    def load(self) -> None:
        """Load the weights unless they are loaded and unchanged. Raises `MethodUnavailable`."""
        with self._lock:
            # Once more where they change meanwhile: a part may be of the old ones.
            while (state := self.state()) != self._loaded_state:
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
