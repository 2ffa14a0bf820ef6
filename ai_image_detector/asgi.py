"""The ASGI entry point."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ai_image_detector.settings")

application = get_asgi_application()

# Django must be set up before.
from detector.services.engines import start_engine  # noqa: E402
from detector.sweep import start_serving  # noqa: E402

start_serving()
start_engine()  # its models load while the server opens its doors
