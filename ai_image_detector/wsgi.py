"""The WSGI entry point: of `manage.py serve`, of `runserver`, and of servers of another make."""

import os
from typing import Any

from django.core.handlers.wsgi import WSGIRequest
from django.core.wsgi import get_wsgi_application
from django.utils.http import parse_header_parameters

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ai_image_detector.settings")


class Request(WSGIRequest):
    """Reads every form as UTF-8, which is how browsers send it.

    A request may name any codec of Python: some are no text and some take hours. Django fails on
    them, and on a kind that cannot be parsed, before anything of ours could answer.
    """

    def _set_content_type_params(self, meta: dict[str, Any]) -> None:
        try:
            self.content_type, self.content_params = parse_header_parameters(
                meta.get("CONTENT_TYPE", "")
            )
        except ValueError:
            self.content_type, self.content_params = "", {}


application = get_wsgi_application()
application.request_class = Request

# Django must be set up before.
from detector.services.engines import start_engine  # noqa: E402
from detector.sweep import start_serving  # noqa: E402

start_serving()
start_engine()  # its models load while the server opens its doors
