"""Was this right? What a person knows about a picture, kept for the operator of this server."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_http_methods, require_POST

from detector.models import Feedback, Upload
from detector.web.owners import get_mine
from detector.web.result_forms import FeedbackForm

from .report import get_finished


@require_http_methods(["GET", "HEAD", "POST"])
@cache_control(private=True, no_store=True)
def feedback(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    upload = get_finished(request, pk)
    sent = (request.POST, request.FILES) if request.method == "POST" else ()
    form = FeedbackForm(*sent, sha256=upload.analysis.sha256)
    if request.method == "POST" and form.is_valid():
        _keep(upload, form)
        messages.success(request, _("Thank you. It is kept on this server, and changes no result."))
        return redirect("detector:feedback", pk=pk)
    context = {"upload": upload, "form": form, "given": _find(upload)}
    return render(request, "detector/feedback.html", context, status=400 if form.errors else 200)


@require_POST
def withdraw_feedback(request: HttpRequest, pk: uuid.UUID) -> HttpResponseRedirect:
    if Feedback.objects.filter(upload=get_mine(request, pk)).delete_with_files():
        messages.success(request, _("What you said was deleted, and the picture with it."))
    return redirect("detector:feedback", pk=pk)


def _find(upload: Upload) -> Feedback | None:
    return Feedback.objects.filter(upload=upload).first()


def _keep(upload: Upload, form: FeedbackForm) -> None:
    """Save what was said in the place of what was said before."""
    values, analysis = form.cleaned_data, upload.analysis
    row = Feedback(
        upload=upload,
        truth=values["truth"],
        reason=values["reason"],
        sha256=analysis.sha256,
        version=analysis.version,
        outcome=analysis.outcome,
        score=analysis.score,
        format=analysis.format,
    )
    with transaction.atomic():
        Feedback.objects.filter(upload=upload).delete_with_files()
        if values["file"]:
            row.picture.save("", values["file"], save=False)
        row.save()
