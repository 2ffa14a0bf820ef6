"""The Celery application, where CELERY_BROKER_URL names a broker: `manage.py work` runs it."""

from __future__ import annotations

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ai_image_detector.settings")

# The names of the settings that begin with CELERY_ are those of Celery.
app = Celery("ai_image_detector")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["detector"])
