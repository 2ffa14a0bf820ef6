"""The common parts of the methods that read pixels: weights, calibration, abstention."""

from __future__ import annotations

import logging
from abc import abstractmethod
from pathlib import Path
from typing import Generic, TypeVar

from detector.inference.images import SourceImage
from detector.inference.method import Answer, Method, MethodUnavailable
from detector.inference.pixels.abstention import reason_to_abstain
from detector.inference.pixels.tiles import Pixels
from detector.inference.verdict.calibration import Calibration
from detector.inference.weights.folder import NotAsShipped, check_digests, folder_state

logger = logging.getLogger(__name__)


Model = TypeVar("Model")


class PixelMethod(Method, Generic[Model]):
    """A method whose score is calibrated from raw log-odds of the models in its weights folders.

    The calibrated log-odds of several models add up to those of the method.
    """

    folders: tuple[str, ...]
    used: str

    def state(self) -> str:
        return "".join(folder_state(self.runtime.weights_dir / name) for name in self.folders)

    def _load(self) -> None:
        try:
            self._check_digests()
            # In one step: other threads may be answering with the old weights.
            self.loaded = self.read_models(), self._read_calibrations()
        except (OSError, ValueError, RuntimeError) as error:
            # The error itself names paths of this machine: it goes to the log, not to the page.
            logger.warning("The weights of %s cannot be used: %s", self.folders, error)
            names = [f"detector/weights/{name}" for name in self.folders]
            raise MethodUnavailable("method.weights_unusable", {"folders": names}) from error

    def _check_digests(self) -> None:
        """Raises `OSError`, or `MethodUnavailable` that names files that did not ship so."""
        faults: list[NotAsShipped] = []
        for name in self.folders:
            try:
                check_digests(self.runtime.weights_dir / name)
            except NotAsShipped as error:
                logger.warning("The weights of %s cannot be used: %s", self.folders, error)
                faults.append(error)
        if faults:
            files = [f"detector/weights/{fault.file}" for fault in faults]
            raise MethodUnavailable("method.weights_changed", {"files": files})

    def read_models(self) -> dict[str, Model]:
        """The models by folder name. Raises `OSError`, `ValueError` or `RuntimeError`."""
        return {name: self.read_model(self.runtime.weights_dir / name) for name in self.folders}

    def _read_calibrations(self) -> dict[str, Calibration]:
        return {name: Calibration.read(self.runtime.weights_dir / name) for name in self.folders}

    @abstractmethod
    def read_model(self, folder: Path) -> Model:
        """Read the weights from `folder`. Raises `OSError`, `ValueError` or `RuntimeError`."""

    @abstractmethod
    def judge(
        self, models: dict[str, Model], calibrations: dict[str, Calibration], pixels: Pixels
    ) -> Answer:
        """The answer for pixels (height, width, 3), with `raw_log_odds` of each folder."""

    def _predict(self, image: SourceImage) -> Answer:
        if reason := reason_to_abstain(image):
            return Answer(None, (reason,), self.used)
        models, calibrations = self.loaded
        return self.judge(models, calibrations, image.pixels)
