"""From one picture to its row, whatever the picture does to the process that analyses it."""

from __future__ import annotations

from typing import Protocol

from detector.analysis.answers import Assessment, BrokenOff, Job, NotReady
from detector.inference.images import ImageError, Limits

from .pictures import Picture, read_picture
from .rows import Row, answer_row, error_row

# A process may be killed for other reasons than its picture: by an operator, for want of memory.
TRIES = 3


class Processes(Protocol):
    """What `detector.analysis.pool.Pool` offers."""

    def analyse(self, job: Job) -> Assessment: ...


class Analyst:
    """Turns pictures into rows; any number of threads may use it.

    `seconds` is what one analysis may take, `version` the version that errors are written with.
    """

    def __init__(self, pool: Processes, limits: Limits, seconds: float, version: str) -> None:
        self._pool, self._limits, self._seconds = pool, limits, seconds
        self._version = version

    def analyse(self, picture: Picture) -> Row:
        """The row of a picture.

        Raises `NotReady` where no analysis process starts, and `ScanError` where a storage does
        not answer: these concern all pictures.
        """
        try:
            data = read_picture(picture.name, self._limits)
            job = Job(data, self._limits, self._seconds, with_pictures=False)
            return answer_row(picture, self._ask(job).verdict)
        except NotReady:
            raise
        except ImageError as error:
            return error_row(picture, str(error), self._version)

    def _ask(self, job: Job) -> Assessment:
        for _ in range(TRIES - 1):
            try:
                return self._pool.analyse(job)
            except BrokenOff:
                continue
        return self._pool.analyse(job)
