"""Copies of a picture side by side: the form, the comparison, its pictures, its end."""

from __future__ import annotations

import uuid
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.files.storage import default_storage
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from ai_image_detector.server import MOST_BODIES
from detector.comparison.result import VIEWS
from detector.inference.formats import FORMAT_NAMES
from detector.inference.images import ImageError
from detector.models import Comparison, State, Upload
from detector.models.comparison import MOST_COPIES
from detector.reports.writing import make_comparison_pdf
from detector.services import Source, submit_comparison
from detector.web.errors import mark_refusal
from detector.web.forms import CompareForm
from detector.web.owners import get_mine, get_owner, make_owner
from detector.web.presenters.compare_page import build_page

from .report import answer_pdf, get_paper


@require_http_methods(["GET", "HEAD", "POST"])
def compare(request: HttpRequest) -> HttpResponse:
    earlier = _get_earlier(request)
    if request.method != "POST":
        return render_form(request, CompareForm(), earlier)
    form = CompareForm(request.POST, request.FILES)
    if not form.is_valid():
        return render_form(request, form, earlier, status=400)
    sources = [Source(upload=earlier)] if earlier else []
    sources += [Source(file=file) for file in form.files_given]
    try:
        comparison = submit_comparison(sources, owner=make_owner(request))
    except ImageError as error:
        return _refuse(request, form, earlier, error)
    return redirect("detector:comparison", comparison.pk)


def _get_earlier(request: HttpRequest) -> Upload | None:
    """The upload that copies are to be compared with; `Http404` for one that is not this session's.

    Its preview takes its place, because its original was not kept.
    """
    value = request.GET.get("with", "")
    if not value:
        return None
    try:
        upload = get_mine(request, uuid.UUID(value))
    except ValueError as error:
        raise Http404 from error
    if not upload.analysis.is_done or not upload.preview:
        raise Http404
    return upload


def render_form(
    request: HttpRequest, form: CompareForm, earlier: Upload | None, *, status: int = 200
) -> HttpResponse:
    """The page with the form."""
    context = {
        "form": form,
        "earlier": earlier,
        "format_names": FORMAT_NAMES,
        "max_megabytes": settings.MAX_UPLOAD_MB,
        "max_megabytes_together": MOST_BODIES * settings.MAX_UPLOAD_MB,
        "most_copies": MOST_COPIES,
    }
    return render(request, "detector/compare.html", context, status=status)


def _refuse(
    request: HttpRequest, form: CompareForm, earlier: Upload | None, error: ImageError
) -> HttpResponse:
    form.errors["copies"] = form.error_class([str(error)])
    return mark_refusal(render_form(request, form, earlier), error)


@require_safe
@cache_control(private=True, no_store=True)
def comparison(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    row = _get_comparison(request, pk)
    if row.state == State.FAILED:
        return _refuse(request, CompareForm(), None, row.refusal)
    copies = list(row.copies.select_related("upload__analysis"))
    context: dict[str, Any] = {"comparison": row, "copies": copies}
    if row.is_unfinished or any(copy.upload.analysis.is_unfinished for copy in copies):
        return render(request, "detector/comparison_waiting.html", context)
    return render(request, "detector/comparison.html", context | build_page(row, copies))


def _get_comparison(request: HttpRequest, pk: uuid.UUID) -> Comparison:
    mine = Comparison.objects.owned_by(get_owner(request))
    row: Comparison = get_object_or_404(mine, pk=pk)
    return row


@require_safe
@cache_control(private=True, no_store=True)
def view(request: HttpRequest, pk: uuid.UUID, place: int, name: str) -> FileResponse:
    """One picture of a comparison."""
    row = _get_comparison(request, pk)
    pair = row.typed_result.pair(place) if row.state == State.DONE else None
    if name not in VIEWS or pair is None or not pair.has_views:
        raise Http404
    file = pair.view(name)
    try:
        opened = default_storage.open(row.view_path(file))
    except FileNotFoundError as error:  # deleted meanwhile
        raise Http404 from error
    return FileResponse(opened, content_type=f"image/{file.rpartition('.')[2]}")


@require_safe
@cache_control(private=True, no_store=True)
def comparison_pdf(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """The report of a finished comparison."""
    row = _get_comparison(request, pk)
    copies = list(row.copies.select_related("upload__analysis"))
    if row.state != State.DONE or any(copy.upload.analysis.is_unfinished for copy in copies):
        raise Http404
    pdf = make_comparison_pdf(row, copies, paper=get_paper(request))
    return answer_pdf(pdf, f"comparison-{row.created_at:%Y-%m-%d}-{str(row.pk)[:8]}.pdf")


@require_POST
def delete(request: HttpRequest, pk: uuid.UUID) -> HttpResponseRedirect:
    mine = Comparison.objects.owned_by(get_owner(request)).filter(pk=pk)
    if mine.delete_with_files():
        messages.success(
            request, _("The comparison was deleted. The results of its copies are kept.")
        )
    return redirect("detector:compare")
