"""The home page: the form for pictures, and what becomes of a picture that is sent with it."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.files.base import File
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.datastructures import MultiValueDict
from django.views.decorators.http import require_http_methods

from detector.inference.images import ImageError, say_too_large
from detector.inference.methods import METHODS
from detector.inference.wording import ENGLISH, retell, say
from detector.installation import get_limits
from detector.models import State, Upload
from detector.services import submit, wait, withdraw
from detector.services.fetching import NotFetched
from detector.web.errors import is_api, mark_refusal, refuse
from detector.web.fetched import fetch_picture, say_why
from detector.web.forms import UploadForm
from detector.web.owners import get_owner, make_owner
from detector.web.presenters.accuracy_line import say_accuracy
from detector.web.samples import SAMPLES, find_sample
from detector.web.scripts import answer_script, refuse_script, wants_json

from .batches import take_batch

RECENT = 8


@require_http_methods(["GET", "HEAD", "POST"])
def index(request: HttpRequest) -> HttpResponse:
    if request.method != "POST":
        asked = {"stability": request.GET.get("stability") == "1"}
        return _render_index(request, UploadForm(initial=asked))
    sample = find_sample(request.POST.get("sample", ""))
    if sample:
        with sample.open() as file:
            return _take(request, UploadForm(request.POST, MultiValueDict({"image": [file]})))
    address = request.POST.get("address", "").strip()
    if address and settings.ALLOW_URLS:
        return _take_address(request, address)
    pictures = request.FILES.getlist("image")
    if len(pictures) > 1:
        return take_batch(request, pictures)
    return _take(request, UploadForm(request.POST, request.FILES))


def _take_address(request: HttpRequest, address: str) -> HttpResponse:
    """Analyse the picture at a web address."""
    try:
        picture = fetch_picture(address)
    except NotFetched as error:
        form = UploadForm({}, MultiValueDict())
        form.errors["image"] = form.error_class([say_why(error)])
        return _refuse_form(request, form)
    return _take(request, UploadForm(request.POST, MultiValueDict({"image": [picture]})))


def _take(request: HttpRequest, form: UploadForm) -> HttpResponse:
    """Analyse one picture: to its result, or the form again with a sentence."""
    if not form.is_valid():
        return _refuse_form(request, form)
    try:
        upload = _analyse(request, form)
    except ImageError as error:
        return render_refusal(request, form, error)
    except Upload.DoesNotExist:  # its owner has deleted it in another tab
        return redirect("detector:index")
    return answer_script(upload) if wants_json(request) else redirect(upload)


def _analyse(request: HttpRequest, form: UploadForm) -> Upload:
    """The upload, with its result if that comes soon. Raises `ImageError` where there is none."""
    file: File[Any] = form.cleaned_data["image"]
    upload = submit(
        file,
        owner=make_owner(request),
        filename=file.name or "",
        with_stability=form.cleaned_data["stability"],
    )
    upload = wait(upload, settings.PAGE_WAIT_SECONDS)
    if upload.analysis.state == State.FAILED:
        withdraw(upload)
        raise upload.analysis.refusal
    return upload


def _refuse_form(request: HttpRequest, form: UploadForm) -> HttpResponse:
    """The form again, with what is wrong about it."""
    if not wants_json(request):
        return _render_index(request, form, status=400)
    sentences = (sentence for errors in form.errors.values() for sentence in errors)
    too_large = form.has_error("image", "too_large")
    return refuse_script(" ".join(map(str, sentences)), 413 if too_large else 400)


def render_refusal(request: HttpRequest, form: UploadForm, error: ImageError) -> HttpResponse:
    """The form again, with the reason why there is no result."""
    said = retell(str(error), "refusal")
    if wants_json(request):
        return mark_refusal(refuse_script(said, 400), error)
    form.errors["image"] = form.error_class([said])
    return mark_refusal(_render_index(request, form), error)


def _render_index(request: HttpRequest, form: UploadForm, *, status: int = 200) -> HttpResponse:
    mine = Upload.objects.owned_by(get_owner(request))
    recent = mine.exclude(analysis__state=State.FAILED).filter(batch=None)[:RECENT]
    context = {"form": form, "recent": recent} | _conditions()
    return render(request, "detector/index.html", context, status=status)


def refuse_upload(request: HttpRequest, length: int | None) -> HttpResponse:
    """The answer to a body that is too large to be read: the sentence, and the form again.

    `length` is how many bytes it has, if that is known.
    """
    limits = get_limits()
    said = say("refusal.large_body", {"limit": settings.MAX_UPLOAD_MB}, ENGLISH)
    if length and length > limits.max_bytes:
        said = say_too_large(length, limits)
    if is_api(request):
        return refuse(request, said, 413)
    if wants_json(request):
        return refuse_script(retell(said, "refusal"), 413)
    form = UploadForm({}, MultiValueDict())
    form.errors["image"] = form.error_class([retell(said, "refusal")])
    return _render_index(request, form, status=413)


def _conditions() -> dict[str, Any]:
    """What the home page says about pictures, limits, methods and accuracy."""
    return {
        "retention_hours": settings.RETENTION_HOURS,
        "methods": METHODS.values(),
        "samples": SAMPLES,
        "accuracy": say_accuracy(),
    }
