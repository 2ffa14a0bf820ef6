"""Facts about the machine that serving needs, and the way networks run on it.

Networks run in OpenVINO: 4 to 5 times faster on a CPU than eager PyTorch, and the serving
process never imports torch. Settings pass a `Runtime` in; nothing here reads the environment.
"""

from __future__ import annotations

import gc
import os
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

Item = TypeVar("Item")
Result = TypeVar("Result")

WEIGHTS_DIR = Path(__file__).resolve().parent.parent / "weights"
TRUST_DIR = WEIGHTS_DIR.parent / "trust"  # the lists that ship


@dataclass(frozen=True)
class Runtime:
    """Where weights are and how the machine may be used.

    `force_cpu` keeps inference off every accelerator. `memory_constrained` loads the first member
    of the ensemble only. `finetuned_dir` holds the folders that fine-tuning writes, `hub_cache` is
    the Hugging Face cache (None: the library's default), `compiled_dir` keeps converted networks,
    `threads` is the number of threads of one network (None: as many as cores),
    `trust_lists` are folders with lists of the authorities whose C2PA signers are trusted (one in a
    later folder replaces the same list before it), `trust_anchors` is a PEM file with further ones.
    """

    finetuned_dir: Path
    compiled_dir: Path
    weights_dir: Path = WEIGHTS_DIR
    hub_cache: Path | None = None
    force_cpu: bool = False
    memory_constrained: bool = False
    trust_lists: tuple[Path, ...] = ()
    trust_anchors: Path | None = None
    threads: int | None = None

    @property
    def device(self) -> str:
        """The OpenVINO device: AUTO takes a supported GPU if there is one, else the CPU."""
        return "CPU" if self.force_cpu else "AUTO"

    def map(self, work: Callable[[Item], Result], items: Iterable[Item]) -> list[Result]:
        """What `work` makes of each item, in order, by as many threads as one network has."""
        threads = self.threads or count_cores()
        if threads == 1:
            return [work(item) for item in items]
        with ThreadPoolExecutor(threads) as pool:
            return list(pool.map(work, items))


def count_cores() -> int:
    """The cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@contextmanager
def collector_off() -> Iterator[None]:
    """Do not look for garbage while libraries are imported.

    What they make stays for good, and to walk through it again and again takes time.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


_starting = threading.Lock()


def import_openvino() -> Any:
    """The module `openvino`, which then reports nothing to anybody.

    Importing it reports to Google Analytics unless its telemetry package is missing; None makes the
    import of that package fail, and OpenVINO falls back to a stub of its own.
    """
    sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]
    import openvino

    return openvino


def get_core() -> Any:
    """The one `openvino.Core` of this process, which lives as long as the process.

    A core makes a stack for signal handlers for the thread that first compiles with it. When it
    goes, it removes that stack and restores the one before. Of cores that go in the order in which
    they were made, the last one restores a stack that has been removed: the next signal that Python
    handles, such as Ctrl-C, would then end the process.
    """
    # One thread at a time: see `_start`.
    with _starting:
        return _start()


@cache
def _start() -> Any:
    openvino = import_openvino()
    # The first array that OpenVINO meets makes it look up NumPy's functions. Two threads that do
    # this at once wait for one another for ever (pybind11 takes its lock and the GIL in either
    # order), so it is done here.
    openvino.Tensor(np.zeros(1, np.float32))
    return openvino.Core()


class Network:
    """A compiled network: a batch (n, 3, h, w) float32 in, its outputs out.

    Any number of threads may call it: each has a request of its own, since OpenVINO refuses a
    request that is busy. An answer with NaN or infinite numbers raises `ValueError`: it is no
    answer, and a mean over it would look like one.
    """

    def __init__(self, xml: Path, runtime: Runtime, side: int | None = None) -> None:
        """Load `.xml` and `.bin`. Raises `RuntimeError` if they are missing or damaged.

        With a `side`, the network takes squares of that many pixels alone. The answers are the
        same, but OpenVINO compiles it in half the time and runs it faster.
        """
        # fp32 even where the processor has bf16: a score must not depend on the machine.
        config: dict[str, str | int | bool] = {
            "PERFORMANCE_HINT": "LATENCY",
            "INFERENCE_PRECISION_HINT": "f32",
            # OpenVINO would pin its threads to the first cores, in each process to the same ones:
            # two analysis processes then share one core while another one is idle.
            "ENABLE_CPU_PINNING": False,
        }
        if runtime.threads:
            config["INFERENCE_NUM_THREADS"] = runtime.threads
        # Read at once: of a mapped file, what is overwritten later would change the answers.
        network = get_core().read_model(str(xml), config={"ENABLE_MMAP": False})
        if side:
            network.reshape([1, 3, side, side])
        self._compiled = get_core().compile_model(network, runtime.device, config)
        self._thread = threading.local()

    @property
    def feature_count(self) -> int:
        """The channels of the second output, a map of features; 0 without such an output."""
        extra = self._compiled.outputs[1:2]
        return sum(output.partial_shape[1].get_length() for output in extra)

    def __call__(self, batch: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """The first output for a batch."""
        return self.outputs(batch)[0]

    def outputs(self, batch: npt.NDArray[np.float32]) -> tuple[npt.NDArray[np.float32], ...]:
        """Every output for a batch, in the order of the file."""
        # One at a time: together they are no faster, and each would take up to 16 MB for
        # activations, which OpenVINO keeps for the next batch.
        parts = [self._infer(batch[at : at + 1]) for at in range(len(batch))]
        outputs = tuple(np.concatenate(output) for output in zip(*parts, strict=True))
        if not all(np.isfinite(output).all() for output in outputs):
            raise ValueError("the network answers with NaN or infinite numbers")
        return outputs

    def _infer(self, batch: npt.NDArray[np.float32]) -> tuple[npt.NDArray[np.float32], ...]:
        if not hasattr(self._thread, "request"):
            self._thread.request = self._compiled.create_infer_request()
        return tuple(self._thread.request.infer([batch]).values())
