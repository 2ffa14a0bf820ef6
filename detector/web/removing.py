"""Deleting that can be taken back for ten seconds: what the session has removed, and when."""

from __future__ import annotations

from datetime import datetime

from django.contrib import messages
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from detector.models import UNDO_SECONDS, Upload, UploadQuerySet

from .owners import get_owner

# In the session: from when on an undo takes removals back.
REMOVED = "removed_since"
UNDO = "undo"  # the tag of the message that has the button


def remove(request: HttpRequest, uploads: UploadQuerySet) -> int:
    """Hide the uploads, and offer to take it back; returns how many there were."""
    began = timezone.now()
    count = len(uploads.remove())
    if count:
        request.session[REMOVED] = began.isoformat()
        said = ngettext("The picture was deleted.", "%(count)d pictures were deleted.", count)
        messages.success(request, said % {"count": count}, extra_tags=UNDO)
    return count


def undo(request: HttpRequest) -> int:
    """Take the last removal of this session back; returns how many uploads are there again."""
    began, owner = request.session.pop(REMOVED, None), get_owner(request)
    if began is None or owner is None:
        return 0
    count: int = Upload.objects.restore(owner, datetime.fromisoformat(began))
    if count:
        said = ngettext("The picture is back.", "%(count)d pictures are back.", count)
        messages.success(request, said % {"count": count})
    else:
        said = _("It is too late: deleting is final after %(seconds)d seconds.")
        messages.error(request, said % {"seconds": UNDO_SECONDS})
    return count
