"""Pictures to try the site with; `python -m detector.lab.samples` draws them."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils.translation import gettext_noop

FOLDER = settings.BASE_DIR / "static" / "samples"


@dataclass(frozen=True)
class Sample:
    """A picture of ours: its file below `static/samples/`, and what is to be seen with it."""

    key: str
    filename: str
    title: str
    teaches: str

    @property
    def thumbnail(self) -> str:
        """Its small copy, as a path below `static/`."""
        return f"samples/{self.key}-small.webp"

    def open(self) -> SimpleUploadedFile:
        """The file as if a visitor had sent it. Raises `OSError` where it is not installed."""
        return SimpleUploadedFile(self.filename, (FOLDER / self.filename).read_bytes())


SAMPLES = (
    Sample(
        "settings",
        "lighthouse-with-settings.png",
        gettext_noop("A picture with the settings of a generator"),
        gettext_noop("The file itself says that an AI made it."),
    ),
    Sample(
        "camera",
        "hills-with-camera-data.jpg",
        gettext_noop("A picture with the data of a camera"),
        gettext_noop("Camera data can be forged, so it decides nothing."),
    ),
    Sample(
        "screenshot",
        "shapes-without-data.png",
        gettext_noop("A drawing without any data"),
        gettext_noop(
            "Drawings are neither photographs nor made by an AI: see what the methods make of it."
        ),
    ),
)


def find_sample(key: str) -> Sample | None:
    """The sample of this name, if there is one."""
    return next((sample for sample in SAMPLES if sample.key == key), None)
