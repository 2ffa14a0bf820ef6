"""The home page: the form for a picture, and what becomes of a picture that is sent with it."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.datastructures import MultiValueDict
from django.views.decorators.http import require_http_methods

from detector.inference.formats import FORMAT_NAMES
from detector.inference.images import ImageError, say_too_large
from detector.inference.methods import METHODS
from detector.installation import get_limits
from detector.models import State, Upload
from detector.services import submit, wait, withdraw
from detector.web.errors import is_api, mark_refusal, refuse
from detector.web.forms import UploadForm
from detector.web.owners import get_owner, make_owner

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
            return render_refusal(request, form, error)
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


def render_refusal(request: HttpRequest, form: UploadForm, error: ImageError) -> HttpResponse:
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
