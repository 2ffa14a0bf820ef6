"""Who works at which analysis, and until when: a worker that dies keeps none of them.

A worker takes a row by changing its state, which only one can. Its lease ends unless it is renewed;
then the row goes back into the queue, and after MAX_ATTEMPTS it has failed.
"""

from __future__ import annotations

import itertools
import logging
import uuid
from collections.abc import Iterable
from datetime import timedelta

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from detector.analysis.answers import BrokenOff
from detector.inference.images import ImageError
from detector.models import FILES, Analysis, Event, EventCount, Refusals, State
from detector.models.analysis import BAD_FILE, AnalysisQuerySet, delete_files
from detector.models.refusals import ROUNDS

logger = logging.getLogger(__name__)

# A worker that is only slow must not lose its row: the database alone may keep it for 20 s.
LEASE = timedelta(seconds=60)
MAX_ATTEMPTS = 3
# Of those that wait longest; several workers may reach for the same one.
CANDIDATES = 8
# Turns alone would let a sender whose turn is late wait for as long as others come.
PATIENCE, EVERY = timedelta(seconds=20), 4
_claims = itertools.count(1)
# The fields that tell how it failed.
ENDING = (
    "state", "worker", "lease_until", "sender", "finished_at", "error", "error_status",
    "retry_after",
)  # fmt: skip


def claim_next(worker: str) -> Analysis | None:
    """The next analysis of the queue, now in the hands of this worker; None where none waits.

    Every so many times it is one that has waited for longer than PATIENCE, if there is any.
    """
    if next(_claims) % EVERY == 0 and (analysis := _claim_oldest(worker)):
        return analysis
    waiting = Analysis.objects.in_order()
    while candidates := list(waiting.values_list("pk", flat=True)[:CANDIDATES]):
        for pk in candidates:
            if analysis := claim(pk, worker):
                return analysis
    return None


def _claim_oldest(worker: str) -> Analysis | None:
    began = timezone.now() - PATIENCE
    late = Analysis.objects.waiting().filter(queued_at__lt=began).order_by("queued_at")
    oldest = late.values_list("pk", flat=True).first()
    return claim(oldest, worker) if oldest else None


def claim(pk: uuid.UUID, worker: str) -> Analysis | None:
    """The analysis, now in the hands of this worker; None if it waits no more."""
    now = timezone.now()
    waiting = Analysis.objects.filter(pk=pk, state=State.QUEUED)
    taken = waiting.update(
        state=State.RUNNING,
        worker=worker,
        lease_until=now + LEASE,
        started_at=now,
        attempts=F("attempts") + 1,
    )
    # Its owner may delete it meanwhile.
    return Analysis.objects.filter(pk=pk, worker=worker).first() if taken else None


def renew(analyses: Iterable[uuid.UUID], worker: str) -> int:
    """Extend the leases of what the worker is at; returns of how many."""
    mine = Analysis.objects.filter(pk__in=list(analyses), state=State.RUNNING, worker=worker)
    return mine.update(lease_until=timezone.now() + LEASE)


def reap() -> int:
    """Take back what no worker is at any more; returns how many analyses that were.

    A lease that ends later than any can was made before the clock was set back.
    """
    now = timezone.now()
    lost = Q(lease_until__lt=now) | Q(lease_until__gt=now + 2 * LEASE)
    return _give_back(lost)


def give_back_all(worker: str) -> int:
    """Take back all that a worker had which is known to have ended; returns how many that were."""
    return _give_back(Q(worker=worker))


def _give_back(which: Q) -> int:
    # Without an order: with one, SQLite walks all analyses in that order.
    lost = list(Analysis.objects.filter(which, state=State.RUNNING).order_by())
    return sum(give_back(analysis, BrokenOff()) for analysis in lost)


def give_back(analysis: Analysis, error: ImageError) -> bool:
    """Put a run that came to nothing back into the queue, or let it fail after the last attempt.

    Returns whether this run still counted.
    """
    if analysis.attempts >= MAX_ATTEMPTS:
        return fail(analysis, error)
    run = Analysis.objects.of_run(analysis)
    counted = bool(run.update(state=State.QUEUED, worker="", lease_until=None))
    if counted:
        EventCount.objects.add({(Event.ANALYSIS, "again"): 1})
        logger.warning("Analysis %s goes back into the queue.", analysis.pk)
    return counted


def postpone(run: AnalysisQuerySet) -> bool:
    """Put a run back that failed for no fault of the picture, which may wait as long as need be.

    Returns whether this run still counted.
    """
    back = {"state": State.QUEUED, "worker": "", "lease_until": None}
    return bool(run.update(attempts=F("attempts") - 1, **back))


def fail(analysis: Analysis, error: ImageError) -> bool:
    """Write down that there is no result, and why; returns whether this run still counted."""
    run, original = Analysis.objects.of_run(analysis), analysis.original.name
    sender = analysis.sender
    analysis.fail(error)
    ending = {name: getattr(analysis, name) for name in ENDING}
    counted = run.update(**dict.fromkeys(FILES, ""), **ending)
    if counted:
        delete_files([original])
        analysis.delete_pictures()  # what was written of them, or is of an earlier run
        is_refused = analysis.error_status == BAD_FILE
        EventCount.objects.add({(Event.ANALYSIS, "refused" if is_refused else "failed"): 1})
        if is_refused and sender:
            _put_off(sender)
    return bool(counted)


def _put_off(sender: uuid.UUID) -> None:
    """Count one more file of a sender as refused, and put off what it has sent before that."""
    with transaction.atomic():
        Refusals.objects.add(sender)
        waiting = Analysis.objects.waiting().filter(sender=sender)
        # In the order in which a deletion locks them: neither waits for the other.
        rows = list(waiting.order_by("pk").select_for_update().values_list("pk", flat=True))
        Analysis.objects.filter(pk__in=rows).update(turn=F("turn") + ROUNDS)
