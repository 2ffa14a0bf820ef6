"""Headers that tell browsers what to refuse, and an administration that is not there for nobody."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib.auth import get_user_model
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

Handler = Callable[[HttpRequest], HttpResponse]

# Where browsers report what the policy has refused.
REPORTS = "/csp-report"
# Everything comes from this server: no inline script, no style attribute, no other host.
POLICY = (
    "default-src 'self'; img-src 'self' blob: data:; object-src 'none'; base-uri 'none'; "
    f"frame-ancestors 'none'; form-action 'self'; report-uri {REPORTS}; report-to csp"
)
# What no page of this site uses.
UNUSED = (
    "accelerometer", "autoplay", "browsing-topics", "camera", "display-capture", "encrypted-media",
    "fullscreen", "geolocation", "gyroscope", "magnetometer", "microphone", "midi", "payment",
    "picture-in-picture", "publickey-credentials-get", "screen-wake-lock", "usb",
    "xr-spatial-tracking",
)  # fmt: skip
HEADERS = {
    "Content-Security-Policy": POLICY,
    "Reporting-Endpoints": f'csp="{REPORTS}"',
    # Pages of other sites may not embed what is here; those of Django cover opener and referrer.
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": ", ".join(f"{name}=()" for name in UNUSED),
    "X-Content-Type-Options": "nosniff",
}


def add_headers(get_response: Handler) -> Handler:
    """Middleware: send these headers with every response that has no such header of its own."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        return response

    return middleware


def hide_admin(get_response: Handler) -> Handler:
    """Middleware: without a superuser there is no administration, and no password to guess."""

    def middleware(request: HttpRequest) -> HttpResponse:
        if request.path_info.startswith(reverse("admin:index")) and not _has_superuser():
            return HttpResponse(status=404)
        return get_response(request)

    return middleware


def _has_superuser() -> bool:
    return get_user_model().objects.filter(is_superuser=True, is_active=True).exists()
