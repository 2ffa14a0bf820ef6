"""The language of the pages: as asked, else by the visitor's cookie, else that of the browser."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.utils.cache import patch_vary_headers
from django.views.decorators.csrf import csrf_exempt
from django.views.i18n import set_language

from .errors import is_api

Handler = Callable[[HttpRequest], HttpResponse]


def speak(get_response: Handler) -> Handler:
    """Middleware: pages are in the language of the visitor, all that programs read is in English.

    Unlike Django's own, it ends with the request, and it marks no other responses than pages.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        language = settings.LANGUAGE_CODE if is_api(request) else _language_of(request)
        with translation.override(language):
            response = get_response(request)
        if response.headers.get("Content-Type", "").startswith("text/html"):
            response.headers.setdefault("Content-Language", language)
            patch_vary_headers(response, ("Accept-Language", "Cookie"))
        return response

    return middleware


def _language_of(request: HttpRequest) -> str:
    """The language in the address (`?language=de`), for this page alone, or the visitor's own."""
    named = request.GET.get("language", "")
    if named in dict(settings.LANGUAGES):
        return named
    return translation.get_language_from_request(request)


# No token is asked for: error pages have none, and a foreign page could change the language only.
choose_language = csrf_exempt(set_language)
