from django.apps import AppConfig


class DetectorConfig(AppConfig):
    name = "detector"
    verbose_name = "AI Image Detector"

    def ready(self) -> None:
        from . import checks  # noqa: F401 - importing registers the checks
