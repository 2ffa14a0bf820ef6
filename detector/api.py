"""The JSON API: one picture in, the same object out that `manage.py detect` prints."""

from __future__ import annotations

import uuid

from django.http import HttpRequest, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from .forms import UploadForm
from .inference.images import ImageError
from .uploads import analyse, mark_refusal


# Exempt from CSRF: scripts have no token, and a call changes nothing that a browser session owns.
@csrf_exempt
@require_POST
def detect(request: HttpRequest) -> JsonResponse:
    """POST a multipart form with the field `image`; `error` says why there is no answer."""
    form = UploadForm(request.POST, request.FILES)
    if not form.is_valid():
        return JsonResponse({"error": " ".join(form.errors["image"])}, status=400)
    upload = form.cleaned_data["image"]
    # Nobody's: the row only answers the same bytes again, and there is no page to show a preview.
    nobody = uuid.uuid4()
    try:
        detection = analyse(upload, owner=nobody, filename=upload.name, with_preview=False)
    except ImageError as error:
        return mark_refusal(JsonResponse({"error": str(error)}), error)
    return JsonResponse(detection.to_dict())
