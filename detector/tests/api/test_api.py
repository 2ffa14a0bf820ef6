"""The JSON API, and what happens to an upload behind page and API alike."""

from __future__ import annotations

import uuid
from datetime import timedelta
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from django.contrib.sessions.models import Session
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from ai_image_detector.server import REFUSED
from detector.inference.images import open_image
from detector.models import Analysis, Upload
from detector.tests.factories.pages import Response
from detector.tests.factories.pictures import BAD, encode, frames, noise
from detector.tests.factories.stubs import Stub

pytestmark = pytest.mark.django_db

URL = "/api/detect"


def upload(client: Client, data: bytes, name: str) -> None:
    """As the page does it."""
    client.post(reverse("detector:index"), {"image": SimpleUploadedFile(name, data)})


def post(client: Client, data: bytes, name: str = "a.jpg") -> Response:
    return client.post(URL, {"image": SimpleUploadedFile(name, data)})


# The API


def test_a_picture_gives_the_same_object_as_the_command_line(client: Client, jpeg: bytes) -> None:
    response = post(client, jpeg, "beach.jpg")
    given = response.json()
    assert response.status_code == 200 and response.headers["Content-Type"] == "application/json"
    jsonschema_rs.validate(client.get("/api/schema").json(), given)
    assert list(given)[:4] == ["schema", "id", "created", "file"]
    detection = Upload.objects.get()
    assert (given["id"], given["created"]) == (
        str(detection.pk),
        detection.created_at.isoformat(),
    )
    image = open_image(jpeg)
    assert given["file"] == {
        "name": "beach.jpg",
        "size": len(jpeg),
        "format": "JPEG",
        "width": image.width,
        "height": image.height,
        "sha256": image.sha256,
    }
    assert given["methods"][0]["score"] == 0.9


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["empty", "text", "cut jpeg", "png of 100,000 x 100,000"])
def test_a_bad_file_gives_400_and_a_sentence(client: Client, kind: str) -> None:
    build, why = BAD[kind]
    response = post(client, build())
    assert response.status_code == 400
    assert list(response.json()) == ["error"] and why in response.json()["error"]


FILE = SimpleUploadedFile("a.jpg", b"x")
FORM = {"content_type": "multipart/form-data; boundary=b"}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("body", "options", "why"),
    [
        ({}, {}, "has no field 'image', but no field at all"),
        ({"picture": FILE, "note": "x"}, {}, "has no field 'image', but 'note', 'picture'"),
        ({"image": "text"}, {}, "is text and no file"),
        ({"image": [FILE, FILE]}, {}, "has the field 'image' 2 times"),
        (
            b'--b\r\nContent-Disposition: form-data; name="image"\r\n\r\nx\r\n'
            b'--b\r\nContent-Disposition: form-data; name="image"; filename="a"\r\n\r\nx\r\n--b--',
            FORM,
            "has the field 'image' 2 times",
        ),
        (b"", {"content_type": ""}, "The body is of no stated kind"),
        (b"x", {"content_type": "image/jpeg"}, "The body is image/jpeg"),
        (b"image=x", {"content_type": "application/x-www-form-urlencoded"}, "-www-form-urlencoded"),
        (b"x", {"content_type": "multipart/form-data"}, "Invalid boundary in multipart: None"),
        (b"x", {"content_type": "multipart/form-data; boundary=\xe9"}, "cannot be read"),
        (b"--b--", FORM, "has no field 'image', but no field at all"),
        (
            b'--b\r\nContent-Disposition: form-data; name="image"\r\n'
            b"Content-Transfer-Encoding: base64\r\n\r\n!\r\n--b--",
            FORM,
            "is text and no file",
        ),
        (
            b'--b\r\nContent-Disposition: form-data; name="image"; filename="a"\r\n'
            b"Content-Transfer-Encoding: base64\r\n\r\nAAAAA\r\n--b--",
            FORM,
            "cannot be read (Could not decode base64 data",
        ),
        (b"--b\r\n" + b"x" * 2000 + b"\r\n\r\n", FORM, "max total header size exceeded"),
        ({f"{n}": "x" for n in range(1601)}, {}, "number of GET/POST parameters exceeded"),
        ({f"{n}": FILE for n in range(501)}, {}, "number of files exceeded"),
        ({"note": "x" * 3 * 2**20}, {}, "cannot be read"),
    ],
)
def test_a_form_without_one_picture_is_told_what_it_has(
    client: Client, body: dict | bytes, options: dict, why: str
) -> None:
    response = client.post(URL, body, **options)
    assert response.status_code == 400 and list(response.json()) == ["error"]
    assert why in response.json()["error"]
    assert "one picture as the file field 'image' of a form" in response.json()["error"]


# Errors are JSON


@pytest.mark.parametrize("method", ["get", "head", "put", "delete", "patch", "options"])
def test_only_post_is_allowed(client: Client, method: str) -> None:
    response = getattr(client, method)(URL)
    assert response.status_code == 405 and response.headers["Allow"] == "POST"
    said = f"'{method.upper()}' is not accepted here; send POST."
    assert method == "head" or response.json() == {"error": said}
    assert response.headers["Content-Type"] == "application/json"


@pytest.mark.parametrize("path", ["/api", "/api/", "/api/detect/", "/api/v9/x"])
def test_an_unknown_path_is_told_in_json(client: Client, path: str) -> None:
    response = client.get(path)
    assert response.status_code == 404
    assert f"There is nothing at '{path}'" in response.json()["error"]


def test_what_fails_here_is_told_in_json(
    client: Client, jpeg: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    client.raise_request_exception = False
    monkeypatch.setattr(Upload, "save", lambda *a, **k: 1 / 0)
    response = post(client, jpeg)
    assert response.status_code == 500 and "its log says why" in response.json()["error"]
    assert "division" not in response.text


def test_a_body_whose_end_django_would_not_see_is_refused(client: Client) -> None:
    """As a server hands it over that does not count chunks."""
    chunked: dict[str, Any] = {"CONTENT_LENGTH": "", "headers": {"transfer-encoding": "chunked"}}
    response = client.generic("POST", URL, **chunked)
    assert response.status_code == 411 and "Content-Length" in response.json()["error"]
    assert "Analyse a picture" in client.generic("POST", "/", **chunked).text


@pytest.mark.parametrize("code", [400, 501, 503])
def test_what_the_server_refuses_is_answered_in_form(client: Client, code: int) -> None:
    refused: dict[str, Any] = {REFUSED: code}
    api, page = client.post(URL, **refused), client.post("/", **refused)
    assert api.status_code == page.status_code == code
    assert list(api.json()) == ["error"] and "Analyse a picture" in page.text
    assert ("Retry-After" in api.headers) == (code == 503)


# Posts of other sites


@pytest.mark.slow
@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "http://evil.example"},
        {"origin": "null"},
        {"origin": ""},
        {"origin": "http://testserver:81"},
        {"origin": "https://testserver"},
        {"origin": "http://testserver.evil.example"},
        {"origin": "http://testserver, http://evil.example"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"sec-fetch-site": "same-site", "origin": "http://testserver"},
        {"sec-fetch-site": "same-origin", "origin": "http://evil.example"},
        {"referer": "http://evil.example/page"},
        {"referer": "http://["},
    ],
)
def test_the_page_of_another_site_is_refused(
    client: Client, stub: type[Stub], jpeg: bytes, headers: dict[str, str]
) -> None:
    response = client.post(URL, {"image": SimpleUploadedFile("a.jpg", jpeg)}, headers=headers)
    assert response.status_code == 403 and "The API takes posts of" in response.json()["error"]
    assert not stub.asked and not Upload.objects.exists()


@pytest.mark.slow
@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "http://testserver", "sec-fetch-site": "same-origin"},
        {"origin": "http://testserver", "referer": "http://testserver/methods/"},
        {"sec-fetch-site": "none"},
        {"origin": "https://friend.example", "sec-fetch-site": "cross-site"},
        {"origin": "https://a.friends.example", "sec-fetch-site": "cross-site"},
    ],
)
def test_its_own_pages_and_trusted_sites_may_post(
    client: Client, settings, jpeg: bytes, headers: dict[str, str]
) -> None:
    settings.CSRF_TRUSTED_ORIGINS = ["https://friend.example", "https://*.friends.example"]
    response = client.post(URL, {"image": SimpleUploadedFile("a.jpg", jpeg)}, headers=headers)
    assert response.status_code == 200


def test_a_name_that_was_made_to_lead_here_is_refused(client: Client, jpeg: bytes) -> None:
    """DNS rebinding: the page and its post have the same origin, which is not ours."""
    headers = {"host": "evil.example", "origin": "http://evil.example"}
    response = client.post(URL, {"image": SimpleUploadedFile("a.jpg", jpeg)}, headers=headers)
    assert response.status_code == 400 and "'evil.example'" in response.json()["error"]
    assert not Upload.objects.exists()


def test_no_token_is_needed_and_no_session_made(jpeg: bytes) -> None:
    client = Client(enforce_csrf_checks=True)
    response = post(client, jpeg)
    assert response.status_code == 200 and not response.cookies
    assert not Session.objects.exists()


@pytest.mark.slow
def test_without_a_session_the_result_belongs_to_nobody_else(client: Client, jpeg: bytes) -> None:
    post(Client(), jpeg)
    post(Client(), jpeg)
    first, second = Upload.objects.all()
    assert first.owner != second.owner
    assert client.get(first.get_absolute_url()).status_code == 404


def test_the_notes_of_the_picture_are_given(client: Client) -> None:
    assert "Only the first" in post(client, frames("GIF")).json()["notes"][0]["text"]


# Answered once


def test_the_same_bytes_are_answered_from_the_database_to_their_owner(
    client: Client, stub: type[Stub], jpeg: bytes
) -> None:
    upload(client, jpeg, "a.jpg")
    upload(client, jpeg, "b.jpg")
    assert len(stub.asked) == 1 and Upload.objects.count() == 2
    upload(client, encode(noise(), "PNG"), "c.png")
    assert len(stub.asked) == 2


@pytest.mark.slow
def test_how_fast_the_answer_comes_tells_nothing_of_others(
    client: Client, stub: type[Stub], jpeg: bytes
) -> None:
    upload(client, jpeg, "a.jpg")
    upload(Client(), jpeg, "a.jpg")
    post(client, jpeg)
    post(client, jpeg)
    assert len(stub.asked) == 4


@pytest.mark.slow
def test_what_has_expired_answers_no_more(client: Client, stub: type[Stub], jpeg: bytes) -> None:
    upload(client, jpeg, "a.jpg")
    Upload.objects.update(created_at=timezone.now() - timedelta(days=9))
    upload(client, jpeg, "b.jpg")
    assert len(stub.asked) == 2 and Upload.objects.get().filename == "b.jpg"


def test_an_operator_may_share_answers(
    client: Client, stub: type[Stub], jpeg: bytes, settings
) -> None:
    settings.SHARE_RESULTS = True
    first, second = post(client, jpeg, "a.jpg").json(), post(Client(), jpeg, "b.jpg").json()
    assert len(stub.asked) == 1
    assert second["file"] == first["file"] | {"name": "b.jpg"}
    assert second["id"] != first["id"] and second["created"] > first["created"]
    own = ("id", "created", "file")
    assert {k: v for k, v in second.items() if k not in own}.items() <= first.items()
    post(client, encode(noise(), "PNG"))
    assert len(stub.asked) == 2


def test_page_and_api_share_answers(
    client: Client, stub: type[Stub], jpeg: bytes, settings
) -> None:
    settings.SHARE_RESULTS = True
    upload(client, jpeg, "a.jpg")
    post(client, jpeg, "b.jpg")
    assert len(stub.asked) == 1 and Upload.objects.count() == 2
    assert [bool(d.preview) for d in Upload.objects.order_by("filename")] == [True, False]


def test_a_new_version_answers_anew(client: Client, stub: type[Stub], jpeg: bytes) -> None:
    before = post(client, jpeg).json()["version"]
    stub.disk = "other weights"
    assert post(client, jpeg).json()["version"] != before
    assert len(stub.asked) == 2


# Forgotten


@pytest.mark.slow
def test_expired_results_go_with_the_next_upload(
    client: Client, jpeg: bytes, media: Path, settings
) -> None:
    settings.RETENTION_HOURS = 2
    upload(client, jpeg, "old.jpg")
    upload(client, encode(noise(), "PNG"), "recent.png")
    now = timezone.now()
    for name, minutes in [("old.jpg", 121), ("recent.png", 119)]:
        made = now - timedelta(minutes=minutes)
        Upload.objects.filter(filename=name).update(created_at=made)
    upload(client, encode(noise(), "WEBP"), "new.webp")
    assert {d.filename for d in Upload.objects.all()} == {"recent.png", "new.webp"}
    previews = {path.stem for path in media.rglob("*.webp")}
    assert previews == {str(analysis.pk) for analysis in Analysis.objects.all()}


def test_the_api_keeps_no_picture(client: Client, jpeg: bytes, media: Path) -> None:
    post(client, jpeg)
    assert Upload.objects.count() == 1 and not list(media.rglob("*.*"))


def test_a_preview_that_is_gone_is_not_found(client: Client, jpeg: bytes, media: Path) -> None:
    upload(client, jpeg, "a.jpg")
    next(media.glob("previews/*.webp")).unlink()
    page = reverse("detector:preview", args=[Upload.objects.get().pk])
    assert client.get(page).status_code == 404


def test_a_picture_that_is_written_in_part_leaves_nothing(
    client: Client, jpeg: bytes, media: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = vars(FileSystemStorage)["_save"]

    def fill_up(storage: FileSystemStorage, name: str, content: ContentFile) -> str:
        write(storage, name, content)
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(FileSystemStorage, "_save", fill_up)
    with pytest.raises(OSError, match="No space left"):
        upload(client, jpeg, "a.jpg")
    assert not list(media.rglob("*.*"))


def test_a_row_that_cannot_be_saved_leaves_no_preview(
    client: Client, jpeg: bytes, media: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*args: object, **kwargs: object) -> None:
        raise DatabaseError("disk full")

    monkeypatch.setattr(Upload, "save", fail)
    with pytest.raises(DatabaseError):
        upload(client, jpeg, "a.jpg")
    assert not list(media.rglob("*.*"))


@pytest.mark.slow
def test_what_failed_once_is_asked_again(client: Client, stub: type[Stub], jpeg: bytes) -> None:
    upload(client, jpeg, "a.jpg")
    analysis = Analysis.objects.get()
    assert analysis.result
    analysis.result["methods"][0]["status"] = "error"
    analysis.save()
    upload(client, jpeg, "a.jpg")
    assert len(stub.asked) == 2


def test_a_body_beyond_the_limit_is_refused_unread(client: Client, settings) -> None:
    settings.MAX_UPLOAD_MB = 1
    large = b"x" * 2 * 2**20
    answer = post(client, large)
    assert (answer.status_code, "at most 1 MB" in answer.json()["error"]) == (413, True)
    page = client.post(reverse("detector:index"), {"image": SimpleUploadedFile("a.jpg", large)})
    assert page.status_code == 413
    assert "at most 1 MB" in page.text and 'type="file"' in page.text


def test_a_refused_upload_leaves_nothing(client: Client, media: Path) -> None:
    post(client, b"text")
    assert not Upload.objects.exists() and not list(media.rglob("*.*"))


# Private


@pytest.mark.slow
def test_the_result_of_an_upload_is_seen_by_its_session_alone(jpeg: bytes) -> None:
    mine, other = Client(), Client()
    for client in (mine, other):
        client.post(reverse("detector:index"), {"image": SimpleUploadedFile("a.jpg", jpeg)})
    newest, oldest = Upload.objects.all()
    for name in ("result", "preview", "json"):
        assert mine.get(reverse(f"detector:{name}", args=[oldest.pk])).status_code == 200
        assert mine.get(reverse(f"detector:{name}", args=[newest.pk])).status_code == 404
    assert mine.get(reverse("detector:result", args=[uuid.uuid4()])).status_code == 404
