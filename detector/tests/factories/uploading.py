"""Pictures that are sent to a running server by its API, and what became of them."""

from __future__ import annotations

import http.client
import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from detector.tests.factories.servers import RunningServer

API = "/api/v1/detections"


def make_form(picture: bytes) -> tuple[bytes, str]:
    """The body of a form with the picture, and its content type."""
    head = b'--b\r\nContent-Disposition: form-data; name="image"; filename="a.bmp"\r\n\r\n'
    return head + picture + b"\r\n--b--\r\n", "multipart/form-data; boundary=b"


def send_picture(
    server: RunningServer, picture: bytes, wait: int = 0
) -> tuple[http.client.HTTPResponse, Any]:
    """The answer, and its JSON; waits up to so many seconds for the result."""
    body, kind = make_form(picture)
    answer, text = server.ask("POST", f"{API}?wait={wait}", body, Content_Type=kind)
    return answer, json.loads(text)


def get_state(server: RunningServer, url: str) -> str:
    """The state of a detection."""
    return str(json.loads(server.ask("GET", url)[1])["state"])


def get_reasons(server: RunningServer) -> str:
    """Why the site is not ready; empty where it is."""
    answer, text = server.ask("GET", "/readyz")
    told = json.loads(text)
    assert told["ready"] == (answer.status == 200)
    return " ".join(told["reasons"])


def query(data_dir: Path, sql: str) -> list[Any]:
    """The rows that the database of a folder answers."""
    with closing(sqlite3.connect(data_dir / "db.sqlite3")) as database, database:
        return database.execute(sql).fetchall()
