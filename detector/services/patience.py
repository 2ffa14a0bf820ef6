"""A worker that goes on when the database, the storage or the broker is away for a while."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from django.db import DatabaseError, close_old_connections

logger = logging.getLogger(__name__)

ERROR_SECONDS = 2.0


def despite_errors(step: Callable[[], bool]) -> bool:
    """What `step` returns; False, after a pause, where it cannot do its work."""
    try:
        return step()
    except DatabaseError as error:  # before the first `migrate`, or it is away
        logger.error("The worker cannot use the database: %s", error)
    except Exception:
        logger.exception("The worker goes on after an error.")
    finally:
        close_old_connections()
    time.sleep(ERROR_SECONDS)
    return False
