"""The report of a result: its page, its PDF, and who reports it."""

from __future__ import annotations

import uuid

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import content_disposition_header
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_http_methods, require_safe

from detector.models import Upload
from detector.reports.content import PAPERS
from detector.reports.writing import make_content, make_pdf, name_of
from detector.web.owners import get_mine
from detector.web.result_forms import AuthorForm


@require_http_methods(["GET", "HEAD", "POST"])
@cache_control(private=True, no_store=True)
def report(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    upload = get_finished(request, pk)
    form = AuthorForm(request.POST or None, initial={"author": upload.author})
    if request.method == "POST" and form.is_valid():
        Upload.objects.filter(pk=upload.pk).update(author=form.cleaned_data["author"])
        return redirect("detector:report", pk=pk)
    context = {"upload": upload, "form": form, "report": make_content(upload)}
    return render(request, "detector/report.html", context, status=400 if form.errors else 200)


@require_safe
@cache_control(private=True, no_store=True)
def report_pdf(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    upload = get_finished(request, pk)
    return answer_pdf(make_pdf(upload, paper=get_paper(request)), name_of(upload))


def get_finished(request: HttpRequest, pk: uuid.UUID) -> Upload:
    """The visitor's own upload with a result. Raises `Http404`."""
    upload = get_mine(request, pk)
    if not upload.analysis.is_done:
        raise Http404
    return upload


def get_paper(request: HttpRequest) -> str:
    """The paper in the address; A4 where there is none. Raises `Http404` for another one."""
    paper = request.GET.get("paper", PAPERS[0])
    if paper not in PAPERS:
        raise Http404
    return paper


def answer_pdf(pdf: bytes, name: str) -> HttpResponse:
    """The PDF as a download; a name with other letters than ASCII is given in UTF-8."""
    response = HttpResponse(pdf, content_type="application/pdf")
    response.headers["Content-Disposition"] = content_disposition_header(True, name) or ""
    return response
