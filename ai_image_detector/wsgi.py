"""The WSGI entry point: of `manage.py serve`, of `runserver`, and of servers of another make."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ai_image_detector.settings")

application = get_wsgi_application()

from detector.sweep import start_serving  # noqa: E402 - Django must be set up before

start_serving()
