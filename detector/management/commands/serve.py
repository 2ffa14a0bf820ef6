"""Serves the site: one process with threads, fit for slow and hostile visitors."""

from __future__ import annotations

import signal
import sys
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError
from django.db import DatabaseError, OperationalError

from ai_image_detector.server import FORM_OVERHEAD, MOST_BODIES, Patience, make_servers
from detector.management.base import DetectorCommand, check_data_folder, port


class Command(DetectorCommand):
    help = "Serve the site. Behind a proxy that ends TLS, set HTTPS=true."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--host", default="127.0.0.1", help="address (default: this machine)")
        parser.add_argument(
            "--port", type=port, default=8000, help="default: 8000; 0: any free one"
        )

    def handle(self, *, host: str, port: int, **options: Any) -> None:
        check_data_folder()
        self._check_database()
        # Starts what belongs to a server of any make: the sweep, and its own temporary files.
        from ai_image_detector.wsgi import application

        try:
            servers = make_servers(
                application,
                f"{host}:{port}",
                patience=Patience(),
                max_request_body_size=MOST_BODIES * settings.MAX_UPLOAD_MB * 2**20 + FORM_OVERHEAD,
                # Waitress would take the headers away that say whom a proxy asks for; what may be
                # believed of them is decided where they are read.
                clear_untrusted_proxy_headers=False,
            )
        except (OSError, ValueError, OverflowError) as error:
            raise CommandError(f"{host}:{port} cannot be served: {error}") from error
        for server in servers:
            at = f"http://{server.effective_host}:{server.effective_port}"
            self.stdout.write(f"AI Image Detector: {at}")
        self.stdout.flush()
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
        servers[0].run()

    def _check_database(self) -> None:
        """Say what to do where the tables are old. Raises `CommandError` for a damaged database."""
        try:
            self.check_migrations()
        except OperationalError as error:  # it is away or locked; it may come back
            self.stderr.write(f"The database does not answer: {error}")
        except DatabaseError as error:
            raise CommandError(
                f"The database cannot be used: {error}. `manage.py doctor` tells more, and "
                "`manage.py restore` puts a backup in its place."
            ) from error
