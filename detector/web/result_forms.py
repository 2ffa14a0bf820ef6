"""The forms that belong to one result: its report, its link, answers of makers, and feedback."""

from __future__ import annotations

import hashlib
from typing import Any

from django import forms
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from detector.inference.images import say_too_large
from detector.inference.wording import retell
from detector.installation import get_limits
from detector.models import Truth
from detector.reports.makers import MAKERS

# How long a link may be valid, in hours.
PERIODS = {
    1: gettext_lazy("1 hour"),
    24: gettext_lazy("1 day"),
    7 * 24: gettext_lazy("1 week"),
    30 * 24: gettext_lazy("30 days"),
}


def find_periods() -> list[tuple[int, str]]:
    """The periods that end before the results of this installation do, and as long as these."""
    kept = settings.RETENTION_HOURS
    shorter = [(hours, str(words)) for hours, words in PERIODS.items() if hours < kept]
    return [*shorter, (kept, _("as long as the result is kept"))]


class AuthorForm(forms.Form):
    """Who reports a result, if they say so."""

    author = forms.CharField(
        label=gettext_lazy("Your name, or that of your desk"),
        max_length=100,
        required=False,
        help_text=gettext_lazy("Optional. The report says that this is your statement."),
    )


class AnswerForm(forms.Form):
    """What a maker answered; an empty answer takes a former one back."""

    maker = forms.ChoiceField(choices=[(key, maker.name) for key, maker in MAKERS.items()])
    answer = forms.CharField(
        label=gettext_lazy("What did it answer?"),
        max_length=500,
        required=False,
        help_text=gettext_lazy("It goes into the report as reported by you."),
    )


class ShareForm(forms.Form):
    """Whether the link shows the picture, and for how long it is valid."""

    with_picture = forms.BooleanField(
        label=gettext_lazy("Show the picture and the name of the file as well"), required=False
    )
    hours = forms.TypedChoiceField(
        label=gettext_lazy("Valid for"), coerce=int, choices=find_periods, initial=24
    )


class FeedbackForm(forms.Form):
    """What the person knows of the picture. The picture itself is kept only if they agree."""

    truth = forms.ChoiceField(
        label=gettext_lazy("What is true of this picture?"),
        choices=Truth.choices,
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("Choose one of the two.")},
    )
    reason = forms.CharField(
        label=gettext_lazy("How do you know?"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy(
            "For example: I took it, the maker has confirmed it, I generated it."
        ),
        error_messages={"required": gettext_lazy("Say how you know it.")},
    )
    agreed = forms.BooleanField(
        label=gettext_lazy(
            "Keep the picture for the operator of this server, to measure and improve the "
            "detector with it, until the operator deletes it"
        ),
        required=False,
    )
    file = forms.FileField(
        label=gettext_lazy("The picture once more"),
        required=False,
        max_length=255,
        help_text=gettext_lazy("Needed only if you agree: the original file was not kept."),
    )

    def __init__(self, *args: Any, sha256: str, **options: Any) -> None:
        """`sha256` is the digest of the file that the feedback is about."""
        super().__init__(*args, **options)
        self._sha256 = sha256

    def clean(self) -> dict[str, Any]:
        values = self.cleaned_data
        if values.get("agreed"):
            self._check_file(values.get("file"))
        else:
            values["file"] = None
        return values

    def _check_file(self, file: UploadedFile[Any] | None) -> None:
        """It must be the very file that was analysed: another one has another truth."""
        limits = get_limits()
        if file is None:
            if "file" not in self.errors:
                said = _("Choose the file once more, or do not agree to have it kept.")
                self.add_error("file", said)
        elif (file.size or 0) > limits.max_bytes:
            self.add_error("file", retell(say_too_large(file.size or 0, limits), "refusal"))
        elif _digest(file) != self._sha256:
            self.add_error("file", _("This is not the file that was analysed. Choose that one."))


def _digest(file: UploadedFile[Any]) -> str:
    digest = hashlib.sha256()
    for chunk in file.chunks():
        digest.update(chunk)
    file.seek(0)
    return digest.hexdigest()
