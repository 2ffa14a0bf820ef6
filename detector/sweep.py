"""What nobody needs any more goes: expired results and sessions, pictures and files without owner.

A process that was killed leaves pictures without a row, and temporary files. Those that are new may
belong to a process that lives, so they stay for an hour, and folders for longer, unless no process
serves: each holds a lock on the data folder while it lives, which the system drops with it.
"""

from __future__ import annotations

import fcntl
import logging
import os
import shutil
import tempfile
import threading
import uuid
from collections.abc import Callable, Iterator
from dataclasses import astuple, dataclass
from datetime import timedelta
from functools import cache, partial
from pathlib import Path

from axes.models import AccessAttempt
from django.conf import settings
from django.contrib.sessions.models import Session
from django.core.files.storage import default_storage
from django.db import DatabaseError, close_old_connections
from django.utils import timezone

from .analysis.scratch import find_abandoned
from .models import (
    FILES,
    Analysis,
    Batch,
    Comparison,
    Feedback,
    Heartbeat,
    IdempotencyKey,
    Refusals,
    Share,
    Upload,
    feedback,
)
from .models.analysis import UNFINISHED
from .models.comparison import FOLDER

logger = logging.getLogger(__name__)

LOOKED_UP_AT_ONCE = 500
# No request lasts as long, so a file that is older is in nobody's hands.
IN_USE = timedelta(hours=1)
# How long a result that its owner has deleted may be kept, beside the time to take that back.
DELETED_SECONDS = 30


@dataclass(frozen=True)
class Swept:
    """How much went."""

    results: int
    pictures: int
    sessions: int
    files: int

    def __str__(self) -> str:
        return (
            f"Deleted {self.results} results, {self.pictures} pictures without a result, "
            f"{self.sessions} sessions and {self.files} temporary files."
        )


def sweep() -> Swept:
    """Delete what has expired and what was left behind; see the head of this file."""
    with open(settings.DATA_DIR / "serving.lock", "a") as file:
        age = timedelta() if _lock(file.fileno(), fcntl.LOCK_EX) else IN_USE
        results = Upload.objects.expired().delete_with_files()
        Comparison.objects.expired().delete_with_files()
        Batch.objects.expired().delete()
        Share.objects.expired().delete()
        IdempotencyKey.objects.expired().delete()
        Heartbeat.objects.forgotten().delete()
        Refusals.objects.forgotten().delete()
        old_attempts = timezone.now() - settings.AXES_COOLOFF_TIME
        AccessAttempt.objects.filter(attempt_time__lt=old_attempts).delete()
        return Swept(
            results,
            _delete_all_orphans(_storage_age(age))
            + _delete_orphaned_comparisons(_storage_age(age)),
            Session.objects.filter(expire_date__lt=timezone.now()).delete()[0],
            sum(map(_delete, _left_behind(settings.TEMP_DIR, age))),
        )


def start_serving() -> None:
    """Make this process one that serves: sweep, now and again and again, and say that it lives."""
    threading.Thread(target=_sweep_for_ever, name="sweep", daemon=True).start()
    sweep_once()
    live_in_data_folder()


def live_in_data_folder() -> None:
    """Say that this process, a server or a worker, lives; others then leave its files alone.

    Its temporary files go where the sweep finds them, those of libraries and children included.
    """
    os.environ["TMPDIR"] = tempfile.tempdir = str(settings.TEMP_DIR)
    _say_that_it_lives()


def sweep_once() -> None:
    """As `sweep`, for a server: what fails is logged, and tried again the next time."""
    _despite_errors(_sweep_and_say)


def delete_expired_once() -> None:
    """As `sweep_once`, of results alone: those that somebody has deleted are not kept for long."""
    _despite_errors(lambda: Upload.objects.expired().delete_with_files())


def _sweep_and_say() -> None:
    swept = sweep()
    if any(astuple(swept)):
        logger.info("%s", swept)


def _despite_errors(step: Callable[[], object]) -> None:
    try:
        step()
    except DatabaseError as error:  # before the first `migrate`, say
        logger.error("The sweep failed: %s", error)
    except Exception:
        logger.exception("The sweep failed")
    finally:
        close_old_connections()


def _sweep_for_ever() -> None:
    pause, waited = threading.Event(), 0  # that nobody sets
    step = min(settings.SWEEP_SECONDS, DELETED_SECONDS)
    while not pause.wait(step):
        waited += step
        if waited < settings.SWEEP_SECONDS:
            delete_expired_once()
        else:
            waited = 0
            sweep_once()


@cache
def _say_that_it_lives() -> int:
    """Hold a shared lock until this process ends."""
    descriptor = os.open(settings.DATA_DIR / "serving.lock", os.O_RDWR | os.O_CREAT, 0o600)
    fcntl.flock(descriptor, fcntl.LOCK_SH)
    return descriptor


def _lock(descriptor: int, kind: int) -> bool:
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
        return True
    except OSError:  # another process holds it
        return False


def _storage_age(age: timedelta) -> timedelta:
    """Whether another machine serves is not known: what is new there may be in its hands."""
    return IN_USE if settings.STORAGE_URL else age


def _delete_all_orphans(age: timedelta) -> int:
    count = _delete_orphans(feedback.FOLDER, _find_feedback, age)
    for field, folder in FILES.items():
        count += _delete_orphans(folder, partial(_find_kept, field), age)
    return count


def _delete_orphans(folder: str, find: Callable[[list[str]], set[str]], age: timedelta) -> int:
    """Delete the files in a folder of the storage that no row has; `find` tells those with one."""
    try:
        paths = [f"{folder}/{name}" for name in default_storage.listdir(folder)[1]]
    except FileNotFoundError:  # no picture yet
        return 0
    count = 0
    for start in range(0, len(paths), LOOKED_UP_AT_ONCE):
        some = paths[start : start + LOOKED_UP_AT_ONCE]
        kept = find(some)
        count += sum(_delete_file(path, age) for path in some if path not in kept)
    return count


def _find_kept(field: str, paths: list[str]) -> set[str]:
    """The files that an analysis has in `field`, by indexes: there may be millions of rows."""
    if field == "original":
        rows = Analysis.objects.filter(state__in=UNFINISHED).order_by()
    else:  # a picture has the name of its row
        rows = Analysis.objects.filter(pk__in=filter(None, map(_read_id, paths))).order_by()
    return set(rows.values_list(field, flat=True))


def _find_feedback(paths: list[str]) -> set[str]:
    """The pictures that somebody left with what they know of them."""
    return set(Feedback.objects.filter(picture__in=paths).values_list("picture", flat=True))


def _read_id(path: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(Path(path).stem)
    except ValueError:  # the storage gave it another name
        return None


def _delete_orphaned_comparisons(age: timedelta) -> int:
    """Delete the files in the folders of comparisons that have no row."""
    try:
        folders = default_storage.listdir(FOLDER)[0]
    except FileNotFoundError:  # no comparison yet
        return 0
    kept = {str(pk) for pk in Comparison.objects.values_list("pk", flat=True)}
    paths = [
        f"{FOLDER}/{folder}/{name}"
        for folder in folders
        if folder not in kept
        for name in default_storage.listdir(f"{FOLDER}/{folder}")[1]
    ]
    return sum(_delete_file(path, age) for path in paths)


def _delete_file(path: str, age: timedelta) -> bool:
    try:
        if default_storage.get_modified_time(path) > timezone.now() - age:
            return False
        default_storage.delete(path)
        return True
    except FileNotFoundError:  # another process was faster
        return False
    except Exception:  # of whatever storage; the next ones must go all the same
        logger.exception("%s cannot be deleted", path)
        return False


def _left_behind(folder: Path, age: timedelta) -> Iterator[Path]:
    newest = (timezone.now() - age).timestamp()
    for path in folder.iterdir():
        try:
            if path.lstat().st_mtime <= newest and (not age or not path.is_dir()):
                yield path
        except FileNotFoundError:  # its process has deleted it
            continue
    if age:  # others serve, but not for these
        yield from find_abandoned(folder)


def _delete(path: Path) -> bool:
    try:
        shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
        return True
    except FileNotFoundError:
        return False
    except OSError:
        logger.exception("%s cannot be deleted", path)
        return False
