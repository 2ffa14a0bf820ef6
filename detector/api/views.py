"""The JSON API: one picture in, the same object out that `manage.py detect` prints."""

from __future__ import annotations

import uuid

from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent
from django.http import HttpRequest, HttpResponse, JsonResponse, UnreadablePostError
from django.http.multipartparser import MultiPartParserError
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from detector.inference.images import ImageError
from detector.uploads import analyse, mark_refusal
from detector.web.errors import MAX_QUOTED
from detector.web.forms import UploadForm

FIELD = "image"
UNREADABLE = (
    MultiPartParserError,
    RequestDataTooBig,
    TooManyFieldsSent,
    TooManyFilesSent,
    UnreadablePostError,
)
MAX_NAMES = 5


# Exempt from CSRF: scripts have no token. `refuse_foreign_pages` keeps other sites out.
@csrf_exempt
@require_POST
def detect(request: HttpRequest) -> HttpResponse:
    """POST a form with the file field `image`; `error` says why there is no answer."""
    if fault := _find_fault(request):
        return JsonResponse({"error": fault}, status=400)
    form = UploadForm(request.POST, request.FILES)
    if not form.is_valid():
        return JsonResponse({"error": " ".join(map(str, form.errors[FIELD]))}, status=400)
    upload = form.cleaned_data[FIELD]
    # Nobody's: there is no page to show a preview, and no session to ask for the row.
    nobody = uuid.uuid4()
    try:
        detection = analyse(upload, owner=nobody, filename=upload.name, with_preview=False)
    except ImageError as error:
        return mark_refusal(JsonResponse({"error": str(error)}), error)
    return JsonResponse(detection.to_dict())


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
