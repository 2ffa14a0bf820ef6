"""Pictures from web addresses, as if a visitor had sent them, or the sentence why there is none."""

from __future__ import annotations

from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from detector.installation import get_limits
from detector.services.fetching import NotFetched, fetch

SENTENCES = {
    "address": gettext_noop(
        "This web address is not accepted. Accepted are public addresses that begin with https://."
    ),
    "away": gettext_noop("The website cannot be reached."),
    "moved": gettext_noop(
        "The website leads on to another address, which is not followed. Save the picture, and "
        "then choose the file."
    ),
    "status": gettext_noop("The website answered with the error %(status)d."),
    "large": gettext_noop("The file is too large. At most %(max_megabytes)s MB are accepted."),
}


def fetch_picture(address: str) -> SimpleUploadedFile:
    """The file at a web address. Raises `NotFetched`."""
    fetched = fetch(address, get_limits().max_bytes)
    return SimpleUploadedFile(fetched.name, fetched.data)


def say_why(error: NotFetched) -> str:
    """Why there is no picture, as a sentence."""
    values = {"status": error.status, "max_megabytes": get_limits().max_bytes // 2**20}
    return _(SENTENCES[error.reason]) % values
