"""What a visitor is told after an error that nobody has caught.

A database that is locked or away, and a disk that takes nothing, are no faults of the program, and
pass: then the answer says so, and when to try again. The log has the error itself in any case.
"""

from __future__ import annotations

import errno
import sys

from django.db import DatabaseError, InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.views.defaults import server_error

from detector.analysis.answers import NotAnalysed

from .errors import is_api, mark_refusal, refuse
from .scripts import refuse_script, wants_json

FULL = (errno.ENOSPC, errno.EDQUOT)


class NothingStored(NotAnalysed):
    """Neither database nor folder take anything at present."""

    status, retry_after = 503, 30
    page = "away.html"

    def __init__(self) -> None:
        super().__init__(
            _(
                "The site cannot store anything at present, so this was not kept. What was "
                "accepted before is safe. Try again in a minute."
            )
        )


class DiskFull(NotAnalysed):
    status, retry_after = 507, 30
    page = "507.html"

    def __init__(self) -> None:
        super().__init__(
            _("The disk of the server is full. Try again later, or tell the person who runs it.")
        )


def answer_failure(request: HttpRequest) -> HttpResponse:
    """Django's handler of the status 500, which it calls while it handles the error."""
    said = _find_reason(sys.exc_info()[1])
    if said is None:
        return server_error(request)
    if is_api(request):
        return mark_refusal(refuse(request, str(said), said.status), said)
    if wants_json(request):
        return mark_refusal(refuse_script(str(said), said.status), said)
    return mark_refusal(HttpResponse(render_to_string(said.page)), said)


def _find_reason(error: BaseException | None) -> NothingStored | DiskFull | None:
    """What to say of the error; None where the program is at fault."""
    code = _code_of_sqlite(error)
    if code == "SQLITE_FULL" or (isinstance(error, OSError) and error.errno in FULL):
        return DiskFull()
    if isinstance(error, OSError) and error.errno == errno.EROFS:
        return NothingStored()
    # By SQLITE_ERROR it says that a statement is wrong, or a table is missing.
    if isinstance(error, OperationalError | InterfaceError) and code != "SQLITE_ERROR":
        return NothingStored()
    return None


def _code_of_sqlite(error: BaseException | None) -> str:
    """How SQLite calls an error of its own; empty for any other error."""
    cause = error.__cause__ if isinstance(error, DatabaseError) else None
    return getattr(cause, "sqlite_errorname", "")
