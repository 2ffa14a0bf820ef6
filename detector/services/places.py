"""Where one more picture stands in the queue: how many places there are, and whose turn is when."""

from __future__ import annotations

import math
import uuid

from django.conf import settings
from django.db.models import Count, Max, Min, Q

from detector.analysis.answers import Busy
from detector.models import Analysis, Place, Priority, Refusals
from detector.models.refusals import FREE, ROUNDS

from .senders import sender


def find_place(owner: uuid.UUID, priority: int) -> Place:
    """The place in the queue of one more picture. Raises `Busy` where there is none.

    Turns go round: the first picture of a sender comes right after the one that is next, each
    further one a round later than the one before it. Each file of a sender that was refused of late
    puts the next ones off by ROUNDS, so that pictures overtake a flood of damaged files, however
    many addresses it comes from; where nobody else waits, there is nothing to wait for.
    """
    who = sender.get() or owner
    if priority != Priority.INTERACTIVE:
        return Place(priority, 0, who)
    refused = min(Refusals.objects.count_recent(who), FREE)
    waiting = _count_waiting(who)
    _check_room(waiting, refused)
    turn = _find_round(waiting["first"], waiting["late"], refused)
    if waiting["last"] is not None:
        turn = max(turn, waiting["last"] + 1)
    return Place(priority, turn, who)


def _count_waiting(who: uuid.UUID) -> dict[str, int | None]:
    """How many wait: all, of this sender, and of all `doubted` ones, whose last files were refused.

    `late` is the earliest turn of a doubted sender, `first` that of all others, `last` the latest
    one of this sender; None where there is none.
    """
    own, doubted = Q(sender=who), Q(sender__in=Refusals.objects.recent().values("sender"))
    return Analysis.objects.waiting().aggregate(
        all=Count("pk"),
        own=Count("pk", filter=own),
        doubted=Count("pk", filter=doubted),
        first=Min("turn", filter=~doubted),
        late=Min("turn", filter=doubted),
        last=Max("turn", filter=own),
    )


def _check_room(waiting: dict[str, int | None], refused: int) -> None:
    """One sender has at most half of the places.

    A doubted one gets no second place while all of them together have half. It gets a first one, so
    that nobody is shut out for one damaged file.
    """
    half = math.ceil(settings.ANALYSIS_QUEUE / 2)
    limits = {"all": settings.ANALYSIS_QUEUE, "own": half}
    if refused and waiting["own"]:
        limits["doubted"] = half
    for name, limit in limits.items():
        if (number := waiting[name] or 0) >= limit:
            raise Busy(number)


def _find_round(first: int | None, late: int | None, refused: int) -> int:
    """The turn of a sender of whom nothing waits."""
    now = first or 0
    if refused:
        return now + ROUNDS * refused
    # Before all late ones, also where what waits beside them stands far behind.
    return now if late is None else max(min(now, late - 1), 0)
