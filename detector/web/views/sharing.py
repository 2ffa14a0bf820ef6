"""The link to a result: its owner's page, and the page that it leads others to."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from functools import wraps
from typing import TypeVar

from django.contrib import messages
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from detector.models import Share, Upload
from detector.reports.writing import make_content, make_pdf
from detector.web.owners import get_mine
from detector.web.result_forms import ShareForm

from .pictures import open_picture
from .report import answer_pdf, get_finished, get_paper

Response = TypeVar("Response", bound=HttpResponseBase)


@require_http_methods(["GET", "HEAD", "POST"])
@cache_control(private=True, no_store=True)
def share(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Switch the link on; a new one takes the place of a former one, which ends."""
    upload = get_finished(request, pk)
    form = ShareForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        Share.objects.make(upload, values["hours"], with_picture=values["with_picture"])
        messages.success(request, _("The link is switched on."))
        return redirect("detector:share", pk=pk)
    link = Share.objects.valid().filter(upload=upload).first()
    address = request.build_absolute_uri(link.get_absolute_url()) if link else ""
    context = {"upload": upload, "form": form, "link": link, "address": address}
    return render(request, "detector/share.html", context, status=400 if form.errors else 200)


@require_POST
def unshare(request: HttpRequest, pk: uuid.UUID) -> HttpResponseRedirect:
    if Share.objects.filter(upload=get_mine(request, pk)).delete()[0]:
        messages.success(request, _("The link is switched off. It leads nowhere any more."))
    return redirect("detector:share", pk=pk)


def for_readers(view: Callable[[HttpRequest, Share], Response]) -> Callable[..., Response]:
    """A page for whoever has the link: found by no search engine, and its address told nobody."""

    @require_safe
    @cache_control(private=True, no_store=True)
    @wraps(view)
    def wrapped(request: HttpRequest, token: str) -> Response:
        response = view(request, get_object_or_404(Share.objects.valid(), token=token))
        response.headers["X-Robots-Tag"] = "noindex, nofollow"
        response.headers["Referrer-Policy"] = "no-referrer"
        return response

    return wrapped


@for_readers
def shared(request: HttpRequest, link: Share) -> HttpResponse:
    report = make_content(link.upload, shared=True, with_picture=link.with_picture)
    context = {"link": link, "report": report, "picture": _shows(link)}
    return render(request, "detector/shared.html", context)


@for_readers
def shared_pdf(request: HttpRequest, link: Share) -> HttpResponse:
    paper = get_paper(request)
    pdf = make_pdf(link.upload, paper=paper, shared=True, with_picture=link.with_picture)
    return answer_pdf(pdf, f"report-{link.upload.analysis.sha256[:8]}.pdf")


@for_readers
def shared_picture(request: HttpRequest, link: Share) -> FileResponse:
    if not _shows(link):
        raise Http404
    return open_picture(link.upload, "preview")


def _shows(link: Share) -> bool:
    upload: Upload = link.upload
    return link.with_picture and bool(upload.preview)
