"""The page about the weights in use."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from detector.web.presenters.models_page import build_page


@require_safe
def models(request: HttpRequest) -> HttpResponse:
    return render(request, "detector/models.html", build_page())
