"""A site of its own in a temporary folder: the real server, its worker, and clients of its API."""

from __future__ import annotations

import http.client
import json
import os
import re
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from .clock import Failed
from .memory import find_children

ROOT = Path(__file__).resolve().parents[2]
# What would lead to the data of this installation, or of others.
ELSEWHERE = ("DATABASE_URL", "STORAGE_URL", "CELERY_BROKER_URL", "ANALYSIS_ENGINE", "HTTPS")
# Seconds within which a site must be up, and an answer must come.
PATIENCE = 180
# Nobody is refused for asking often.
RATE = "1000000"
UNFINISHED = ("queued", "running")
# Visitors from elsewhere may come, through a proxy on this machine.
BEHIND_PROXY = {"TRUSTED_PROXIES": "127.0.0.1", "API_OPEN": "true"}


def own_environment(folder: Path, **more: str) -> dict[str, str]:
    """The environment of programs whose data are in `folder`, and nowhere else."""
    kept = {name: value for name, value in os.environ.items() if name not in ELSEWHERE}
    own = {"DATA_DIR": str(folder), "DJANGO_SETTINGS_MODULE": "ai_image_detector.settings"}
    return kept | own | {"API_ADDRESS_RATE": RATE} | BEHIND_PROXY | more


def manage(*arguments: str, env: dict[str, str]) -> str:
    """What a command of this project prints. Raises `Failed`."""
    done = subprocess.run(
        [sys.executable, "manage.py", *arguments], cwd=ROOT, env=env, capture_output=True, text=True
    )
    if done.returncode:
        last = (done.stderr.strip().splitlines() or [""])[-1]
        raise Failed(f"manage.py {arguments[0]} has ended with {done.returncode}: {last}")
    return done.stdout


@dataclass(frozen=True)
class Answer:
    """The answer to a request: `body` is what its JSON says, {} where it is none.

    `retry_after` are the seconds of the header Retry-After, 0 without one.
    """

    status: int
    body: dict[str, Any]
    seconds: float
    retry_after: int = 0


@dataclass(frozen=True)
class Site:
    """A running site; `web` and `worker` are processes, the models are in children of `worker`.

    With an `address`, requests come from there through a proxy; without one, from this machine.
    """

    port: int
    folder: Path
    web: int
    worker: int
    address: str = ""

    def seen_from(self, address: str) -> Site:
        """The same site for a visitor elsewhere."""
        return replace(self, address=address)

    def get(self, path: str) -> Answer:
        """Raises `OSError` or `HTTPException` where no whole answer comes."""
        return self._ask("GET", path)

    def send(self, picture: bytes, wait: int = 0, name: str = "picture.jpg") -> Answer:
        """POST a picture to the API. Raises as `get`."""
        boundary = uuid.uuid4().hex
        head = f'--{boundary}\r\nContent-Disposition: form-data; name="image"; filename="{name}"'
        body = f"{head}\r\n\r\n".encode() + picture + f"\r\n--{boundary}--\r\n".encode()
        kind = {"Content-Type": f"multipart/form-data; boundary={boundary}"}
        return self._ask("POST", f"/api/v1/detections?wait={wait}", body, kind)

    def finish(self, answer: Answer) -> dict[str, Any]:
        """The detection that a picture was answered with, once it has ended. Raises as `get`."""
        item: dict[str, Any] = answer.body["items"][0]
        while item["state"] in UNFINISHED:
            time.sleep(0.1)
            item = self.get(item["url"]).body
        return item

    def analysts(self) -> list[int]:
        """The processes with the models."""
        return find_children(self.worker)

    def _ask(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        headers: dict[str, str] | None = None,
    ) -> Answer:
        start = time.perf_counter()
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        try:
            passed_on = {"X-Forwarded-For": self.address} if self.address else {}
            connection.request(method, path, body, (headers or {}) | passed_on)
            response = connection.getresponse()
            text = response.read()
        finally:
            connection.close()
        is_json = "json" in response.headers.get("Content-Type", "")
        seconds = time.perf_counter() - start
        retry_after = int(response.headers.get("Retry-After", 0))
        return Answer(response.status, json.loads(text) if is_json else {}, seconds, retry_after)


@contextmanager
def open_site(*, with_static: bool = False, **settings: str) -> Iterator[Site]:
    """A site with these settings, whose models are loaded. Raises `Failed` if it does not start.

    `with_static` collects the static files first, compressed and under hashed names.
    """
    with TemporaryDirectory() as name:
        folder = Path(name)
        env = own_environment(folder, **settings)
        manage("migrate", "-v0", env=env)
        if with_static:
            manage("collectstatic", "--noinput", "-v0", env=env)
        log = folder / "log"
        with log.open("wb") as file:
            process = subprocess.Popen(
                [sys.executable, "-u", "manage.py", "serve", "--port", "0"],
                cwd=ROOT,
                env=env,
                stdout=file,
                stderr=file,
            )
        try:
            yield _wait_for_site(process, log)
        finally:
            process.terminate()
            process.wait()


def _wait_for_site(process: subprocess.Popen[bytes], log: Path) -> Site:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end and process.poll() is None:
        address = re.search(r"http://127\.0\.0\.1:(\d+)", log.read_text(errors="replace"))
        workers = [pid for pid in find_children(process.pid) if find_children(pid)]
        if address and workers:
            site = Site(int(address[1]), log.parent, process.pid, workers[0])
            site.finish(site.send(_small_picture()))
            return site
        time.sleep(0.1)
    last = (log.read_text(errors="replace").strip().splitlines() or [""])[-1]
    raise Failed(f"The site does not start: {last}")


def _small_picture() -> bytes:
    from .pictures import make_jpeg

    return make_jpeg(0.1)
