"""The pictures of this session: by name, by verdict, or by a file that is like them."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Paginator
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_POST, require_safe

from detector.inference.images import ImageError
from detector.models import Batch, Upload
from detector.models.upload import expiry
from detector.services.likeness import MOST_BITS, find_copies
from detector.web.errors import mark_refusal
from detector.web.forms import SearchForm
from detector.web.lists import HistoryForm, select
from detector.web.owners import get_owner, make_owner
from detector.web.presenters.copies import describe

PER_PAGE = 24


@require_safe
@cache_control(private=True, no_store=True)
def history(request: HttpRequest) -> HttpResponse:
    return render(request, "detector/history.html", _context(request))


@require_POST
@cache_control(private=True, no_store=True)
def search(request: HttpRequest) -> HttpResponse:
    """The pictures that are like a file; the file itself is not kept."""
    form = SearchForm(request.POST, request.FILES)
    if not form.is_valid():
        return _render_search(request, {"complaint": form.complaint}, 400)
    try:
        found = find_copies(form.cleaned_data["image"], make_owner(request))
    except ImageError as error:
        return mark_refusal(_render_search(request, {"complaint": str(error)}, 400), error)
    return _render_search(request, {"matches": describe(found)}, 200)


def _render_search(request: HttpRequest, outcome: dict[str, Any], status: int) -> HttpResponse:
    context = _context(request) | outcome | {"searched": True, "most_bits": MOST_BITS}
    return render(request, "detector/history.html", context, status=status)


def _context(request: HttpRequest) -> dict[str, Any]:
    owner = get_owner(request)
    mine, form = Upload.objects.owned_by(owner), HistoryForm(request.GET)
    page = Paginator(select(mine, form), PER_PAGE).get_page(request.GET.get("page"))
    kept = Count("uploads", filter=Q(uploads__removed_at=None, uploads__created_at__gte=expiry()))
    return {
        "form": form,
        "sheet": form.is_sheet,
        "page": page,
        "uploads": page.object_list,
        "any": mine.exists(),
        "batches": Batch.objects.owned_by(owner).annotate(kept=kept).filter(kept__gt=0),
    }
