"""How a file comes in: a row that waits for its analysis, or the answer that is there already."""

from __future__ import annotations

import hashlib
import logging
import time
import uuid
from typing import Any

from django.conf import settings
from django.core.files.base import File
from django.core.files.storage import default_storage

from ai_image_detector.log import analysis_id, request_id
from detector.analysis.answers import NotAnalysed
from detector.installation import get_detector
from detector.models import Analysis, Batch, Key, Place, Priority, State, Upload
from detector.models.analysis import UNFINISHED, delete_files, original_path
from detector.models.writing import writing

from .alive import check_worker
from .engines import start
from .places import find_place
from .senders import check_sender

logger = logging.getLogger(__name__)

# The scope of results that answer everybody's uploads.
EVERYBODY = uuid.UUID(int=0)
# Seconds between two looks whether an analysis is done: first and longest pause, and the share of
# the time since the start by which an answer may be late.
FIRST_PAUSE, LONGEST_PAUSE, LATE = 0.005, 0.1, 0.1


class NotKept(NotAnalysed):
    """The storage keeps no bytes now."""

    status, retry_after = 503, 30

    def __init__(self) -> None:
        super().__init__("The storage for pictures is away at present. Try again later.")


def submit(
    file: File[Any],
    *,
    owner: uuid.UUID,
    filename: str,
    priority: int = Priority.INTERACTIVE,
    with_pictures: bool = True,
    with_stability: bool = False,
    batch: Batch | None = None,
    scope: uuid.UUID | None = None,
) -> Upload:
    """Take a file in. Bytes that this version has seen before are answered from the database.

    `with_pictures` asks for preview and error levels, too; `with_stability` asks whether the result
    stays the same when the picture is passed on. `scope` says whose results may answer it, where
    these are not those of its owner alone. Raises `Busy` where too many wait already, of all
    or of this sender, `TooManyRefused` where the last files of the sender were all refused,
    `NoWorker` where nobody analyses pictures, `NotKept` where the storage is away, and `OSError`
    where a disk keeps no bytes.
    """
    if priority == Priority.INTERACTIVE:
        check_sender()
    Upload.objects.expired().delete_with_files()
    scope = EVERYBODY if settings.SHARE_RESULTS else scope or owner
    key = Key(digest_of(file), get_detector().version, scope, with_stability)
    upload = Upload(owner=owner, filename=filename[:255], with_pictures=with_pictures, batch=batch)
    if not _attach_to_known(upload, key, priority):
        _queue(upload, key, file, priority)
    return upload


def find(
    sha256: str, version: str, scope: uuid.UUID, *, with_stability: bool = False
) -> Analysis | None:
    """What a version says about these bytes to those of `scope`; None where it was not asked."""
    key = Key(sha256, version, scope, with_stability)
    return Analysis.objects.with_key(key).filter(state=State.DONE).first()


def wait(upload: Upload, seconds: float) -> Upload:
    """The upload as it is when its analysis has ended, or after so many seconds.

    Raises `Upload.DoesNotExist` where its owner has deleted it meanwhile. An upload whose analysis
    has ended already is given back at once.
    """
    if not upload.analysis.is_unfinished:
        return upload  # known bytes: two queries less
    began, pause = time.monotonic(), FIRST_PAUSE
    # By the upload: its analysis may become that of another version.
    unfinished = Upload.objects.filter(pk=upload.pk, analysis__state__in=UNFINISHED)
    while unfinished.exists() and (waited := time.monotonic() - began) < seconds:
        pause = min(max(LATE * waited, FIRST_PAUSE), LONGEST_PAUSE)
        time.sleep(pause)
    return Upload.objects.select_related("analysis").get(pk=upload.pk)


def withdraw(upload: Upload) -> None:
    """Forget an upload, and what no other one needs."""
    Upload.objects.filter(pk=upload.pk).delete_with_files()


def digest_of(file: File[Any]) -> str:
    """The SHA-256 of the bytes, in hexadecimal."""
    digest = hashlib.sha256()
    for chunk in file.chunks():
        digest.update(chunk)
    return digest.hexdigest()


def _attach_to_known(upload: Upload, key: Key, priority: int) -> bool:
    """Save the upload with the analysis that answers it already, or will; False if there is none.

    An analysis that waits behind others comes forward with an upload that somebody waits for.
    """
    if not Analysis.objects.with_key(key).exists():
        return False  # without a transaction, for which all who write would have to wait
    with writing():
        analysis = Analysis.objects.with_key(key).select_for_update().first()
        if analysis is None or not analysis.answers(upload.with_pictures):
            return False
        if comes_forward := analysis.is_unfinished and priority < analysis.priority:
            analysis.priority, analysis.turn, analysis.sender = find_place(upload.owner, priority)
            analysis.save(update_fields=Place._fields)
        _save(upload, analysis)
    if comes_forward:
        start(analysis)
    return True


def _queue(upload: Upload, key: Key, file: File[Any], priority: int) -> None:
    """Save the upload with an analysis that has to be run, and start that."""
    place = find_place(upload.owner, priority)
    check_worker()
    original = _keep(file)
    try:
        with writing():
            analysis = _lock(key, file.size)
            raced = _is_answered(analysis, upload)  # by another upload of the same bytes
            if not raced:
                analysis.queue(original, file.size, place)
                analysis.save()
            _save(upload, analysis)
    except BaseException:
        delete_files([original])  # nobody would ever find it again
        raise
    if raced:
        delete_files([original])
    else:
        start(analysis)


def _keep(file: File[Any]) -> str:
    """The path of a copy that nobody but a worker reads."""
    path = original_path(Analysis(), "")
    try:
        return default_storage.save(path, file)
    except OSError:
        delete_files([path])  # a part of it may be there
        raise
    except Exception as error:  # of whatever storage: no library's errors are known here
        logger.exception("The storage keeps no file.")
        raise NotKept from error


def _lock(key: Key, size: int) -> Analysis:
    """The row of the key, locked until the end of the transaction; made if need be."""
    made, _ = Analysis.objects.get_or_create(**key._asdict(), defaults={"size": size})
    return Analysis.objects.select_for_update().get(pk=made.pk)


def _is_answered(analysis: Analysis, upload: Upload) -> bool:
    """Whether it has a result that will do, or bytes: a row that was made just now has neither."""
    if analysis.is_unfinished:
        return bool(analysis.original.name)
    return analysis.answers(upload.with_pictures)


def _save(upload: Upload, analysis: Analysis) -> None:
    upload.analysis = analysis
    upload.save(force_insert=True)
    if request_id.get():  # what the log says of this request from here on is about it
        analysis_id.set(str(analysis.pk))
