"""The pages: upload, result, preview, JSON, delete, methods."""

from __future__ import annotations

import uuid
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import (
    FileResponse,
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseRedirect,
    JsonResponse,
)
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.datastructures import MultiValueDict
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from detector.inference.formats import FORMAT_NAMES
from detector.inference.images import ImageError, say_too_large
from detector.inference.methods import METHODS
from detector.installation import get_limits
from detector.models import State, Upload
from detector.services import submit, wait, withdraw

from .errors import is_api, mark_refusal, refuse
from .forms import UploadForm
from .owners import get_owner, make_owner
from .presenters.methods_page import build_page as build_methods
from .presenters.result_page import build_page as build_result

RECENT = 8


@require_http_methods(["GET", "HEAD", "POST"])
def index(request: HttpRequest) -> HttpResponse:
    posted = request.method == "POST"
    asked = {"stability": request.GET.get("stability") == "1"}
    form = UploadForm(request.POST, request.FILES) if posted else UploadForm(initial=asked)
    if posted and form.is_valid():
        try:
            return redirect(_analyse(request, form))
        except ImageError as error:
            return _render_refusal(request, form, error)
        except Upload.DoesNotExist:  # its owner has deleted it in another tab
            return redirect("detector:index")
    return _render_index(request, form, status=400 if form.errors else 200)


def _analyse(request: HttpRequest, form: UploadForm) -> Upload:
    """The upload, with its result if that comes soon. Raises `ImageError` where there is none."""
    file = form.cleaned_data["image"]
    upload = submit(
        file,
        owner=make_owner(request),
        filename=file.name,
        with_stability=form.cleaned_data["stability"],
    )
    upload = wait(upload, settings.PAGE_WAIT_SECONDS)
    if upload.analysis.state == State.FAILED:
        withdraw(upload)
        raise upload.analysis.refusal
    return upload


def _render_refusal(request: HttpRequest, form: UploadForm, error: ImageError) -> HttpResponse:
    """The form again, with the reason why there is no result."""
    form.errors["image"] = form.error_class([str(error)])
    return mark_refusal(_render_index(request, form), error)


def _render_index(request: HttpRequest, form: UploadForm, *, status: int = 200) -> HttpResponse:
    mine = Upload.objects.owned_by(get_owner(request))
    recent = mine.exclude(analysis__state=State.FAILED)[:RECENT]
    context = {"form": form, "recent": recent} | _conditions()
    return render(request, "detector/index.html", context, status=status)


def refuse_upload(request: HttpRequest, length: int | None) -> HttpResponse:
    """The answer to a body that is too large to be read: the sentence, and the form again.

    `length` is how many bytes it has, if that is known.
    """
    limits = get_limits()
    said = f"The file is too large; at most {settings.MAX_UPLOAD_MB} MB are accepted."
    if length and length > limits.max_bytes:
        said = say_too_large(length, limits)
    if is_api(request):
        return refuse(request, said, 413)
    form = UploadForm({}, MultiValueDict())
    form.errors["image"] = form.error_class([said])
    return _render_index(request, form, status=413)


def _conditions() -> dict[str, Any]:
    """What the home page says about pictures, limits and methods."""
    limits = get_limits()
    return {
        "format_names": FORMAT_NAMES,
        "max_bytes": limits.max_bytes,
        "max_megabytes": limits.max_bytes // 2**20,
        "megapixels": limits.max_pixels // 1_000_000,
        "retention_hours": settings.RETENTION_HOURS,
        "methods": METHODS.values(),
    }


@require_safe
@cache_control(private=True, no_store=True)
def result(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    upload = _get_mine(request, pk)
    if upload.analysis.state == State.FAILED:
        form = UploadForm({}, MultiValueDict())
        return _render_refusal(request, form, upload.analysis.refusal)
    if not upload.analysis.is_done:
        return render(request, "detector/waiting.html", {"upload": upload})
    context = {"upload": upload, "staff": getattr(request.user, "is_staff", False)}
    return render(request, "detector/result.html", context | build_result(upload.verdict))


def _get_mine(request: HttpRequest, pk: uuid.UUID) -> Upload:
    upload: Upload = get_object_or_404(Upload.objects.owned_by(get_owner(request)), pk=pk)
    return upload


@require_safe
@cache_control(private=True, no_store=True)
def result_json(request: HttpRequest, pk: uuid.UUID) -> JsonResponse:
    """The result as a file, the same object that API and command line give."""
    upload = _get_mine(request, pk)
    if not upload.analysis.is_done:
        raise Http404
    name = f"detection-{upload.analysis.sha256[:16]}.json"
    return JsonResponse(
        upload.result,
        json_dumps_params={"indent": 2},
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


@require_safe
@cache_control(private=True, no_store=True)
def preview(request: HttpRequest, pk: uuid.UUID) -> FileResponse:
    return _picture(request, pk, "preview")


@require_safe
@cache_control(private=True, no_store=True)
def error_levels(request: HttpRequest, pk: uuid.UUID) -> FileResponse:
    return _picture(request, pk, "error_levels")


def _picture(request: HttpRequest, pk: uuid.UUID, field: str) -> FileResponse:
    picture = getattr(_get_mine(request, pk), field)
    if not picture:  # not yet there, or never kept
        raise Http404
    try:
        return FileResponse(picture.open(), content_type="image/webp")
    except FileNotFoundError as error:  # deleted meanwhile
        raise Http404 from error


@require_POST
def delete(request: HttpRequest, pk: uuid.UUID) -> HttpResponseRedirect:
    mine = Upload.objects.owned_by(get_owner(request)).filter(pk=pk)
    if mine.delete_with_files():
        messages.success(request, "The picture and its result were deleted.")
    return redirect("detector:index")


@require_safe
def methods(request: HttpRequest) -> HttpResponse:
    return render(request, "detector/methods.html", build_methods())
