"""Batches: making and filling one, its page, the rows that have changed, and its files."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    JsonResponse,
    StreamingHttpResponse,
)
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from django.views.decorators.cache import cache_control
from django.views.decorators.http import (
    require_GET,
    require_http_methods,
    require_POST,
    require_safe,
)

from detector.inference.images import ImageError
from detector.inference.wording import retell
from detector.models import Batch, Upload, UploadQuerySet
from detector.reports.writing import zip_reports
from detector.services.batches import (
    MAX_BATCH,
    add_to_batch,
    make_batch,
    measure_progress,
)
from detector.services.exporting import marked_csv_lines, marked_json_lines
from detector.web.errors import mark_refusal
from detector.web.lists import ListForm, changed_since, select
from detector.web.owners import get_owner, make_owner
from detector.web.scripts import refuse_script
from detector.web.views.report import get_paper

Lines = Callable[[Iterable[Upload]], Iterator[str]]
NOT_KEPT = gettext_noop("The server could not keep the file. Try again in a moment.")


def take_batch(request: HttpRequest, pictures: Sequence[UploadedFile[Any]]) -> HttpResponse:
    """All pictures of one form, where no script sends them one by one."""
    more = {"name": pictures[0].name, "count": len(pictures) - 1}
    name = _("%(name)s and %(count)d more") % more
    batch = make_batch(make_owner(request), name, len(pictures))
    stability = request.POST.get("stability") == "on"
    for picture in pictures[:MAX_BATCH]:
        try:
            add_to_batch(batch, picture, picture.name or "", with_stability=stability)
        except (ImageError, OSError) as error:
            said = _(NOT_KEPT) if isinstance(error, OSError) else retell(str(error), "refusal")
            messages.error(request, f"{picture.name}: {said}")
    return redirect("detector:batch", batch.pk)


@require_http_methods(["GET", "HEAD", "POST"])
def batches(request: HttpRequest) -> HttpResponse:
    """Make a batch, or see the list of them, which is on the page of the history."""
    if request.method != "POST":
        return redirect(f"{reverse('detector:history')}#batches")
    return _create(request)


def _create(request: HttpRequest) -> HttpResponse:
    """A batch for a number of pictures, which a script then sends to it one by one."""
    size = request.POST.get("size", "")
    if not (size.isdecimal() and 0 < int(size[:6]) <= MAX_BATCH):
        said = f"The size of a batch is {size[:20]!r}; accepted are whole numbers to {MAX_BATCH}."
        return refuse_script(said, 400)
    name = request.POST.get("name", "") or _("Pictures")
    batch = make_batch(make_owner(request), name, int(size))
    url = reverse("detector:batch", args=[batch.pk])
    pictures = reverse("detector:batch-pictures", args=[batch.pk])
    return JsonResponse({"url": url, "pictures": pictures}, status=201)


@require_POST
def add_picture(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """One more picture; a file that cannot be analysed is taken, and its row says why."""
    batch = get_my_batch(request, pk)
    picture = request.FILES.get("image")
    if picture is None:
        return refuse_script("The form has no file 'image'.", 400)
    stability = request.POST.get("stability") == "on"
    try:
        upload = add_to_batch(batch, picture, picture.name or "", with_stability=stability)
    except ImageError as error:
        return mark_refusal(refuse_script(str(error), 400), error)
    except OSError:
        return refuse_script(NOT_KEPT, 503)
    return JsonResponse({"error": upload.analysis.error or None}, status=201)


@require_safe
@cache_control(private=True, no_store=True)
def batch(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    mine = get_my_batch(request, pk)
    # The moment before the rows are read: what changes meanwhile comes with the next look.
    now = datetime.now(UTC)
    form = ListForm(request.GET)
    context = {
        "batch": mine,
        "form": form,
        "sheet": form.is_sheet,
        "uploads": select(uploads_of(mine), form),
        "progress": measure_progress(mine),
        "now": now,
    }
    return render(request, "detector/batch.html", context)


@require_GET
@cache_control(private=True, no_store=True)
def changes(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """The progress, and the rows that have changed since the last look, to be put in their places.

    Rows of a list that is filtered or sorted stay where they are until somebody sorts again.
    """
    mine = get_my_batch(request, pk)
    since, now = _read_moment(request.GET.get("since", "")), datetime.now(UTC)
    form = ListForm(request.GET)
    context = {
        "batch": mine,
        "sheet": form.is_sheet,
        "uploads": changed_since(select(uploads_of(mine), form), since),
        "progress": measure_progress(mine),
        "now": now,
        "query": form.query,
    }
    return render(request, "detector/batch_changes.html", context)


@require_safe
@cache_control(private=True, no_store=True)
def export(request: HttpRequest, pk: uuid.UUID, suffix: str) -> StreamingHttpResponse:
    """The results of a batch with marks and notes, as CSV or JSON lines."""
    kinds: dict[str, tuple[str, Lines]] = {
        "csv": ("text/csv; charset=utf-8", marked_csv_lines),
        "jsonl": ("application/jsonl", marked_json_lines),
    }
    if suffix not in kinds:
        raise Http404
    kind, lines = kinds[suffix]
    mine = get_my_batch(request, pk)
    uploads = uploads_of(mine).order_by("created_at", "pk").iterator(chunk_size=100)
    return StreamingHttpResponse(
        (f"{line}\n" for line in lines(uploads)),
        content_type=kind,
        headers={"Content-Disposition": f'attachment; filename="batch-{pk}.{suffix}"'},
    )


@require_safe
@cache_control(private=True, no_store=True)
def reports(request: HttpRequest, pk: uuid.UUID) -> StreamingHttpResponse:
    """The reports of a batch as a ZIP of PDFs, on A4 or, with `?paper=letter`, on Letter."""
    paper = get_paper(request)
    uploads = uploads_of(get_my_batch(request, pk)).order_by("created_at", "pk")
    return StreamingHttpResponse(
        zip_reports(uploads.iterator(chunk_size=100), paper=paper),
        content_type="application/zip",
        headers={"Content-Disposition": f'attachment; filename="reports-{pk}.zip"'},
    )


def get_my_batch(request: HttpRequest, pk: uuid.UUID) -> Batch:
    """The batch, if it is this session's own; else `Http404`."""
    found: Batch = get_object_or_404(Batch.objects.owned_by(get_owner(request)), pk=pk)
    return found


def uploads_of(of: Batch) -> UploadQuerySet:
    """Its uploads that have neither expired nor been removed."""
    return Upload.objects.owned_by(of.owner).filter(batch=of)


def _read_moment(text: str) -> datetime:
    """The moment of the last look; without a usable one, all rows are new."""
    try:
        return datetime.fromtimestamp(float(text), UTC)
    except (ValueError, OverflowError, OSError):
        return datetime.fromtimestamp(0, UTC)
