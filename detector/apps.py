from django.apps import AppConfig
from django.utils.translation import get_language


class DetectorConfig(AppConfig):
    name = "detector"
    verbose_name = "AI Image Detector"

    def ready(self) -> None:
        from . import checks  # noqa: F401 - importing registers the checks
        from .inference import wording

        # One switch for both: `translation.override("de")` changes pages and sentences.
        wording.follow(get_language)
