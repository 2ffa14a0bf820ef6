"""What an operator is told over HTTP: `/healthz`, `/readyz` and `/metrics`, and who asked what."""

from __future__ import annotations

import hmac
import json
import logging
import re
import time
import uuid
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from ai_image_detector.log import analysis_id, at, request_id
from detector.monitoring.health import find_health

from .visitors import find_address, is_from_here

Handler = Callable[[HttpRequest], HttpResponse]

logger = logging.getLogger("detector.access")

REQUEST_ID = "X-Request-ID"
# What a proxy may call a request; anything else would let a visitor write into the log.
NAMED = re.compile(r"[A-Za-z0-9._-]{8,64}")
# The name of a request that no view answers.
NO_VIEW = "none"


def observe(get_response: Handler) -> Handler:
    """Middleware: give each request an id, count it, and write it into the access log."""

    def middleware(request: HttpRequest) -> HttpResponse:
        with at(request_id, _find_id(request)), at(analysis_id, ""):
            began = time.perf_counter()
            setattr(request, "log_id", request_id.get())  # noqa: B010
            response = get_response(request)
            _note(request, response, time.perf_counter() - began)
            response.headers[REQUEST_ID] = request_id.get()
            return response

    return middleware


def _find_id(request: HttpRequest) -> str:
    named = request.headers.get(REQUEST_ID, "")
    # A visitor who is not behind a proxy of ours could give many requests one id.
    behind_proxy = settings.HTTPS or settings.TRUSTED_PROXIES
    return named if behind_proxy and NAMED.fullmatch(named) else str(uuid.uuid4())


def _note(request: HttpRequest, response: HttpResponse, seconds: float) -> None:
    # Not at the top: a command that serves nothing must not wait for it.
    from detector.monitoring.metrics import count_request

    view, status = _name_view(request), response.status_code
    count_request(view, request.method, status, seconds)
    said = {"view": view, "method": request.method, "status": status}
    if settings.LOG_DETAILS:
        said |= {"address": find_address(request), "path": request.path}
    words = " ".join(map(str, said.values()))
    logger.info("%s %.0f ms", words, 1000 * seconds, extra=said)


def _name_view(request: HttpRequest) -> str:
    if request.path_info in PROBES:
        return request.path_info.removeprefix("/")
    match = request.resolver_match
    return (match.view_name if match else "") or NO_VIEW


def answer_probes(get_response: Handler) -> Handler:
    """Middleware: answer probes and readers of metrics, by whatever name they call this host."""

    def middleware(request: HttpRequest) -> HttpResponse:
        probe = PROBES.get(request.path_info)
        if probe is None:
            return get_response(request)
        if request.method not in ("GET", "HEAD"):
            return HttpResponse(status=405, headers={"Allow": "GET, HEAD"})
        response = probe(request)
        response.headers["Cache-Control"] = "no-store"
        # Else each probe would write a line while something is wrong; that is logged where it is.
        setattr(response, "_has_been_logged", True)  # noqa: B010
        return response

    return middleware


def say_alive(request: HttpRequest) -> HttpResponse:
    """That this process answers; a supervisor starts it again if not."""
    return _json({"alive": True})


def say_ready(request: HttpRequest) -> HttpResponse:
    """Whether pictures can be taken and analysed; 503 with the reasons in words if not."""
    checks = find_health()
    ready = all(check.is_ok for check in checks)
    told = {check.name: {"ok": check.is_ok, "detail": check.detail} for check in checks}
    reasons = [check.detail for check in checks if not check.is_ok]
    return _json({"ready": ready, "reasons": reasons, "checks": told}, 200 if ready else 503)


def give_metrics(request: HttpRequest) -> HttpResponse:
    """The metrics, to programs of this machine and to who knows the METRICS_TOKEN."""
    from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

    from detector.monitoring.metrics import registry

    if not (is_from_here(request) or _has_token(request)):
        said = "The metrics are for this machine, and for `Authorization: Bearer METRICS_TOKEN`."
        return _json({"error": said}, 403)
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


def _has_token(request: HttpRequest) -> bool:
    wanted, sent = settings.METRICS_TOKEN, request.headers.get("Authorization", "")
    return bool(wanted) and hmac.compare_digest(sent.encode(), f"Bearer {wanted}".encode())


def _json(data: dict[str, object], status: int = 200) -> HttpResponse:
    return HttpResponse(json.dumps(data), status=status, content_type="application/json")


PROBES: dict[str, Callable[[HttpRequest], HttpResponse]] = {
    "/healthz": say_alive,
    "/readyz": say_ready,
    "/metrics": give_metrics,
}
