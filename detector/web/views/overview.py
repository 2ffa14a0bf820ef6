"""The overview for the staff of an installation, among the pages of the admin."""

from __future__ import annotations

from django.contrib import admin
from django.contrib.admin.views.decorators import staff_member_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from detector.web.presenters.overview import build_page


@staff_member_required
@never_cache
@require_safe
def overview(request: HttpRequest) -> HttpResponse:
    context = {"title": "Overview"} | admin.site.each_context(request) | build_page()
    return render(request, "admin/overview.html", context)
