"""A hub on this machine that answers as the Hugging Face hub does, for the real download code."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote, urlsplit

COMMIT = "c0ffee" + "0" * 34

Repositories = dict[str, dict[str, bytes]]


@contextmanager
def serve_hub(repositories: Repositories, requests: list[str]) -> Iterator[str]:
    """Serve {"owner/name": {file name: content}}; yields the address. Paths asked for are logged.

    A repository that is not there answers 401, as the hub does for private and missing ones alike.
    """

    class Hub(BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            self._answer(with_body=False)

        def do_GET(self) -> None:
            self._answer(with_body=True)

        def log_message(self, *args: object) -> None:
            pass

        def _answer(self, *, with_body: bool) -> None:
            path = unquote(urlsplit(self.path).path)
            requests.append(f"{self.command} {path}")
            status, headers, body = respond(repositories, path)
            self.send_response(status)
            for name, value in (headers | {"Content-Length": str(len(body))}).items():
                self.send_header(name, value)
            self.end_headers()
            if with_body:
                self.wfile.write(body)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Hub)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def respond(repositories: Repositories, path: str) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body for a path of the hub's API."""
    parts = path.strip("/").split("/")
    api = parts[:2] == ["api", "models"]
    name = "/".join(parts[2:4] if api else parts[:2])
    if name not in repositories:
        return 401, {"X-Error-Code": "RepoNotFound"}, b"{}"
    files = repositories[name]
    if not api:
        return _file(files, parts[-1])
    if "tree" in parts:
        listing = [
            {"type": "file", "path": f, "size": len(c), "oid": _etag(c)} for f, c in files.items()
        ]
        return _json(listing)
    siblings = [{"rfilename": file} for file in files]
    return _json({"id": name, "modelId": name, "sha": COMMIT, "siblings": siblings})


def _file(files: dict[str, bytes], name: str) -> tuple[int, dict[str, str], bytes]:
    if name not in files:
        return 404, {"X-Error-Code": "EntryNotFound"}, b""
    headers = {"ETag": f'"{_etag(files[name])}"', "X-Repo-Commit": COMMIT}
    return 200, headers, files[name]


def _json(content: object) -> tuple[int, dict[str, str], bytes]:
    return 200, {"Content-Type": "application/json"}, json.dumps(content).encode()


def _etag(content: bytes) -> str:
    return hashlib.sha1(content).hexdigest()
