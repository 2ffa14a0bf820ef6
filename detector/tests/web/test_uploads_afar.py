"""What page and API make of the analysis process, and what the web process must not do."""

from __future__ import annotations

import gc
import html
import logging
import tracemalloc
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile, UploadedFile
from django.test import Client
from PIL import Image

from detector import installation
from detector.analysis.answers import (
    Assessment,
    BrokenOff,
    Busy,
    Job,
    NeedsMemory,
    NotAnalysed,
    NotReady,
    Setup,
    TooSlow,
)
from detector.analysis.pool import AnalysisProcess
from detector.inference.images import SourceImage
from detector.inference.runtime import Runtime
from detector.models import Analysis, Upload
from detector.tests.factories.pages import Response
from detector.tests.factories.pictures import encode, noise
from detector.tests.factories.processes import run_python
from detector.tests.factories.stubs import Stub, make_stub

pytestmark = pytest.mark.django_db

PAGE, API = "/", "/api/detect"


def post(client: Client, url: str, data: bytes) -> Response:
    return client.post(url, {"image": SimpleUploadedFile("a.jpg", data)})


@pytest.fixture
def stub(use_methods: Callable[..., None]) -> type[Stub]:
    stub = make_stub()
    use_methods(deep_learning=stub)
    return stub


@pytest.fixture
def process(tmp_path: Path) -> Iterator[AnalysisProcess]:
    runtime = Runtime(tmp_path, tmp_path, hub_cache=tmp_path, force_cpu=True)
    process = AnalysisProcess(Setup(runtime, 1024 * 2**20, settings.LOGGING))
    yield process
    process.end()


@pytest.mark.slow
@pytest.mark.parametrize("url", [PAGE, API])
@pytest.mark.parametrize(
    ("error", "status", "retry_after"),
    [
        (TooSlow(30), 422, None),
        (NeedsMemory(1024), 413, None),
        (BrokenOff(), 422, None),
        (NotReady(), 503, "30"),
        (Busy(16), 503, "10"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else "",
)
def test_why_there_is_no_answer_is_said(
    client: Client,
    stub: type[Stub],
    monkeypatch: pytest.MonkeyPatch,
    url: str,
    error: NotAnalysed,
    status: int,
    retry_after: str | None,
) -> None:
    class Pool:
        def analyse(self, job: Job) -> Assessment:
            raise error

    monkeypatch.setattr(installation, "get_pool", Pool)
    response = post(client, url, encode(noise(), "PNG"))
    assert response.status_code == status
    assert response.headers.get("Retry-After") == retry_after
    said = response.json()["error"] if url == API else html.unescape(response.content.decode())
    assert str(error) in said and "damaged" not in str(error)
    assert url == API or 'type="file"' in said
    assert not Upload.objects.exists()


@pytest.mark.slow
def test_the_web_process_opens_no_picture(
    client: Client, process: AnalysisProcess, monkeypatch: pytest.MonkeyPatch, media: Path
) -> None:
    def refuse(*args: object, **kwargs: object) -> None:
        raise AssertionError("A picture was opened in the web process.")

    data = encode(noise(400, 300), "JPEG")
    monkeypatch.setattr(installation, "get_pool", lambda: process)
    monkeypatch.setattr(Image, "open", refuse)
    monkeypatch.setattr(installation, "open_image", refuse)
    for url in (PAGE, PAGE, API):
        assert post(client, url, data).status_code in (200, 302)
    assert post(client, PAGE, b"text").status_code == 400
    assert {m["status"] for m in Upload.objects.all()[0].result["methods"]} <= {
        "ok",
        "abstained",
        "unavailable",
    }
    assert len(list(media.rglob("previews/*.webp"))) == 1


@pytest.mark.slow
def test_a_server_starts_a_worker_and_loads_no_network_itself(tmp_path: Path) -> None:
    code = """
import sys
import time
import ai_image_detector.wsgi
from detector.installation import get_detector, get_pool
from detector.services.beside import _worker
while _worker._process is None:
    time.sleep(0.01)
assert _worker._process.poll() is None
get_detector().version  # as every upload asks for it
for library in ("openvino", "cv2", "scipy", "httpx2", "torch"):
    assert library not in sys.modules, library
assert get_pool.cache_info().currsize == 0
"""
    done = run_python("-c", code, data_dir=tmp_path)
    assert done.returncode == 0, done.stderr


def holders() -> list[object]:
    """All that holds a picture, or the bytes of one: decoded, analysed, uploaded."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # libraries warn of those of their objects that are old
        return [
            one
            for one in gc.get_objects()
            if isinstance(one, SourceImage | Image.Image | Assessment | Job)
            or (isinstance(one, UploadedFile) and not one.closed)
        ]


@pytest.mark.slow
@pytest.mark.parametrize("url", [PAGE, API])
@pytest.mark.parametrize("damage", [0, 1000])
def test_nothing_that_outlives_a_request_holds_a_picture(
    client: Client,
    stub: type[Stub],
    url: str,
    damage: int,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """With the collector off, as a cycle would keep what it holds."""
    # pytest keeps the records of the log, which hold the request.
    caplog.set_level(logging.CRITICAL, logger="django.request")
    data = encode(noise(1000, 800), "PNG")  # two megabytes
    data = data[: len(data) - damage]
    post(client, url, encode(noise(), "GIF"))  # what the first request imports and caches
    gc.collect()
    gc.freeze()  # what is there before is not looked at: libraries keep one or the other picture
    gc.disable()
    tracemalloc.start()
    try:
        post(client, url, data)
        grown = tracemalloc.get_traced_memory()[0]
        tracemalloc.stop()
        after = holders()
    finally:
        tracemalloc.stop()
        gc.enable()
        gc.unfreeze()
    assert after == []
    assert grown < 1.5 * len(data)  # nor the file: once, the client of the tests keeps it


# Known bytes


def test_known_bytes_keep_their_pictures_while_one_upload_shows_them(
    client: Client, stub: type[Stub], media: Path
) -> None:
    data = encode(noise(), "PNG")
    first, second = (post(client, PAGE, data).headers["Location"] for _ in range(2))
    assert len(stub.asked) == 1
    Upload.objects.filter(pk=first.strip("/").split("/")[-1]).delete_with_files()
    for name in ("preview", "error_levels"):
        (upload,) = Upload.objects.all()
        assert upload.get_absolute_url() == second
        assert getattr(upload, name).open().read()[8:12] == b"WEBP"
    Upload.objects.filter(pk=second.strip("/").split("/")[-1]).delete_with_files()
    assert not Analysis.objects.exists() and not list(media.rglob("*.webp"))


@pytest.mark.slow
def test_known_bytes_whose_preview_is_gone_are_analysed_again(
    client: Client, stub: type[Stub], media: Path
) -> None:
    data = encode(noise(), "PNG")
    post(client, PAGE, data)
    for path in media.rglob("*.webp"):
        path.unlink()
    post(client, PAGE, data)
    assert len(stub.asked) == 2 and len(list(media.rglob("*.webp"))) == 3
