"""The real server and its worker: a token, a picture, and its result, by HTTP alone."""

from __future__ import annotations

import json
import uuid
from pathlib import Path
from typing import Any

import pytest

from detector.tests.factories.pictures import encode, photo
from detector.tests.factories.processes import run_python
from detector.tests.factories.servers import migrate, serving, wait_for

pytestmark = pytest.mark.browser  # processes of the real program: slow to start


def make_form(name: str, data: bytes) -> tuple[bytes, str]:
    """A form with one file, as curl sends it, and its content type."""
    boundary = uuid.uuid4().hex
    head = f'--{boundary}\r\nContent-Disposition: form-data; name="image"; filename="{name}"\r\n'
    body = head.encode() + b"Content-Type: image/jpeg\r\n\r\n" + data
    return body + f"\r\n--{boundary}--\r\n".encode(), f"multipart/form-data; boundary={boundary}"


def test_a_script_with_a_token_gets_its_result(tmp_path: Path) -> None:
    migrate(tmp_path)
    made = run_python("manage.py", "create_api_token", "press", data_dir=tmp_path)
    mine: dict[str, Any] = {"Authorization": f"Bearer {made.stdout.split()[1]}"}
    body, kind = make_form("beach.jpg", encode(photo(300, 300), "JPEG"))
    with serving(tmp_path) as server:
        response, text = server.ask("POST", "/api/v1/detections", body, Content_Type=kind, **mine)
        (item,) = json.loads(text)["items"]
        assert response.status == 202 and response.headers["Location"] == item["url"]

        def ask() -> dict | None:
            told = json.loads(server.ask("GET", item["url"], **mine)[1])
            return told if told["state"] == "done" else None

        result = wait_for(ask, server.process)["result"]
        assert (result["schema"], result["file"]["name"]) == (1, "beach.jpg")
        assert {method["status"] for method in result["methods"]} <= {"ok", "abstained"}
        # A script of the same machine without the token is somebody else.
        assert server.ask("GET", item["url"])[0].status == 404
        passed, text = server.ask("GET", "/api/v1/detections", X_Forwarded_For="203.0.113.9")
        assert passed.status == 401 and json.loads(text)["status"] == 401
        page, html = server.ask("GET", "/static/ninja/swagger-ui-init.js")
        assert page.status == 200 and "SwaggerUIBundle" in html
