"""Reads every picture of a data folder once, on all cores; resumable after a kill."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from multiprocessing import parent_process
from pathlib import Path
from typing import Any

import pillow_heif
from PIL import AvifImagePlugin

from detector.inference.folders import File, LeftOut, Tally

from .index import Index
from .layout import find_files, place_of
from .reading import read_facts

# So many pictures are handed out and written down at once, and lost by a kill.
BATCH = 2048
CHUNK = 8

Progress = Callable[..., Iterable[Any]]


@dataclass
class Outside:
    """The files outside the index: those outside both layouts, and those left out by the walk."""

    layout: Tally = field(default_factory=Tally)
    walk: LeftOut = field(default_factory=LeftOut)

    def sort_out(self, files: Iterable[File]) -> Iterator[File]:
        """Pass on the files that are in one of the layouts."""
        for file in files:
            if place_of(file.path):
                yield file
            else:
                self.layout.add(file.path)


def scan(data_dir: Path, index: Index, workers: int, progress: Progress) -> Outside:
    """Bring `index` up to date with the files of `data_dir`.

    Raises `RuntimeError` if a worker was killed.
    """
    walk = find_files(data_dir)
    outside = Outside(walk=walk.left_out)
    files = progress(walk, desc="Finding", unit="picture")
    index.refresh(outside.sort_out(files))
    if index.count_pending():
        try:
            _read_pending(data_dir, index, workers, progress)
        except BrokenProcessPool as error:
            raise RuntimeError(
                "A worker process was killed, for want of memory perhaps. What was read is kept: "
                "run the command again, with less --workers."
            ) from error
    return outside


def _read_pending(data_dir: Path, index: Index, workers: int, progress: Progress) -> None:
    with ProcessPoolExecutor(workers, initializer=_prepare_worker) as pool:
        answers = _read_batches(data_dir, index, pool)
        try:
            for _ in progress(answers, total=index.count_pending(), desc="Reading", unit="picture"):
                pass
        except KeyboardInterrupt:
            _stop(pool)
            raise


def _read_batches(data_dir: Path, index: Index, pool: Executor) -> Iterator[None]:
    """Read and store the pending pictures in batches; yields once for each picture."""
    last = ""
    while batch := index.pending(last, BATCH):
        paths, answers = [data_dir / path for path in batch], []
        for answer in pool.map(read_facts, paths, chunksize=CHUNK):
            answers.append(answer)
            yield
        index.store(batch, answers)
        last = batch[-1]


def _stop(pool: Executor) -> None:
    """End after the pictures in hand. A second Ctrl-C would leave the pool waiting for ever."""
    previous = signal.signal(signal.SIGINT, signal.SIG_IGN)
    pool.shutdown(cancel_futures=True)
    signal.signal(signal.SIGINT, previous)


def _prepare_worker() -> None:
    """One thread a worker, no farewell on Ctrl-C, and no life once the parent is gone."""
    pillow_heif.options.DECODE_THREADS = 1
    AvifImagePlugin.DEFAULT_MAX_THREADS = 1
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    # A parent that was killed leaves the queue open, and its workers waiting for ever.
    parent_process().join()  # type: ignore[union-attr]
    os._exit(1)
