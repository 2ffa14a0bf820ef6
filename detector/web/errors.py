"""The answers to requests that fail: JSON below /api/, a page in the site's layout elsewhere."""

from __future__ import annotations

import json
from collections.abc import Callable

from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string

from detector.analysis.answers import NotAnalysed
from detector.inference.images import ImageError

API = "/api/"
POSTED_TO = f"{API}detect"
# The pages for what comes without one of its own, by status.
PAGES = {400: "400.html", 403: "403.html", 404: "404.html", 405: "405.html", 503: "503.html"}
MAX_QUOTED = 80

SENTENCES = {
    400: f"The request was not understood. Post a multipart form with the file field 'image' to "
    f"{POSTED_TO}.",
    403: "This request is not allowed here.",
    411: "The body has no length that this server can read. Send a Content-Length.",
    413: "The request is too large.",
    431: "The headers of the request are too long. Send fewer or shorter ones.",
    500: "The server failed; its log says why. Try again, or tell the person who runs it.",
    501: "The body is encoded in a way that is not known here. Send it as it is, or chunked.",
    503: "The server is busy. Try again in a few seconds.",
}


def answer_errors(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware: give a body to each failure that has none of the right kind."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if response.status_code < 400 or response.streaming:
            return response
        if is_api(request):
            if response.headers.get("Content-Type") != "application/json":
                _set_body(response, json.dumps({"error": _say(request, response)}), "json")
        elif not response.content:
            _set_body(response, render_to_string(_page(response), request=request), "html")
        return response

    return middleware


def mark_refusal(response: HttpResponse, error: ImageError) -> HttpResponse:
    """The response, with the status of the error that it tells, and when to try again."""
    response.status_code = 400  # the file is at fault
    if isinstance(error, NotAnalysed):
        response.status_code = error.status
        if error.retry_after is not None:
            response.headers["Retry-After"] = str(error.retry_after)
    return response


def is_api(request: HttpRequest) -> bool:
    return f"{request.path_info}/".startswith(API)


def _page(response: HttpResponse) -> str:
    return PAGES.get(response.status_code, "400.html" if response.status_code < 500 else "500.html")


def _set_body(response: HttpResponse, body: str, kind: str) -> None:
    response.content = body
    response.headers["Content-Type"] = "application/json" if kind == "json" else "text/html"
    response.headers["Content-Length"] = str(len(response.content))


def _say(request: HttpRequest, response: HttpResponse) -> str:
    """What was wrong with a request to the API, and what is accepted."""
    if response.status_code == 404:
        path = request.path[:MAX_QUOTED]
        return f"There is nothing at {path!r}. Post a picture to {POSTED_TO}."
    if response.status_code == 405:
        allowed = response.headers.get("Allow", "POST")
        return f"{(request.method or '')[:MAX_QUOTED]!r} is not accepted here; send {allowed}."
    if response.status_code == 400 and (host := _unknown_host(request)):
        return f"This server does not answer as {host!r}; the setting ALLOWED_HOSTS says as what."
    return SENTENCES.get(response.status_code, response.reason_phrase)


def _unknown_host(request: HttpRequest) -> str:
    try:
        request.get_host()
        return ""
    except DisallowedHost:
        return request.headers.get("Host", "")[:MAX_QUOTED] or "a host without a name"
