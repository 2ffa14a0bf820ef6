"""A script that asks the API, version 1."""

from __future__ import annotations

import json
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from detector.tests.factories.pages import Response

V1 = "/api/v1/"


class Asker:
    """Asks with a token, or without one, from an address."""

    def __init__(self, token: str = "", address: str = "127.0.0.1") -> None:
        self._client = Client(REMOTE_ADDR=address)
        self._headers = {"authorization": f"Bearer {token}"} if token else {}

    def ask(self, method: str, path: str, **options: Any) -> Response:
        headers = self._headers | options.pop("headers", {})
        place = path if path.startswith("/") else V1 + path
        return getattr(self._client, method)(place, headers=headers, **options)

    def get(self, path: str, **options: Any) -> Response:
        return self.ask("get", path, **options)

    def delete(self, path: str) -> Response:
        return self.ask("delete", path)

    def send(
        self, *files: bytes, query: str = "", headers: dict[str, str] | None = None, **fields: Any
    ) -> Response:
        """POST detections; the files are named 0.jpg, 1.jpg and so on."""
        images = [SimpleUploadedFile(f"{n}.jpg", data) for n, data in enumerate(files)]
        form = {"image": images, **fields}
        return self.ask("post", f"detections{query}", data=form, headers=headers or {})

    def post_json(self, path: str, body: Any, headers: dict[str, str] | None = None) -> Response:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        options = {"data": data, "content_type": "application/json", "headers": headers or {}}
        return self.ask("post", path, **options)

    def make_batch(self, **fields: Any) -> str:
        made: str = self.post_json("batches", {"name": "Sunday"} | fields).json()["id"]
        return made
