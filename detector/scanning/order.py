"""What an engine must know to analyse pictures, on this machine or on another one."""

from __future__ import annotations

from typing import NamedTuple

from detector.analysis.answers import Setup
from detector.inference.images import Limits


class Order(NamedTuple):
    """How pictures are to be analysed.

    `seconds` is what one picture may take, `version` the version of this installation.
    `processes` is the number of pictures that are analysed at once (None: as many as cores).
    """

    setup: Setup
    limits: Limits
    seconds: float
    version: str
    processes: int | None = None
