"""The program of an analysis process: `python -m detector.analysis.child DESCRIPTOR HELD`.

A decoder that runs wild can only be ended with its process, so pictures are decoded here and never
in the web process. The descriptor is a socket to the parent. It brings a `Setup`, then one `Job`
after the other; each is acknowledged with an empty frame when its analysis begins and answered as
`wire` says. The end of the socket, which is also the end of the parent, ends the program.
"""

from __future__ import annotations

import faulthandler
import io
import logging
import os
import signal
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from logging.config import dictConfig
from multiprocessing.connection import Connection
from typing import Any

import numpy as np
from PIL import Image

from ai_image_detector.log import analysis_id, at
from detector.checkpoints.sources import has_unconverted
from detector.inference.images import ImageError, Limits
from detector.inference.pipeline import Detector

from . import wire
from .answers import ComparisonJob, Job, Setup
from .confinement import OFF
from .deadline import LONGEST
from .wire import Channel
from .work import carry_out, carry_out_comparison

logger = logging.getLogger("detector.analysis.child")  # __name__ is __main__

# Seconds after which the system ends an analysis whose parent has not done so: it may be gone.
GRACE = 5.0


def main() -> None:
    """Answer jobs until the parent closes the socket."""
    channel: Channel = Connection(int(sys.argv[1]))
    signal.signal(signal.SIGALRM, signal.SIG_DFL)  # ends the process, also within a decoder
    try:
        setup: Setup = channel.recv()
        _keep_log_clean(setup.logging)
        _give_up_core_dumps()
        _say_what_holds(setup.sandbox, sys.argv[2])
        detector = Detector(setup.runtime, setup.only)
        _answer_all(channel, detector, setup.memory, is_confined=setup.sandbox != OFF)
    except (EOFError, ConnectionError):
        return  # the parent has no further picture, or is gone


def _answer_all(
    channel: Channel, detector: Detector, memory: int, *, is_confined: bool = False
) -> None:
    version = _warm_up(detector)
    while True:
        job: Job | ComparisonJob = channel.recv()
        if is_confined and _needs_converting(detector, version):
            return  # only a new process may write the network; the parent sends the picture to it
        version = _take_up_weights(detector, version)
        channel.send_bytes(b"")
        with at(analysis_id, job.id):
            _answer(channel, detector, job, memory)


def _keep_log_clean(config: dict[str, Any]) -> None:
    """What C libraries print about damaged files goes nowhere; Python's log goes where it went."""
    sys.stderr = os.fdopen(os.dup(2), "w", buffering=1, errors="backslashreplace")
    faulthandler.enable(sys.stderr)
    dictConfig(config)
    # Damaged files make Pillow warn, each with a new text: uploads could fill the log.
    warnings.filterwarnings("ignore", module=r"PIL\.")
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    os.close(nowhere)


def _give_up_core_dumps() -> None:
    """A dump of this process would hold a picture that somebody uploaded."""
    import resource

    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _say_what_holds(sandbox: str, held: str) -> None:
    is_held = sandbox == OFF or " no " not in f" {held}"
    level = logging.INFO if is_held else logging.WARNING
    logger.log(level, "An analysis process begins. It is confined by: %s.", held)


def _warm_up(detector: Detector) -> str:
    """Load all weights, and all that is loaded with the first picture; the version loaded."""
    version = _take_up_weights(detector, "")
    noise = np.random.default_rng(0).integers(0, 256, (320, 320, 3), np.uint8)
    file = io.BytesIO()
    Image.fromarray(noise).save(file, "JPEG")
    try:
        carry_out(detector, Job(file.getvalue(), Limits(), 0.0))
    except Exception:
        logger.exception("The first analysis failed.")
    return version


def _needs_converting(detector: Detector, loaded: str) -> bool:
    """Whether there are other weights than those of the version `loaded`, without a network."""
    return bool(loaded) and detector.version != loaded and has_unconverted(detector.runtime)


def _take_up_weights(detector: Detector, loaded: str) -> str:
    """Load what is not of the version `loaded`, free of the limits of a picture; the version now.

    A method that cannot load says so in its answers.
    """
    try:
        version = detector.version
        if version != loaded:
            detector.load()
        return version
    except Exception:
        logger.exception("Weights cannot be loaded.")
        return ""


def _answer(channel: Channel, detector: Detector, job: Job | ComparisonJob, memory: int) -> None:
    try:
        with _within(memory, job.seconds):
            send = _carry_out(channel, detector, job)
    except ImageError as error:
        wire.send_refusal(channel, str(error))
    except MemoryError:
        logger.warning("A picture of %d bytes needs more memory than allowed.", job.size)
        wire.send_shortage(channel)
    else:
        send()


def _carry_out(
    channel: Channel, detector: Detector, job: Job | ComparisonJob
) -> Callable[[], None]:
    """Do what is asked; what is returned sends the answer."""
    if isinstance(job, ComparisonJob):
        return partial(wire.send_comparison, channel, carry_out_comparison(job))
    return partial(wire.send, channel, carry_out(detector, job))


@contextmanager
def _within(memory: int, seconds: float) -> Iterator[None]:
    """Hold the block to the memory and, should the parent be gone, to the time of one analysis."""
    signal.setitimer(signal.ITIMER_REAL, LONGEST * seconds + GRACE)
    _limit_memory(memory)
    try:
        yield
    finally:
        _limit_memory(None)
        signal.setitimer(signal.ITIMER_REAL, 0)


def _limit_memory(more: int | None) -> None:
    """Let the process take so many bytes more than it has now; None takes the limit away.

    On Linux alone: elsewhere this limit leaves out most of what malloc takes.
    """
    if sys.platform != "linux":
        return
    import resource

    hard = resource.getrlimit(resource.RLIMIT_DATA)[1]
    most = hard if more is None else _data_size() + more
    if hard != resource.RLIM_INFINITY:
        most = min(most, hard)
    resource.setrlimit(resource.RLIMIT_DATA, (most, hard))


def _data_size() -> int:
    """Bytes that count for RLIMIT_DATA, as in proc(5)."""
    with open("/proc/self/statm") as file:
        return int(file.read().split()[5]) * os.sysconf("SC_PAGE_SIZE")


if __name__ == "__main__":
    main()
