"""What the pages' own scripts are answered: short JSON, where a visitor would get a page."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, JsonResponse

from detector.models import Upload


def wants_json(request: HttpRequest) -> bool:
    """Whether a script of the pages asks: a browser that opens a page never names JSON."""
    return "application/json" in request.headers.get("Accept", "")


def answer_script(upload: Upload) -> HttpResponse:
    """Where the result of an upload is."""
    return JsonResponse({"url": upload.get_absolute_url()})


def refuse_script(sentence: str, status: int) -> HttpResponse:
    return JsonResponse({"error": sentence}, status=status)
