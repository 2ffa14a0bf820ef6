"""How a worker carries out an analysis that it has taken from the queue."""

from __future__ import annotations

import logging
import time

from django.conf import settings
from django.db import DatabaseError, transaction

from ai_image_detector.log import analysis_id, at
from detector import installation
from detector.analysis.answers import Assessment, BrokenOff, Job, NotAnalysed
from detector.inference.images import ImageError
from detector.inference.results import Verdict
from detector.models import Analysis, Event, EventCount, Refusals, State
from detector.models.analysis import delete_files

from .leases import fail, give_back, postpone
from .patience import ERROR_SECONDS

logger = logging.getLogger(__name__)


class Lost(NotAnalysed):
    def __init__(self) -> None:
        super().__init__("The file of this picture is gone, so there is no result. Send it again.")


def run(analysis: Analysis) -> None:
    """Analyse a claimed picture and write down the result, or why there is none.

    Never raises for what has to do with the picture: a run that came to nothing is tried again.
    """
    with at(analysis_id, analysis.pk):
        _run(analysis)


def _run(analysis: Analysis) -> None:
    # What makes it this run, as it is now: a result changes the object before it is written down.
    this_run = Analysis.objects.of_run(analysis)
    try:
        assessment = installation.get_pool().analyse(_prepare(analysis))
        _record(analysis, assessment)
    except FileNotFoundError:
        fail(analysis, Lost())
    except BrokenOff as error:
        give_back(analysis, error)
    except ImageError as error:
        fail(analysis, error)
    except (OSError, DatabaseError):  # a disk that is full, a database that is locked
        logger.exception("Analysis %s cannot be written down at present.", analysis.pk)
        if postpone(this_run):
            analysis.delete_pictures()  # a part of them may be there
        time.sleep(ERROR_SECONDS)
    except Exception:
        logger.exception("Analysis %s came to nothing.", analysis.pk)
        give_back(analysis, BrokenOff())


def _prepare(analysis: Analysis) -> Job:
    """What the pool has to do. Raises `OSError` where the bytes cannot be read."""
    with analysis.original.open() as file:
        data: bytes = file.read()
    return Job(
        data,
        installation.get_limits(),
        settings.ANALYSIS_TIMEOUT,
        with_pictures=_wants_pictures(analysis),
        with_stability=analysis.with_stability,
        id=str(analysis.pk),
    )


def _wants_pictures(analysis: Analysis) -> bool:
    return analysis.uploads.filter(with_pictures=True).exists()


def _record(analysis: Analysis, assessment: Assessment) -> None:
    """Write down the result, unless the row was deleted meanwhile or is another run's by now."""
    original, sender = analysis.original.name, analysis.sender
    if assessment.preview:
        analysis.keep_pictures(assessment)
    with transaction.atomic():
        counted = Analysis.objects.of_run(analysis).select_for_update().exists()
        if counted and not assessment.preview and _wants_pictures(analysis):
            _run_again(analysis)  # for an upload that came meanwhile
            return
        if counted:
            _finish(analysis, assessment)
            if sender:
                Refusals.objects.halve(sender)
            EventCount.objects.add(_count(assessment.verdict))
    if counted:
        delete_files([original])
    if not Analysis.objects.filter(pk=analysis.pk).exists():
        analysis.delete_pictures()


def _count(verdict: Verdict) -> dict[tuple[Event, str], int]:
    """What this result adds to the counts."""
    methods = {(Event.METHOD, f"{method.key} {method.status}"): 1 for method in verdict.methods}
    ending = {(Event.ANALYSIS, verdict.outcome): 1}
    return ending | methods | {(Event.MILLISECONDS, ""): round(verdict.elapsed_ms)}


def _run_again(analysis: Analysis) -> None:
    Analysis.objects.filter(pk=analysis.pk).update(
        state=State.QUEUED, worker="", lease_until=None, attempts=analysis.attempts - 1
    )


def _finish(analysis: Analysis, assessment: Assessment) -> None:
    """Save the result under the version that gave it, which may be newer than the upload."""
    key = analysis.key._replace(version=assessment.verdict.version)
    analysis.succeed(assessment)
    twin = Analysis.objects.with_key(key).exclude(pk=analysis.pk).first()
    if twin is None:
        analysis.save()
        return
    analysis.uploads.update(analysis=twin)
    Analysis.objects.filter(pk=analysis.pk).delete()
