"""What people decide in a list of their pictures: marks, notes, deleting, and taking it back."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from detector.models import Mark, Upload, UploadQuerySet
from detector.services.batches import MAX_BATCH
from detector.web.lists import HistoryForm
from detector.web.owners import get_mine, get_owner
from detector.web.removing import remove, undo

from .batches import get_my_batch, uploads_of

CLEAR = "clear"
LONGEST_NOTE = Upload._meta.get_field("note").max_length or 0


@require_POST
def decide_in_batch(request: HttpRequest, pk: uuid.UUID) -> HttpResponseRedirect:
    _decide(request, uploads_of(get_my_batch(request, pk)))
    return redirect(_back(request, reverse("detector:batch", args=[pk])))


@require_POST
def decide_in_history(request: HttpRequest) -> HttpResponseRedirect:
    mine = Upload.objects.owned_by(get_owner(request))
    if request.POST.get("action") == "delete-all":
        remove(request, mine)
    else:
        _decide(request, mine)
    return redirect(_back(request, reverse("detector:history")))


@require_POST
def delete_batch(request: HttpRequest, pk: uuid.UUID) -> HttpResponseRedirect:
    """All pictures of a batch; the batch goes when its last picture is gone for good."""
    remove(request, uploads_of(get_my_batch(request, pk)))
    return redirect("detector:history")


@require_POST
def take_back(request: HttpRequest) -> HttpResponseRedirect:
    undo(request)
    page = request.POST.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(page, {request.get_host()}, request.is_secure())
    return redirect(page if is_ours else reverse("detector:history"))


@require_POST
def note(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Keep mark and note of one picture, as far as they are sent.

    The script of a list (htmx) needs no page; the form of a result leads back to it.
    """
    upload = get_mine(request, pk)
    _keep_own(upload, request)
    if "HX-Request" in request.headers:
        return HttpResponse(status=204)
    messages.success(request, _("Your mark and your note are kept."))
    return redirect(upload)


def _decide(request: HttpRequest, uploads: UploadQuerySet) -> None:
    """Keep the marks and notes of the form, and mark or delete what was picked."""
    for upload in uploads.select_related(None).only("pk", "mark", "note"):
        _keep_own(upload, request)
    picked = uploads.filter(pk__in=_read_picks(request))
    action = request.POST.get("action", "")
    if action == "delete":
        remove(request, picked)
    elif action == CLEAR:
        picked.update(mark="")
    elif action in Mark.values:
        picked.update(mark=action)


def _keep_own(upload: Upload, request: HttpRequest) -> None:
    """Save mark and note of an upload where the form has them and they have changed."""
    mark = request.POST.get(f"mark-{upload.pk}")
    note = request.POST.get(f"note-{upload.pk}")
    changes = {}
    if mark in ("", *Mark.values) and mark != upload.mark:
        changes["mark"] = mark
    if note is not None and _shorten(note) != upload.note:
        changes["note"] = _shorten(note)
    if changes:
        Upload.objects.filter(pk=upload.pk).update(**changes)


def _shorten(text: str) -> str:
    return text.replace("\0", "").strip()[:LONGEST_NOTE]


def _read_picks(request: HttpRequest) -> list[uuid.UUID]:
    """The pictures whose boxes are ticked; what is no id is left out."""
    picks = []
    for text in request.POST.getlist("pick")[:MAX_BATCH]:
        try:
            picks.append(uuid.UUID(text))
        except ValueError:
            continue
    return picks


def _back(request: HttpRequest, page: str) -> str:
    """The page of the form, sorted and filtered as it was."""
    query = HistoryForm.clean_query(request.POST.get("query", ""))
    return f"{page}?{query}" if query else page
