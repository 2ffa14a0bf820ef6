"""The upload form: its cleaned value is a picture that was opened safely."""

from __future__ import annotations

from django import forms
from django.core.files.uploadedfile import UploadedFile

from .inference.images import SUFFIXES, ImageError, SourceImage, say_too_large
from .services import get_limits, read_image


class UploadForm(forms.Form):
    # A FileField: Django's ImageField decodes with rules of its own before ours apply.
    image = forms.FileField(
        label="Picture",
        allow_empty_file=True,  # open_image has the better sentence for it
        max_length=255,
        widget=forms.ClearableFileInput(attrs={"accept": ",".join(["image/*", *sorted(SUFFIXES)])}),
        error_messages={"required": "Choose a picture first."},
    )

    def clean_image(self) -> SourceImage:
        upload: UploadedFile = self.cleaned_data["image"]
        try:
            return read_image(_bytes(upload))
        except ImageError as error:
            raise forms.ValidationError(str(error), code="unreadable") from error


def _bytes(upload: UploadedFile) -> bytes:
    limits = get_limits()
    if (upload.size or 0) > limits.max_bytes:  # do not even read it into memory
        raise ImageError(say_too_large(upload.size, limits))
    return upload.read()
