"""The answers to requests that fail: a page in the site's layout, or JSON below /api/.

Below /api/v1/ the JSON has the form of RFC 9457, `application/problem+json`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from http import HTTPStatus
from typing import Any

from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string

from detector.analysis.answers import NotAnalysed
from detector.inference.images import ImageError

API = "/api/"
V1 = f"{API}v1/"
POSTED_TO = f"{V1}detections"
PROBLEM = "application/problem+json"
# The pages for what comes without one of its own, by status.
PAGES = {status: f"{status}.html" for status in (400, 403, 404, 405, 413, 429, 503, 507)}
MAX_QUOTED = 80

SENTENCES = {
    400: f"The request was not understood. Post a multipart form with the file field 'image' to "
    f"{POSTED_TO}.",
    403: "This request is not allowed here.",
    411: "The body has no length that this server can read. Send a Content-Length.",
    413: "The request is too large.",
    429: "There were too many requests. Try again later.",
    431: "The headers of the request are too long. Send fewer or shorter ones.",
    500: "The server failed; its log says why. Try again, or tell the person who runs it.",
    501: "The body is encoded in a way that is not known here. Send it as it is, or chunked.",
    503: "The server is busy. Try again in a few seconds.",
    507: "The disk of the server is full. Try again later, or tell the person who runs it.",
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
            kind, body = _error(request, _say(request, response), response.status_code)
            if response.headers.get("Content-Type") != kind:
                _set_body(response, json.dumps(body), kind)
        elif not response.content:
            _set_body(response, render_to_string(_page(response), request=request), "text/html")
        return response

    return middleware


def refuse(request: HttpRequest, sentence: str, status: int) -> HttpResponse:
    """The answer to a request to the API that fails, in the form of its version."""
    kind, body = _error(request, sentence, status)
    return HttpResponse(json.dumps(body), content_type=kind, status=status)


def make_problem(
    status: int, sentence: str, fields: Sequence[dict[str, str]] = ()
) -> dict[str, Any]:
    """The body of a problem (RFC 9457); `fields` name what is wrong with which field."""
    known = status in HTTPStatus.__members__.values()
    title = HTTPStatus(status).phrase if known else "Error"
    body = {"type": "about:blank", "title": title, "status": status, "detail": sentence}
    return body | ({"errors": list(fields)} if fields else {})


def _error(request: HttpRequest, sentence: str, status: int) -> tuple[str, dict[str, Any]]:
    """The content type and the body of a failure of the API."""
    if is_v1(request):
        return PROBLEM, make_problem(status, sentence)
    return "application/json", {"error": sentence}


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


def is_v1(request: HttpRequest) -> bool:
    return f"{request.path_info}/".startswith(V1)


def _page(response: HttpResponse) -> str:
    return PAGES.get(response.status_code, "400.html" if response.status_code < 500 else "500.html")


def _set_body(response: HttpResponse, body: str, kind: str) -> None:
    response.content = body
    response.headers["Content-Type"] = kind
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
