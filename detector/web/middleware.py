"""Which bodies and posts are taken, as far as no setting of Django covers it."""

from __future__ import annotations

from collections.abc import Callable
from fnmatch import fnmatchcase
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from ai_image_detector.server import FORM_OVERHEAD, MOST_BODIES, REFUSED

from .errors import MAX_QUOTED, is_api, refuse
from .views.home import refuse_upload

# The pages whose form takes several files.
COMPARE = "/compare/"
Handler = Callable[[HttpRequest], HttpResponse]


def limit_body(get_response: Handler) -> Handler:
    """Middleware: refuse a body that is too large before Django writes it to disk.

    Likewise what the server has refused already, and a body of which Django would see nothing,
    because the server does not count chunks: `manage.py serve` does, others do not.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        length = _body_length(request)
        refused = request.META.get(REFUSED)
        bodies = MOST_BODIES if request.path_info.startswith(COMPARE) else 1
        most = bodies * settings.MAX_UPLOAD_MB * 2**20 + FORM_OVERHEAD
        if refused == 413 or (length or 0) > most:
            return refuse_upload(request, length)
        if refused:
            headers = {"Retry-After": "10"} if refused in (503, 507) else {}
            return HttpResponse(status=refused, headers=headers)
        if "HTTP_TRANSFER_ENCODING" in request.META and length is None:
            return HttpResponse(status=411)
        return get_response(request)

    return middleware


def _body_length(request: HttpRequest) -> int | None:
    said = request.META.get("CONTENT_LENGTH") or ""
    return int(said) if said.isdecimal() and len(said) < 20 else None


def refuse_foreign_pages(get_response: Handler) -> Handler:
    """Middleware: refuse what a page of another site makes a visitor's browser post to the API.

    Scripts of the same machine need no token, so any page could use a local installation through
    its visitors. A browser says which page a post comes from, and no page can change that; scripts
    say nothing.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        reads = request.method in ("GET", "HEAD", "OPTIONS")
        if is_api(request) and not reads and (source := _foreign_source(request)):
            said = f"This comes from {source}. The API takes posts of scripts and of its own pages."
            return refuse(request, said, 403)
        return get_response(request)

    return middleware


def _foreign_source(request: HttpRequest) -> str:
    """What the first header says that names another site than this one; "" if none does."""
    origin, referer = request.headers.get("Origin"), request.headers.get("Referer")
    if origin is not None and not _is_trusted(origin, request):
        return f"a page of {origin[:MAX_QUOTED]!r} (Origin)"
    if referer and not _is_trusted(_origin(referer), request):
        return f"a page of {_origin(referer)[:MAX_QUOTED]!r} (Referer)"
    # A site that is trusted by its name is still another one to the browser.
    site = request.headers.get("Sec-Fetch-Site", "none")
    if site not in ("none", "same-origin") and not _is_named(origin or ""):
        return f"a page of another site (Sec-Fetch-Site: {site[:MAX_QUOTED]!r})"
    return ""


def _is_trusted(origin: str, request: HttpRequest) -> bool:
    return origin == f"{request.scheme}://{request.get_host()}" or _is_named(origin)


def _is_named(origin: str) -> bool:
    """Whether it is one of CSRF_TRUSTED_ORIGINS, which may have a `*`."""
    return any(
        fnmatchcase(origin, trusted) if "*" in trusted else origin == trusted
        for trusted in settings.CSRF_TRUSTED_ORIGINS
    )


def _origin(address: str) -> str:
    """Scheme and host of an address; the address itself if it is none."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return address
    return f"{parts.scheme}://{parts.netloc}"
