"""The pages: upload, result, preview, JSON, delete, methods."""

from __future__ import annotations

import uuid
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import (
    FileResponse,
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseRedirect,
    JsonResponse,
)
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.datastructures import MultiValueDict
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from detector.inference.formats import FORMAT_NAMES
from detector.inference.images import ImageError, say_too_large
from detector.inference.methods import METHODS
from detector.inference.methods.forensics.structure.error_level import EXPLANATION
from detector.inference.methods.forensics.watermarks.dwt_dct import UNREADABLE_MARKS
from detector.models import Detection
from detector.services import get_limits
from detector.uploads import analyse, mark_refusal

from .errors import is_api
from .forms import UploadForm
from .owners import get_owner, make_owner
from .presenters.charts import HeatMap, draw_groups, draw_heat_map, draw_waterfall
from .presenters.file_story import tell_story
from .presenters.methods_page import build_page

RECENT = 8
HEAT_MAP_OF, FILE_METHOD = "deep_learning", "forensics"


@require_http_methods(["GET", "HEAD", "POST"])
def index(request: HttpRequest) -> HttpResponse:
    posted = request.method == "POST"
    form = UploadForm(request.POST, request.FILES) if posted else UploadForm()
    if posted and form.is_valid():
        upload = form.cleaned_data["image"]
        try:
            return redirect(analyse(upload, owner=make_owner(request), filename=upload.name))
        except ImageError as error:
            form.add_error("image", str(error))
            return mark_refusal(_render_index(request, form), error)
    return _render_index(request, form, status=400 if form.errors else 200)


def _render_index(request: HttpRequest, form: UploadForm, *, status: int = 200) -> HttpResponse:
    recent = Detection.objects.owned_by(get_owner(request))[:RECENT]
    context = {"form": form, "recent": recent} | _conditions()
    return render(request, "detector/index.html", context, status=status)


def refuse_upload(request: HttpRequest, length: int | None) -> HttpResponse:
    """The answer to a body that is too large to be read: the sentence, and the form again.

    `length` is how many bytes it has, if that is known.
    """
    limits = get_limits()
    said = f"The file is too large; at most {settings.MAX_UPLOAD_MB} MB are accepted."
    if length and length > limits.max_bytes:
        said = say_too_large(length, limits)
    if is_api(request):
        return JsonResponse({"error": said}, status=413)
    form = UploadForm({}, MultiValueDict())
    form.errors["image"] = form.error_class([said])
    return _render_index(request, form, status=413)


def _conditions() -> dict[str, Any]:
    """What the home page says about pictures, limits and methods."""
    limits = get_limits()
    return {
        "format_names": FORMAT_NAMES,
        "max_bytes": limits.max_bytes,
        "max_megabytes": limits.max_bytes // 2**20,
        "megapixels": limits.max_pixels // 1_000_000,
        "retention_hours": settings.RETENTION_HOURS,
        "methods": METHODS.values(),
    }


@require_safe
@cache_control(private=True, no_store=True)
def result(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    detection = get_object_or_404(Detection.objects.owned_by(get_owner(request)), pk=pk)
    verdict, methods = detection.result["verdict"], detection.result["methods"]
    rows = _rows(detection.result)
    context = {
        "detection": detection,
        "rows": rows,
        "file": _file(methods),
        "scored": any(row["result"]["score"] is not None for row in rows),
        "heat_map": _heat_map(methods),
        "waterfall": draw_waterfall(verdict["contributions"], methods),
    }
    return render(request, "detector/result.html", context)


def _rows(result: dict[str, Any]) -> list[dict[str, Any]]:
    """The lines of the comparison table; a method that has since left the table has no spec."""
    decider = result["verdict"]["decided_by"]
    return [
        {
            "result": method,
            "spec": METHODS.get(method["key"]),
            "decides": method["key"] == decider,
            "groups": draw_groups(method["details"].get("groups", [])),
        }
        | _findings(method)
        for method in result["methods"]
    ]


def _findings(method: dict[str, Any]) -> dict[str, Any]:
    """The findings for the table: of what the file says the first, as the timeline has them all."""
    story = _tells_story(method)
    return {"story": story, "findings": method["findings"][:1] if story else method["findings"]}


def _tells_story(method: dict[str, Any]) -> bool:
    return method["key"] == FILE_METHOD and method["status"] in ("ok", "abstained")


def _heat_map(methods: list[dict[str, Any]]) -> HeatMap | None:
    """The heat map of method 1; results of earlier versions have none."""
    for method in methods:
        if method["key"] == HEAT_MAP_OF and (heat := method["details"].get("heat_map")):
            return draw_heat_map(heat)
    return None


def _file(methods: list[dict[str, Any]]) -> dict[str, Any] | None:
    """What method 3 read in the file, for the timeline; None if it could not answer."""
    for method in methods:
        if _tells_story(method):
            details = method["details"]
            shown = {key: details.get(key) for key in ("table", "credentials")}
            fixed = {"unreadable_marks": UNREADABLE_MARKS, "levels_explained": EXPLANATION}
            return shown | fixed | {"stations": tell_story(method["findings"])}
    return None


@require_safe
@cache_control(private=True, no_store=True)
def result_json(request: HttpRequest, pk: uuid.UUID) -> JsonResponse:
    """The result as a file, the same object that API and command line give."""
    detection = get_object_or_404(Detection.objects.owned_by(get_owner(request)), pk=pk)
    name = f"detection-{detection.sha256[:16]}.json"
    return JsonResponse(
        detection.to_dict(),
        json_dumps_params={"indent": 2},
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


@require_safe
@cache_control(private=True, no_store=True)
def preview(request: HttpRequest, pk: uuid.UUID) -> FileResponse:
    return _picture(request, pk, "preview")


@require_safe
@cache_control(private=True, no_store=True)
def error_levels(request: HttpRequest, pk: uuid.UUID) -> FileResponse:
    return _picture(request, pk, "error_levels")


def _picture(request: HttpRequest, pk: uuid.UUID, field: str) -> FileResponse:
    detection = get_object_or_404(Detection.objects.owned_by(get_owner(request)), pk=pk)
    try:
        return FileResponse(getattr(detection, field).open(), content_type="image/webp")
    except (FileNotFoundError, ValueError) as error:  # deleted meanwhile, or never kept
        raise Http404 from error


@require_POST
def delete(request: HttpRequest, pk: uuid.UUID) -> HttpResponseRedirect:
    mine = Detection.objects.owned_by(get_owner(request)).filter(pk=pk)
    if mine.delete_with_files():
        messages.success(request, "The picture and its result were deleted.")
    return redirect("detector:index")


@require_safe
def methods(request: HttpRequest) -> HttpResponse:
    return render(request, "detector/methods.html", build_page())
