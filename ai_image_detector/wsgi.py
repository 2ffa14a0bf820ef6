"""The WSGI entry point."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ai_image_detector.settings")

application = get_wsgi_application()

# After the applications are ready: the models load while the server opens its doors.
from detector.services import get_pool  # noqa: E402

get_pool()
