"""The forms for files: their cleaned values are of an accepted size, not yet looked into."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy

from detector.inference.formats import SUFFIXES
from detector.inference.images import say_too_large
from detector.inference.wording import retell
from detector.installation import get_limits

# What a browser offers to choose from.
ACCEPTED = ",".join(["image/*", *sorted(SUFFIXES)])


class PicturesInput(forms.ClearableFileInput):
    """More than one file makes a batch, which no form checks: each file is a row of its own."""

    allow_multiple_selected = True

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        """The last file: with more of them, no form of a single picture is asked."""
        return files.get(name)


def check_size(upload: UploadedFile[Any]) -> None:
    """Raise `ValidationError` for a file that is too large; it is not even read into memory."""
    limits = get_limits()
    if upload.size is not None and upload.size > limits.max_bytes:
        said = retell(say_too_large(upload.size, limits), "refusal")
        raise forms.ValidationError(said, code="too_large")


class UploadForm(forms.Form):
    # A FileField: Django's ImageField decodes with rules of its own before ours apply.
    image = forms.FileField(
        label=gettext_lazy("Picture"),
        allow_empty_file=True,  # open_image has the better sentence for it
        max_length=255,
        widget=PicturesInput(attrs={"accept": ACCEPTED, "multiple": True, "data-pictures": True}),
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
        check_size(upload)
        return upload


class SearchForm(UploadForm):
    """A file to search the history for; nobody asks for its stability."""

    @property
    def complaint(self) -> str:
        """What is wrong with the file, as one text."""
        return " ".join(map(str, self.errors.get("image", [])))


class SeveralFiles(forms.ClearableFileInput):
    allow_multiple_selected = True


class SeveralFilesField(forms.FileField):
    """Its cleaned value is a list of files, each of an accepted size."""

    def clean(self, data: Any, initial: Any = None) -> list[UploadedFile[Any]]:
        files = list(data) if isinstance(data, list | tuple) else [data]
        cleaned = [super(SeveralFilesField, self).clean(file, initial) for file in files or [None]]
        for file in filter(None, cleaned):
            check_size(file)
        return [file for file in cleaned if file]


class CompareForm(forms.Form):
    """Copies of one picture."""

    copies = SeveralFilesField(
        label=gettext_lazy("Copies of the picture"),
        allow_empty_file=True,
        max_length=255,
        widget=SeveralFiles(attrs={"accept": ACCEPTED}),
        error_messages={"required": gettext_lazy("Choose the files first.")},
    )
    more = SeveralFilesField(
        label=gettext_lazy("Further copies, from another folder"),
        required=False,
        allow_empty_file=True,
        max_length=255,
        widget=SeveralFiles(attrs={"accept": ACCEPTED}),
    )

    @property
    def files_given(self) -> list[UploadedFile[Any]]:
        """All files, in the order of the fields; only of a valid form."""
        return [*self.cleaned_data["copies"], *self.cleaned_data["more"]]
