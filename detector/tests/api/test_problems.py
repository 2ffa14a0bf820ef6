"""Every failure below /api/v1/ is `application/problem+json`, and names the field that is wrong."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from pytest_django import Settings

from ai_image_detector.server import REFUSED
from detector.models import Upload
from detector.tests.factories.asking import V1, Asker

pytestmark = pytest.mark.django_db

FILE = SimpleUploadedFile("a.jpg", b"x")
FORM = {"content_type": "multipart/form-data; boundary=b"}
DETECTIONS = f"{V1}detections"
UUID = "00000000-0000-0000-0000-000000000000"


def check(response: Any, status: int, *, fields: list[str] | None = None) -> str:
    """The sentence of a problem of this status that names these fields."""
    assert response.status_code == status
    assert response.headers["Content-Type"] == "application/problem+json"
    body = response.json()
    assert (body["type"], body["status"]) == ("about:blank", status) and body["title"]
    assert [fault["field"] for fault in body.get("errors", [])] == (fields or [])
    sentence: str = body["detail"]
    return sentence


@pytest.mark.parametrize(
    "path", ["", "nothing", "detections/7", f"detections/{UUID}", f"batches/{UUID}.csv"]
)
def test_nothing_there(asker: Asker, path: str) -> None:
    check(asker.get(path), 404)


@pytest.mark.parametrize("method", ["put", "patch", "delete", "options"])
def test_a_method_that_is_not_accepted(asker: Asker, method: str) -> None:
    response = asker.ask(method, "detections")
    said = check(response, 405)
    allowed = response.headers["Allow"]
    assert set(allowed.split(", ")) == {"GET", "POST"} and allowed in said


@pytest.mark.slow
@pytest.mark.parametrize(
    ("form", "fields"),
    [
        ({}, ["image"]),
        ({"picture": FILE}, ["picture", "image"]),
        ({"image": "text"}, ["image"]),
        ({"image": FILE, "note": "x"}, ["note"]),
        ({"image": FILE, "batch": "7"}, ["batch"]),
        ({"image": FILE, "batch": FILE}, ["batch"]),
        ({"image": FILE, "batch": [UUID, UUID]}, ["batch"]),
        ({"image": FILE, "stability": "yes"}, ["stability"]),
        ({"image": FILE, "stability": ["0", "1"]}, ["stability"]),
    ],
)
def test_a_missing_second_or_unknown_field_is_named(
    asker: Asker, form: dict[str, Any], fields: list[str]
) -> None:
    check(asker.ask("post", "detections", data=form), 422, fields=fields)
    assert not Upload.objects.exists()


@pytest.mark.parametrize(
    ("query", "fields"),
    [("wait=-1", ["wait"]), ("wait=x", ["wait"]), ("wait=121", ["wait"]), ("w=1", ["w"])],
)
def test_a_wrong_parameter_of_a_post_is_named(asker: Asker, query: str, fields: list[str]) -> None:
    check(asker.send(b"x", query=f"?{query}"), 422, fields=fields)
    assert not Upload.objects.exists()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("body", "options", "status"),
    [
        (b"x", {"content_type": "image/jpeg"}, 415),
        (b"", {"content_type": ""}, 415),
        (b"x", {"content_type": "multipart/form-data"}, 400),
        (b"--b\r\n" + b"x" * 2000 + b"\r\n\r\n", FORM, 400),
        ({f"{n}": "x" for n in range(1601)}, {}, 400),
        ({f"{n}": FILE for n in range(501)}, {}, 400),
        ({"note": "x" * 3 * 2**20}, {}, 413),
    ],
)
def test_a_body_that_is_no_form(
    asker: Asker, body: Any, options: dict[str, Any], status: int
) -> None:
    check(asker.ask("post", "detections", data=body, **options), status)


def test_too_large_a_body_and_too_large_a_file(asker: Asker, settings: Settings) -> None:
    settings.MAX_UPLOAD_MB = 1
    assert "at most 1 MB" in check(asker.send(b"x" * 2**21), 413)
    assert "at most 1 MB" in check(asker.send(b"x", b"x" * (2**20 + 1)), 413)
    assert not Upload.objects.exists()


@pytest.mark.parametrize("code", [400, 413, 501, 503])
def test_what_the_server_refuses(code: int) -> None:
    refused: dict[str, Any] = {REFUSED: code}
    check(Client().post(DETECTIONS, **refused), code)


def test_a_body_without_a_length() -> None:
    chunked: dict[str, Any] = {"CONTENT_LENGTH": "", "headers": {"transfer-encoding": "chunked"}}
    check(Client().generic("POST", DETECTIONS, **chunked), 411)


def test_the_page_of_another_site_and_an_unknown_host(asker: Asker, jpeg: bytes) -> None:
    check(asker.send(jpeg, headers={"origin": "http://evil.example"}), 403)
    check(asker.send(jpeg, headers={"host": "evil.example"}), 400)
    assert not Upload.objects.exists()


def test_what_fails_here(asker: Asker, jpeg: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    asker._client.raise_request_exception = False
    monkeypatch.setattr(Upload, "save", lambda *a, **k: 1 / 0)
    assert "its log says why" in check(asker.send(jpeg), 500)
