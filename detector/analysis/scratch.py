"""The folder in which an analysis process may write, and the rules that leave it nothing else."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from detector.checkpoints.sources import find_cache, has_unconverted
from detector.inference.runtime import Runtime

from .answers import Setup
from .confinement import Rules, make_rules

PREFIX = "analysis-"


class Scratch:
    """A folder of one analysis process. Its parent locks it as long as it lives."""

    def __init__(self, parent: Path | None) -> None:
        """Make the folder in `parent`, or where temporary files go. Raises `OSError`."""
        self.path = Path(tempfile.mkdtemp(prefix=PREFIX, dir=parent)).resolve()
        self._lock = os.open(self.path, os.O_RDONLY)
        fcntl.flock(self._lock, fcntl.LOCK_EX)

    def clear(self) -> None:
        """Delete what an analysis has left behind."""
        for entry in _entries(self.path):
            delete(entry)

    def delete(self) -> None:
        """Delete the folder; nothing happens the second time."""
        delete(self.path)
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1


def _entries(folder: Path) -> list[Path]:
    try:
        return list(folder.iterdir())
    except FileNotFoundError:
        return []


def delete(path: Path) -> None:
    """Delete a file or a folder as far as possible; the sweep deletes the rest."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def find_abandoned(parent: Path) -> Iterator[Path]:
    """The folders of processes whose parent was killed."""
    for path in parent.glob(f"{PREFIX}*"):
        try:
            descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        except OSError:  # deleted meanwhile, or something else of this name
            continue
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            continue
        finally:
            os.close(descriptor)
        yield path


def find_rules(setup: Setup, scratch: Path, libraries: str = "") -> Rules:
    """What an analysis process may read and write; `libraries` are folders, as LD_LIBRARY_PATH."""
    runtime = setup.runtime
    writes = [scratch]
    if has_unconverted(runtime):  # once, with PyTorch; a server without it has none
        runtime.compiled_dir.mkdir(parents=True, exist_ok=True)
        writes.append(runtime.compiled_dir)
    reads = [scratch, *_find_reads(runtime), *map(Path, filter(None, libraries.split(":")))]
    return make_rules(setup.sandbox, reads=reads, writes=writes, private=setup.private)


def _find_reads(runtime: Runtime) -> Iterator[Path]:
    """Where weights and lists of authorities are; those of fine-tuning may be links to folders."""
    yield runtime.weights_dir
    yield runtime.finetuned_dir
    yield from (path.resolve() for path in _entries(runtime.finetuned_dir) if path.is_symlink())
    yield runtime.compiled_dir
    yield find_cache(runtime.hub_cache)
    yield from runtime.trust_lists
    if runtime.trust_anchors:
        yield runtime.trust_anchors
