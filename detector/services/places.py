"""Where one more picture stands in the queue: how many places there are, and whose turn is when."""

from __future__ import annotations

import math
import uuid

from django.conf import settings
from django.db.models import Count, Max, Min, Q

from detector.analysis.answers import Busy
from detector.models import Analysis, Place, Priority, Refusals
from detector.models.refusals import ROUNDS

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
    refused = Refusals.objects.count_recent(who)
    waiting = _count_waiting(who)
    _check_room(waiting, is_doubted=refused > 0)
    turn = (waiting["next"] or 0) + ROUNDS * refused
    if waiting["last"] is not None:
        turn = max(turn, waiting["last"] + 1)
    return Place(priority, turn, who)


def _count_waiting(who: uuid.UUID) -> dict[str, int]:
    """How many wait: all, of this sender, and of all senders whose last files were refused.

    `next` is the earliest turn of the other senders, `last` the latest one of this sender; None
    where there is none.
    """
    own, doubted = Q(sender=who), Q(sender__in=Refusals.objects.recent().values("sender"))
    return Analysis.objects.waiting().aggregate(
        all=Count("pk"),
        own=Count("pk", filter=own),
        doubted=Count("pk", filter=doubted),
        next=Min("turn", filter=~doubted),
        last=Max("turn", filter=own),
    )


def _check_room(waiting: dict[str, int], *, is_doubted: bool) -> None:
    """One sender has at most half of the places, and so have all doubted ones together."""
    if waiting["all"] >= settings.ANALYSIS_QUEUE:
        raise Busy(waiting["all"])
    half = math.ceil(settings.ANALYSIS_QUEUE / 2)
    for name in ("own", "doubted") if is_doubted else ("own",):
        if waiting[name] >= half:
            raise Busy(waiting[name])
