"""The result of one picture: its page, its JSON, and its end."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import redirect, render
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_POST, require_safe

from detector.models import State, Upload
from detector.models.analysis import UNFINISHED
from detector.web.forms import UploadForm
from detector.web.owners import get_mine, get_owner
from detector.web.presenters.result_page import build_page
from detector.web.removing import remove

from .home import render_refusal


@require_safe
@cache_control(private=True, no_store=True)
def result(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    upload = get_mine(request, pk)
    if upload.analysis.state == State.FAILED:
        form = UploadForm({}, MultiValueDict())
        return render_refusal(request, form, upload.analysis.refusal)
    if not upload.analysis.is_done:
        return render(request, "detector/waiting.html", {"upload": upload})
    context = {"upload": upload, "staff": getattr(request.user, "is_staff", False)}
    return render(request, "detector/result.html", context | build_page(upload.verdict))


@require_safe
@cache_control(private=True, no_store=True)
def result_json(request: HttpRequest, pk: uuid.UUID) -> JsonResponse:
    """The result as a file, the same object that API and command line give."""
    upload = get_mine(request, pk)
    if not upload.analysis.is_done:
        raise Http404
    name = f"detection-{upload.analysis.sha256[:16]}.json"
    return JsonResponse(
        upload.result,
        json_dumps_params={"indent": 2},
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


@require_POST
def delete(request: HttpRequest, pk: uuid.UUID) -> HttpResponseRedirect:
    """Delete it, so that it can be taken back; what is not yet analysed is withdrawn at once."""
    mine = Upload.objects.owned_by(get_owner(request)).filter(pk=pk)
    if waiting := mine.filter(analysis__state__in=UNFINISHED):
        waiting.delete_with_files()
        messages.success(request, _("The picture was deleted."))
    else:
        remove(request, mine)
    return redirect("detector:index")
