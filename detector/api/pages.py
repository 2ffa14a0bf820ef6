"""Lists in parts: a cursor is the place of the last row, so that new rows shift nothing."""

from __future__ import annotations

import re
import uuid
from datetime import UTC, datetime, timedelta

from django.db.models import Q, QuerySet

from detector.models import Upload

from .problems import field_error, wrong_fields

Place = tuple[datetime, uuid.UUID]

# Microseconds since 1970 and the id of the last row: whatever has this form is a place.
CURSOR = re.compile(r"^([0-9]{1,16})-([0-9a-f]{32})$", re.ASCII)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def take(
    uploads: QuerySet[Upload], cursor: str | None, limit: int, *, newest_first: bool
) -> tuple[list[Upload], str | None]:
    """The uploads after the cursor, at most `limit`, and the cursor of the rest if there is one."""
    rows = list(after(uploads, _read(cursor), newest_first=newest_first)[: limit + 1])
    some = rows[:limit]
    return some, _write(place_of(some[-1])) if len(rows) > limit else None


def after(
    uploads: QuerySet[Upload], place: Place | None, *, newest_first: bool
) -> QuerySet[Upload]:
    """The uploads behind a place, in order; all of them for None."""
    sign, beyond = ("-", "lt") if newest_first else ("", "gt")
    if place is not None:
        moment, pk = place
        later = Q(**{f"created_at__{beyond}": moment})
        uploads = uploads.filter(later | Q(created_at=moment, **{f"pk__{beyond}": pk}))
    return uploads.order_by(f"{sign}created_at", f"{sign}pk")


def place_of(upload: Upload) -> Place:
    return upload.created_at, upload.pk


def _write(place: Place) -> str:
    moment, pk = place
    return f"{(moment - EPOCH) // timedelta(microseconds=1)}-{pk.hex}"


def _read(cursor: str | None) -> Place | None:
    if cursor is None:
        return None
    parts = CURSOR.fullmatch(cursor)
    if parts is None:
        said = "is none that this API has given; accepted is the `next` of the part before"
        raise wrong_fields([field_error("cursor", said)])
    return EPOCH + timedelta(microseconds=int(parts[1])), uuid.UUID(hex=parts[2])
