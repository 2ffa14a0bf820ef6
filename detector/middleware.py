"""What no setting of Django 5.2 covers: a content policy, and a limit on the body of a request."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from .views import refuse_upload

# Everything comes from this server: no inline script, no style attribute, no other host.
POLICY = (
    "default-src 'self'; img-src 'self' blob: data:; object-src 'none'; base-uri 'none'; "
    "frame-ancestors 'none'; form-action 'self'"
)


def content_security_policy(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware: send a Content-Security-Policy with every response."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        response.headers.setdefault("Content-Security-Policy", POLICY)
        return response

    return middleware


# Boundaries and the other fields of the form.
FORM_OVERHEAD = 64 * 1024


def limit_body(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware: refuse a body that is too large before Django writes it to disk.

    A request without a length has no body for Django, so there is nothing else to look at.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        length = request.META.get("CONTENT_LENGTH") or "0"
        most = settings.MAX_UPLOAD_MB * 2**20 + FORM_OVERHEAD
        if length.isdecimal() and int(length) > most:
            return refuse_upload(request)
        return get_response(request)

    return middleware
