"""The pages in plain words: help and privacy."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe


@require_safe
def help_page(request: HttpRequest) -> HttpResponse:
    return render(request, "detector/help.html")


@require_safe
def privacy(request: HttpRequest) -> HttpResponse:
    context = {
        "retention_hours": settings.RETENTION_HOURS,
        "sweep_minutes": -(-settings.SWEEP_SECONDS // 60),
        "share_results": settings.SHARE_RESULTS,
    }
    return render(request, "detector/privacy.html", context)
