"""The operations on batches: make one, see how far it is, and take its results away as a file."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from typing import Any

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404
from ninja import Query, Router, Status

from detector.models import Batch, Upload
from detector.services import ask_for_message, describe_batch, describe_detection
from detector.services.exporting import csv_lines, json_lines

from . import shapes
from .access import Caller, Token, get_caller
from .bodies import check_query
from .callbacks import check_callback
from .idempotency import make_once
from .openapi import KEY_PARAMETER, text_of, with_location
from .pages import after, place_of, take
from .problems import field_error, wrong_fields

router = Router(tags=["batches"])

AT_ONCE = 200


@router.post(
    "",
    auth=Token(writes=True),
    response={200: shapes.Batch, 201: shapes.Batch},
    openapi_extra={**KEY_PARAMETER, **with_location(200, 201)},
)
def create_batch(
    request: HttpRequest, response: HttpResponse, payload: shapes.NewBatch
) -> Status[dict[str, Any]]:
    """Make a batch; its id is then the field `batch` of POST detections."""
    check_query(request)
    caller = get_caller(request)
    _check(caller, payload)
    parts = [payload.model_dump_json()]
    (pk,) = make_once(request, caller, parts, lambda: [_make(caller, payload)])
    batch = describe_batch(_get_mine(request, pk))
    response.headers["Location"] = batch["url"]
    return Status(201, batch)


@router.get("/{uuid:id}", auth=Token(), response=shapes.BatchPage, url_name="batch")
def get_batch(request: HttpRequest, id: uuid.UUID, part: Query[shapes.Part]) -> dict[str, Any]:
    """How far a batch is, counted now, and a part of its detections, the oldest first."""
    check_query(request, *shapes.Part.model_fields)
    batch = _get_mine(request, id)
    items, rest = take(_uploads(batch), part.cursor, part.limit, newest_first=False)
    described = {"items": list(map(describe_detection, items)), "next": rest}
    return describe_batch(batch) | described


@router.get(
    "/{uuid:id}.csv", auth=Token(), openapi_extra=text_of("text/csv", "A row for each detection.")
)
def get_batch_csv(request: HttpRequest, id: uuid.UUID) -> StreamingHttpResponse:
    """The results as a table, the oldest first; what has none says why in its last column."""
    return _stream(request, id, "csv", "text/csv; charset=utf-8", csv_lines)


@router.get(
    "/{uuid:id}.jsonl",
    auth=Token(),
    openapi_extra=text_of("application/jsonl", "A line for each detection."),
)
def get_batch_jsonl(request: HttpRequest, id: uuid.UUID) -> StreamingHttpResponse:
    """The detections, an object in each line, the oldest first."""
    return _stream(request, id, "jsonl", "application/jsonl", json_lines)


def _check(caller: Caller, wanted: shapes.NewBatch) -> None:
    check_callback(caller, wanted.callback_url or "")
    if wanted.callback_url and wanted.size is None:
        raise wrong_fields([field_error("size", "is missing, without which a batch has no end")])


def _make(caller: Caller, wanted: shapes.NewBatch) -> uuid.UUID:
    batch = Batch.objects.create(owner=caller.owner, name=wanted.name, size=wanted.size)
    if caller.token is not None and wanted.callback_url:
        ask_for_message(caller.token, wanted.callback_url, batch)
    return batch.pk


def _get_mine(request: HttpRequest, pk: uuid.UUID) -> Batch:
    batch: Batch = get_object_or_404(Batch.objects.owned_by(get_caller(request).owner), pk=pk)
    return batch


def _uploads(batch: Batch) -> Any:
    return Upload.objects.owned_by(batch.owner).filter(batch=batch)


def _stream(
    request: HttpRequest,
    pk: uuid.UUID,
    suffix: str,
    kind: str,
    lines: Callable[[Iterator[Upload]], Iterator[str]],
) -> StreamingHttpResponse:
    """A file of lines, of which only some are in memory at any time."""
    check_query(request)
    batch = _get_mine(request, pk)
    name = f"batch-{batch.pk}.{suffix}"
    return StreamingHttpResponse(
        (f"{line}\n" for line in lines(_iterate(batch))),
        content_type=kind,
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def _iterate(batch: Batch) -> Iterator[Upload]:
    """All uploads by their places: what comes or goes meanwhile makes none appear twice."""
    place = None
    while some := list(after(_uploads(batch), place, newest_first=False)[:AT_ONCE]):
        yield from some
        place = place_of(some[-1])
