"""What a Celery worker does. A message says no more than that there is something to do.

The rows tell what: a message that comes twice, or late, finds nothing, and one that the broker has
lost is sent again by any worker that is idle.
"""

from __future__ import annotations

import uuid
from functools import cache

from celery import shared_task
from celery.signals import worker_ready

from detector import installation, services
from detector.models import Comparison
from detector.services.comparing import COMPARING_TASK, send_comparison
from detector.services.courier import Courier
from detector.services.engines import TASK, send_lost
from detector.services.keeper import Keeper


@cache
def get_keeper() -> Keeper:
    """The leases of this process."""
    return Keeper(f"celery {uuid.uuid4()}", _find_lost)


def _find_lost() -> None:
    if get_keeper().is_idle:
        send_lost()
        if Comparison.objects.waiting().exists():
            send_comparison()


@worker_ready.connect
def begin(**kwargs: object) -> None:
    """Load the models before the first message, care for the leases, and send webhooks."""
    installation.get_pool()
    get_keeper().start()
    Courier().start()


@shared_task(name=TASK)
def analyse(_: str) -> None:
    """Run what is next in the queue, which need not be the picture that the message names.

    The broker knows only the order in which pictures came; the rows know whose turn it is.
    """
    analysis = services.claim_next(get_keeper().name)
    if analysis is not None:
        with get_keeper().at(analysis.pk):
            services.run(analysis)


@shared_task(name=COMPARING_TASK)
def compare() -> None:
    """Run what waits to be compared, unless a picture waits longer: an idle worker asks again."""
    while comparison := services.claim_comparison():
        services.run_comparison(comparison)
