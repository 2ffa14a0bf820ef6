"""The ASGI entry point."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ai_image_detector.settings")

application = get_asgi_application()

# After the applications are ready: the models load while the server opens its doors.
from detector.services import get_pool  # noqa: E402

get_pool()
