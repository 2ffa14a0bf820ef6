"""The upload form: its cleaned value is a file of an accepted size, not yet looked into."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy

from detector.inference.formats import SUFFIXES
from detector.inference.images import say_too_large
from detector.inference.wording import retell
from detector.installation import get_limits


class UploadForm(forms.Form):
    # A FileField: Django's ImageField decodes with rules of its own before ours apply.
    image = forms.FileField(
        label=gettext_lazy("Picture"),
        allow_empty_file=True,  # open_image has the better sentence for it
        max_length=255,
        widget=forms.ClearableFileInput(attrs={"accept": ",".join(["image/*", *sorted(SUFFIXES)])}),
        error_messages={"required": gettext_lazy("Choose a picture first.")},
    )
    stability = forms.BooleanField(
        label=gettext_lazy(
            "Also check whether the result stays the same when the picture is passed on"
        ),
        required=False,
    )

    def clean_image(self) -> UploadedFile[Any]:
        # Not the bytes: form and field refer to one another and so outlive the request.
        upload: UploadedFile[Any] = self.cleaned_data["image"]
        limits = get_limits()
        # A file that is too large is not even read into memory.
        if upload.size is not None and upload.size > limits.max_bytes:
            said = retell(say_too_large(upload.size, limits), "refusal")
            raise forms.ValidationError(said, code="too_large")
        return upload
