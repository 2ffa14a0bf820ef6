"""The pages: upload, result, preview, delete."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from .forms import UploadForm
from .models import Detection
from .owners import get_owner, make_owner
from .uploads import analyse

RECENT = 8


@require_http_methods(["GET", "HEAD", "POST"])
def index(request: HttpRequest) -> HttpResponse:
    posted = request.method == "POST"
    form = UploadForm(request.POST, request.FILES) if posted else UploadForm()
    if posted and form.is_valid():
        filename = request.FILES["image"].name
        image = form.cleaned_data["image"]
        return redirect(analyse(image, owner=make_owner(request), filename=filename))
    recent = Detection.objects.owned_by(get_owner(request))[:RECENT]
    status = 400 if form.errors else 200
    return render(request, "detector/index.html", {"form": form, "recent": recent}, status=status)


@require_GET
def result(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    detection = get_object_or_404(Detection.objects.owned_by(get_owner(request)), pk=pk)
    return render(request, "detector/result.html", {"detection": detection})


@require_GET
@cache_control(private=True, max_age=3600)
def preview(request: HttpRequest, pk: uuid.UUID) -> FileResponse:
    detection = get_object_or_404(Detection.objects.owned_by(get_owner(request)), pk=pk)
    return FileResponse(detection.preview.open(), content_type="image/webp")


@require_POST
def delete(request: HttpRequest, pk: uuid.UUID) -> HttpResponseRedirect:
    mine = Detection.objects.owned_by(get_owner(request)).filter(pk=pk)
    if mine.delete_with_files():
        messages.success(request, "The picture and its result were deleted.")
    return redirect("detector:index")
