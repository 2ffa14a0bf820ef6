"""One fine-tuning at a time writes a model: a second one would delete the checkpoints of the first.

The lock is one of the system (POSIX), which drops it with the process that holds it, however that
ends; the processes that load pictures do not inherit it.
"""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from accelerate.utils.environment import get_int_from_env

from detector.inference.names import printable
from detector.training.learning.export import recover_folder


@contextmanager
def one_at_a_time(folder: Path) -> Iterator[None]:
    """Keep others from fine-tuning the model in `folder`, and clear up after one that was killed.

    Raises `ValueError` where another program is at it. Of several processes of one fine-tuning, the
    first holds the lock for all of them.
    """
    if get_int_from_env(["RANK"], 0):  # the variable by which its launcher numbers them
        yield
        return
    path = folder.with_name(f".{folder.name}.lock")
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file:
        try:
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise ValueError(
                f"Another fine-tuning is writing {printable(folder)} and holds the lock "
                f"{printable(path.name)} beside it. Wait for its end, or give another --output-dir."
            ) from error
        recover_folder(folder)
        yield
