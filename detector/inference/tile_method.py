"""What the methods that read pixels share: weights on disk, calibration, when to abstain."""

from __future__ import annotations

import logging
from abc import abstractmethod
from pathlib import Path
from typing import Any, Generic, TypeVar

import numpy as np
import numpy.typing as npt

from .abstention import reason_to_abstain
from .calibration import Calibration
from .images import SourceImage
from .method import Answer, Method, MethodUnavailable
from .results import Finding
from .tiles import Pixels
from .weights import folder_state

logger = logging.getLogger(__name__)


Model = TypeVar("Model")


class TileMethod(Method, Generic[Model]):
    """A method with one weights folder whose `Model` turns tiles into log-odds.

    The mean over the tiles, calibrated, is the score.
    """

    folder_name: str
    used: str

    @property
    def folder(self) -> Path:
        return self.runtime.weights_dir / self.folder_name

    def state(self) -> str:
        return folder_state(self.folder)

    def _load(self) -> None:
        try:
            # In one step: other threads may be answering with the old weights.
            self.loaded = self.read_model(), Calibration.read(self.folder)
        except (OSError, ValueError, RuntimeError) as error:
            # The error itself names paths of this machine: it goes to the log, not to the page.
            logger.warning("The weights in %s cannot be used: %s", self.folder, error)
            raise MethodUnavailable(
                f"The weights in detector/weights/{self.folder_name} are missing or damaged; "
                "restore them from the repository."
            ) from error

    @abstractmethod
    def read_model(self) -> Model:
        """Read the weights from `folder`. Raises `OSError`, `ValueError` or `RuntimeError`."""

    @abstractmethod
    def tile_logits(self, model: Model, pixels: Pixels) -> npt.NDArray[np.floating]:
        """Uncalibrated log-odds of each tile, shape (n,), of pixels (height, width, 3)."""

    @abstractmethod
    def sentence(self, scores: npt.NDArray[np.floating], score: float) -> str:
        """What the tiles' scores and the picture's score say, in plain words."""

    def _predict(self, image: SourceImage) -> Answer:
        if reason := reason_to_abstain(image):
            return Answer(None, (Finding(reason),), self.used)
        model, calibration = self.loaded
        logits = self.tile_logits(model, image.pixels)
        score = calibration.score(float(logits.mean()))
        scores = np.array([calibration.score(float(logit)) for logit in logits])
        finding = Finding(self.sentence(scores, score), kind=self.folder_name)
        details: dict[str, Any] = {"tile_scores": [round(float(s), 3) for s in scores]}
        return Answer(score, (finding,), self.used, details)
