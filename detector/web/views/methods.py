"""The page about the methods and their accuracy."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from detector.web.presenters.methods_page import build_page


@require_safe
def methods(request: HttpRequest) -> HttpResponse:
    return render(request, "detector/methods.html", build_page())
