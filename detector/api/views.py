"""The API of before version 1: one picture in, the object out that `manage.py detect` prints."""

from __future__ import annotations

import uuid
from typing import Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse, JsonResponse, UnreadablePostError
from django.http.multipartparser import MultiPartParserError
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from detector.analysis.answers import Refused
from detector.inference.images import ImageError
from detector.inference.results.schema import json_schema
from detector.models import Upload
from detector.services import submit, wait, withdraw
from detector.web.errors import MAX_QUOTED, mark_refusal
from detector.web.forms import UploadForm

from .access import identify
from .problems import Problem

FIELD = "image"
STABILITY = "stability"
UNREADABLE = (
    MultiPartParserError,
    RequestDataTooBig,
    TooManyFieldsSent,
    TooManyFilesSent,
    UnreadablePostError,
)
MAX_NAMES = 5
# RFC 9745: since when a better address is there.
DEPRECATION = {
    "Deprecation": "@1796083200",  # 1 December 2026
    "Link": '</api/v1/detections>; rel="successor-version"',
}


class TooLate(Refused):
    def __init__(self) -> None:
        super().__init__(
            f"There was no result after {settings.API_WAIT_SECONDS} seconds; too much is waiting. "
            "Try again later.",
            status=503,
            retry_after=60,
        )


# Exempt from CSRF: scripts have no token. `refuse_foreign_pages` keeps other sites out.
@csrf_exempt
@require_POST
def detect(request: HttpRequest) -> HttpResponse:
    """As `_detect`, for those who may use the API."""
    try:
        identify(request, writes=True)
        response = _detect(request)
    except Problem as problem:
        body = {"error": problem.sentence}
        response = JsonResponse(body, status=problem.status, headers=problem.headers)
    for name, value in DEPRECATION.items():
        response.headers[name] = value
    return response


def _detect(request: HttpRequest) -> HttpResponse:
    """POST a form with the file field `image`; `error` says why there is no answer.

    `?stability=1` also asks whether the result stays the same when the picture is passed on.
    """
    if fault := _find_unknown_wish(request) or _find_fault(request):
        return JsonResponse({"error": fault}, status=400)
    form = UploadForm(request.POST, request.FILES)
    if not form.is_valid():
        return JsonResponse({"error": " ".join(map(str, form.errors[FIELD]))}, status=400)
    try:
        upload = _analyse(form.cleaned_data[FIELD], request.GET.get(STABILITY) == "1")
    except ImageError as error:
        return mark_refusal(JsonResponse({"error": str(error)}), error)
    return JsonResponse(upload.result)


def _analyse(file: UploadedFile[Any], with_stability: bool) -> Upload:
    """The upload with its result. Raises `ImageError` where there is none."""
    # Nobody's: there is no page to show a preview, and no session to ask for the row.
    nobody = uuid.uuid4()
    upload = submit(
        file,
        owner=nobody,
        filename=file.name or "",
        with_pictures=False,
        with_stability=with_stability,
    )
    upload = wait(upload, settings.API_WAIT_SECONDS)
    if not upload.analysis.is_done:
        withdraw(upload)
        raise TooLate if upload.analysis.is_unfinished else upload.analysis.refusal
    return upload


@require_safe
def schema(request: HttpRequest) -> JsonResponse:
    """The JSON Schema of what `detect` answers."""
    return JsonResponse(json_schema(), content_type="application/schema+json")


def _find_unknown_wish(request: HttpRequest) -> str:
    """What the address asks for and is not accepted; "" if nothing."""
    wish = request.GET.get(STABILITY, "0")
    if wish in ("0", "1"):
        return ""
    return f"{STABILITY} is {wish[:MAX_QUOTED]!r}; accepted are 0 and 1."


def _find_fault(request: HttpRequest) -> str:
    """What keeps the form from being one with one picture, and what is accepted; "" if nothing."""
    wanted = f"send one picture as the file field '{FIELD}' of a form (multipart/form-data)."
    if request.content_type != "multipart/form-data":
        kind = (request.content_type or "of no stated kind")[:MAX_QUOTED]
        return f"The body is {kind}; {wanted}"
    try:
        texts, files = request.POST.getlist(FIELD), request.FILES.getlist(FIELD)
    except UNREADABLE as error:
        return f"The form cannot be read ({str(error).rstrip('.')}); {wanted}"
    if len(texts) + len(files) > 1:
        return f"The form has the field '{FIELD}' {len(texts) + len(files)} times; {wanted}"
    if texts:
        return f"The field '{FIELD}' is text and no file, which has a file name; {wanted}"
    if not files:
        return f"The form has no field '{FIELD}', but {_names(request)}; {wanted}"
    return ""


def _names(request: HttpRequest) -> str:
    names = [name[:MAX_QUOTED] for name in (*request.POST, *request.FILES)]
    return ", ".join(map(repr, names[:MAX_NAMES])) or "no field at all"
