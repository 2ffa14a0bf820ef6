"""Takes the reports of browsers that the content policy has refused something."""

from __future__ import annotations

import json
import logging
import re
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

logger = logging.getLogger(__name__)

MAX_REPORT = 16 * 1024  # bytes
# The names in a report of the older form and of the Reporting API.
DIRECTIVES = ("effective-directive", "effectiveDirective", "violated-directive")
DIRECTIVE = re.compile(r"[a-z-]{3,40}")


@csrf_exempt
@require_POST
def take(request: HttpRequest) -> HttpResponse:
    """Write down which directive was violated, and nothing else: reports hold addresses of pages.

    Anybody can send a report, so one says no more than that a page should be looked at.
    """
    length = request.META.get("CONTENT_LENGTH") or "0"
    if not length.isdecimal() or int(length) > MAX_REPORT:
        return HttpResponse(status=413)
    if directive := _find_directive(request.body):
        logger.warning("A browser reports a violation of the content policy: %s", directive)
    return HttpResponse(status=204)


def _find_directive(body: bytes) -> str:
    try:
        report: Any = json.loads(body)
    except (ValueError, RecursionError):
        return ""
    report = report[0] if isinstance(report, list) and report else report
    fields = report.get("csp-report") or report.get("body") if isinstance(report, dict) else None
    if not isinstance(fields, dict):
        return ""
    named = next((str(fields[name]) for name in DIRECTIVES if name in fields), "")
    match = DIRECTIVE.match(named)
    return match[0] if match else ""
