"""The ASGI entry point."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ai_image_detector.settings")

application = get_asgi_application()

from detector.sweep import start_serving  # noqa: E402 - Django must be set up before

start_serving()
