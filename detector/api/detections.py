"""The operations on detections: send pictures, ask for results, list and delete them."""

from __future__ import annotations

import hashlib
import time
import uuid
from collections.abc import Iterator
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.db.models import F, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from ninja import Query, Router, Status

from detector import services
from detector.models import Batch, Priority, Upload

from . import shapes
from .access import CHALLENGE, Caller, Token, get_caller
from .bodies import Form, check_query, read_form
from .callbacks import check_callback
from .idempotency import make_once
from .openapi import FORM, KEY_PARAMETER, with_location
from .pages import take
from .problems import Problem

router = Router(tags=["detections"])


@router.post(
    "",
    auth=Token(writes=True),
    response={200: shapes.Detections, 202: shapes.Detections},
    openapi_extra={**FORM, **KEY_PARAMETER, **with_location(200, 202)},
    url_name="detections",
)
def create_detections(
    request: HttpRequest,
    response: HttpResponse,
    asked: Query[shapes.Wait],
) -> Status[dict[str, Any]]:
    """Send pictures. 200: all have ended, well or not; 202: ask the address in Location later."""
    check_query(request, "wait")
    caller, form = get_caller(request), read_form(request)
    check_callback(caller, form.callback_url)
    batch = _find_batch(caller, form)
    ids = make_once(request, caller, _parts(form), lambda: _submit_all(form, caller, batch))
    uploads = _wait_for(ids, asked.wait)
    response.headers["Location"] = _location(uploads, form)
    ended = not any(upload.analysis.is_unfinished for upload in uploads)
    return Status(200 if ended else 202, {"items": list(map(services.describe_detection, uploads))})


@router.get("", auth=Token(), response=shapes.Page, url_name="detections")
def list_detections(request: HttpRequest, filters: Query[shapes.Filters]) -> dict[str, Any]:
    """The caller's detections, the newest first."""
    check_query(request, *shapes.Filters.model_fields)
    caller = get_caller(request)
    if caller.is_stranger:
        raise Problem(401, "Only a token has a list of detections.", headers=CHALLENGE)
    uploads = _filter(Upload.objects.owned_by(caller.owner), filters)
    items, rest = take(uploads, filters.cursor, filters.limit, newest_first=True)
    return {"items": list(map(services.describe_detection, items)), "next": rest}


@router.get("/{uuid:id}", auth=Token(), response=shapes.Detection, url_name="detection")
def get_detection(request: HttpRequest, id: uuid.UUID) -> dict[str, Any]:
    """One detection, with its result as soon as there is one."""
    check_query(request)
    mine = Upload.objects.owned_by(get_caller(request).owner)
    return services.describe_detection(get_object_or_404(mine, pk=id))


@router.delete("/{uuid:id}", auth=Token(writes=True), response={204: None})
def delete_detection(request: HttpRequest, id: uuid.UUID) -> Status[None]:
    """Delete a detection, its result, and its bytes if they still wait."""
    check_query(request)
    mine = Upload.objects.owned_by(get_caller(request).owner)
    services.withdraw(get_object_or_404(mine, pk=id))
    return Status(204, None)


def _find_batch(caller: Caller, form: Form) -> Batch | None:
    if form.batch is None:
        return None
    batch = Batch.objects.owned_by(caller.owner).filter(pk=form.batch).first()
    if batch is None:
        raise Problem(404, f"There is no batch {form.batch}, or it is another's.")
    return batch


def _parts(form: Form) -> Iterator[str]:
    """What makes two forms the same one."""
    yield from (str(form.batch), form.callback_url, str(form.stability))
    for image in form.images:
        yield from (image.name or "", _digest(image))


def _digest(image: UploadedFile[Any]) -> str:
    digest = hashlib.sha256()
    for chunk in image.chunks():
        digest.update(chunk)
    return digest.hexdigest()


def _submit_all(form: Form, caller: Caller, batch: Batch | None) -> list[uuid.UUID]:
    """Take in all pictures of a form, or none of them."""
    uploads: list[Upload] = []
    try:
        for image in form.images:
            uploads.append(_submit(image, form, caller, batch))
    except BaseException:
        for upload in uploads:
            services.withdraw(upload)
        raise
    if batch is not None:
        Batch.objects.filter(pk=batch.pk).update(sent=F("sent") + len(uploads))
    if caller.token is not None and form.callback_url:
        for upload in uploads:
            services.ask_for_message(caller.token, form.callback_url, upload)
    return [upload.pk for upload in uploads]


def _submit(image: UploadedFile[Any], form: Form, caller: Caller, batch: Batch | None) -> Upload:
    return services.submit(
        image,
        owner=caller.owner,
        scope=caller.scope,
        filename=image.name or "",
        # Nobody waits for one picture of a batch.
        priority=Priority.BULK if batch else Priority.INTERACTIVE,
        with_pictures=False,
        with_stability=form.stability,
        batch=batch,
    )


def _wait_for(ids: list[uuid.UUID], seconds: int) -> list[Upload]:
    """The uploads, when all have ended or the time is over. Raises `Problem` for deleted ones."""
    found = Upload.objects.select_related("analysis").in_bulk(ids)
    if len(found) < len(ids):
        raise Problem(404, "What this request has made was deleted.")
    end = time.monotonic() + seconds
    return [services.wait(found[pk], max(end - time.monotonic(), 0)) for pk in ids]


def _location(uploads: list[Upload], form: Form) -> str:
    """Where to ask: for the one picture, for the batch, or for the list."""
    if len(uploads) == 1:
        return reverse("api-v1:detection", args=[uploads[0].pk])
    return (
        reverse("api-v1:batch", args=[form.batch]) if form.batch else reverse("api-v1:detections")
    )


def _filter(uploads: QuerySet[Upload], wanted: shapes.Filters) -> QuerySet[Upload]:
    conditions = {
        "analysis__label": wanted.label,
        "analysis__outcome": wanted.outcome,
        "created_at__gte": wanted.since,
        "created_at__lt": wanted.until,
        "batch": wanted.batch,
    }
    return uploads.filter(**{name: v for name, v in conditions.items() if v is not None})
