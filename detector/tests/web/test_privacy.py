"""Whose pictures are whose, at every address; what is kept of a picture, and what is gone."""

from __future__ import annotations

import hashlib
import io
import json
import logging
import re
import uuid
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import URLPattern, reverse
from django.utils import timezone
from PIL import Image
from PIL.TiffImagePlugin import IFDRational
from pytest_django import Settings

from ai_image_detector.log import PlainFormatter
from detector.inference.methods import METHODS
from detector.models import Analysis, ApiToken, Delivery, Upload
from detector.services import claim, run, submit
from detector.sweep import delete_expired_once, sweep
from detector.tests.factories.asking import Asker
from detector.tests.factories.pages import get_html
from detector.tests.factories.pictures import encode, noise
from detector.tests.factories.queue import OWNER, get_analysis, send
from detector.tests.factories.stubs import make_stub, spec_of
from detector.web.urls import urlpatterns

pytestmark = pytest.mark.django_db

MakeUpload = Callable[..., Upload]


@pytest.fixture(autouse=True)
def uncounted() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


# Another session


def uuids(pattern: URLPattern) -> list[str]:
    """The parts of an address that are the id of a row."""
    converters = pattern.pattern.converters
    return [name for name, converter in converters.items() if "UUID" in type(converter).__name__]


# Every address there is with an id of a row, those that come later included.
OF_ROWS = [
    str(pattern.name)
    for pattern in urlpatterns
    if isinstance(pattern, URLPattern)
    and (names := uuids(pattern))
    and len(names) == len(pattern.pattern.converters)
]


def probe(client: Client, method: str, name: str, pk: uuid.UUID) -> tuple[Any, ...]:
    """All that a stranger learns: status, headers, content, and how much work the answer was."""
    pattern = next(one for one in urlpatterns if isinstance(one, URLPattern) and one.name == name)
    path = reverse(f"detector:{name}", kwargs=dict.fromkeys(uuids(pattern), pk))
    with CaptureQueriesContext(connection) as queries:
        response = getattr(client, method)(path)
        content = b"".join(response) if response.streaming else response.content
    known = ("X-Request-ID", "Set-Cookie")
    headers = {key: value for key, value in response.headers.items() if key not in known}
    text = re.sub(r'value="[A-Za-z0-9]{64}"', "", content.decode().replace(str(pk), "ID"))
    statements = [re.sub(r"'[^']*'|\d{4,}|\w{32}", "?", one["sql"]) for one in queries]
    return response.status_code, headers, text, statements


@pytest.mark.slow
@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("name", OF_ROWS)
@pytest.mark.parametrize("has_session", [False, True])
def test_what_is_another_s_looks_like_what_is_not_there(
    make_upload: MakeUpload, name: str, method: str, has_session: bool
) -> None:
    """The same answer after the same work, so that no time tells the two apart either."""
    another_s, nothing = make_upload(owner=uuid.uuid4(), filename="secret.jpg").pk, uuid.uuid4()
    client = Client()
    if has_session:
        session = client.session
        session["owner"] = str(uuid.uuid4())
        session.save()
    probe(client, method, name, nothing)  # what is loaded once is loaded by now
    learned = probe(client, method, name, another_s)
    assert learned == probe(client, method, name, nothing)
    assert learned[0] in (302, 404, 405) and "secret.jpg" not in learned[2]
    assert Upload.objects.filter(pk=another_s).exists()


def test_there_are_such_addresses() -> None:
    assert {"result", "preview", "error-levels", "json", "delete"} <= set(OF_ROWS)


@pytest.fixture
def tokens() -> tuple[Asker, Asker]:
    askers = []
    for name in ("one", "other"):
        row = ApiToken(name=name)
        askers.append(Asker(row.renew(), "203.0.113.9"))
        row.save()
    return askers[0], askers[1]


@pytest.mark.slow
@pytest.mark.parametrize("method", ["get", "delete"])
@pytest.mark.parametrize("place", ["detections", "batches"])
def test_the_api_tells_a_token_nothing_of_another_s(
    tokens: tuple[Asker, Asker], use_methods: Callable[..., None], jpeg: bytes, place: str,
    method: str,
) -> None:  # fmt: skip
    use_methods(deep_learning=make_stub())
    mine, other = tokens
    batch = mine.make_batch()
    known = batch if place == "batches" else mine.send(jpeg).json()["items"][0]["id"]
    learned = []
    other.get(f"{place}/{uuid.uuid4()}")
    for pk in (known, str(uuid.uuid4())):
        with CaptureQueriesContext(connection) as queries:
            response = other.ask(method, f"{place}/{pk}")
        learned.append((response.status_code, response.content, len(queries)))
    assert learned[0] == learned[1] and learned[0][0] in (404, 405)
    assert mine.get(f"{place}/{known}").status_code == 200


# What is kept of a picture

PLACE = {1: "N", 2: (41.0, 24.0, 12.3456), 3: "E", 4: (2.0, 10.0, 26.7891)}


def with_place(format: str) -> bytes:
    exif = Image.Exif()
    exif[0x010F] = "Canon"
    exif.get_ifd(0x8825).update(
        {
            key: tuple(IFDRational(part) for part in value) if isinstance(value, tuple) else value
            for key, value in PLACE.items()
        }
    )
    xmp = (
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF '
        'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description '
        'xmlns:exif="http://ns.adobe.com/exif/1.0/" exif:GPSLatitude="41,24.2057N" '
        'exif:GPSLongitude="2,10.4465E"/></rdf:RDF></x:xmpmeta>'
    )
    options = {} if format == "PNG" else {"xmp": xmp.encode()}
    return encode(noise(200, 150), format, exif=exif.tobytes(), **options)


TRACES = re.compile(r"41[.,°]\s?24|12\.345|24\.2057|10\.4465|26\.789|41\.40|2\.174")


@pytest.mark.slow
@pytest.mark.parametrize("format", ["JPEG", "WEBP", "PNG"])
def test_no_place_is_stored_or_shown(
    client: Client, media: Path, format: str, settings: Settings
) -> None:
    """With method 3 as it is, whose subject is what stands in files."""
    for key in [key for key in METHODS if key != "forensics"]:
        METHODS[key] = spec_of(key, make_stub())
    file = SimpleUploadedFile("a.jpg", with_place(format))
    page = client.post("/", {"image": file}, follow=True)
    upload = Upload.objects.get()
    html = get_html(page)
    told = client.get(reverse("detector:json", args=[upload.pk])).content.decode()
    assert "GPS" in html or "place" in html  # that there is one may be said
    stored = json.dumps(list(Analysis.objects.values()), default=str)
    for text in (html, told, stored):
        assert not TRACES.search(text)
    pictures = list(media.rglob("*.webp"))
    assert {path.parent.name for path in pictures} >= {"previews", "error_levels"}
    for path in pictures:
        picture = Image.open(path)
        assert not picture.getexif() and set(picture.info) <= {"loop", "background", "timestamp"}
        assert b"EXIF" not in path.read_bytes() and b"XMP " not in path.read_bytes()


@pytest.fixture(autouse=True)
def table() -> Iterator[None]:
    known = dict(METHODS)
    yield
    METHODS.clear()
    METHODS.update(known)


def test_the_original_goes_with_the_end_of_its_analysis(
    media: Path, jpeg: bytes, use_methods: Callable[..., None], settings: Settings
) -> None:
    use_methods(deep_learning=make_stub())
    settings.ANALYSIS_ENGINE = "EMBEDDED"
    upload = send(jpeg)
    assert len(list((media / "originals").iterdir())) == 1
    settings.ANALYSIS_ENGINE = "INLINE"
    claimed = claim(get_analysis(upload).pk, "w")
    assert claimed is not None
    run(claimed)
    assert not list((media / "originals").iterdir())
    assert all(jpeg not in path.read_bytes() for path in media.rglob("*") if path.is_file())


# Delete now


def send_as(owner: uuid.UUID, data: bytes, **wanted: Any) -> Upload:
    return submit(ContentFile(data), owner=owner, filename="a.jpg", **wanted)


def end_undoing() -> None:
    """Let the seconds pass in which a removal can be taken back."""
    Upload.objects.exclude(removed_at=None).update(removed_at=timezone.now() - timedelta(minutes=1))
    delete_expired_once()  # which a server does every half minute


@pytest.mark.slow
def test_delete_now_leaves_nothing(
    client: Client, owner: uuid.UUID, media: Path, jpeg: bytes, use_methods: Callable[..., None]
) -> None:
    use_methods(deep_learning=make_stub())
    upload = send_as(owner, jpeg)
    assert len(list(media.rglob("*.webp"))) >= 2
    client.post(reverse("detector:delete", args=[upload.pk]))
    assert client.get(reverse("detector:preview", args=[upload.pk])).status_code == 404
    end_undoing()
    assert not Upload.objects.exists() and not Analysis.objects.exists()
    assert not [path for path in media.rglob("*") if path.is_file()]


def test_delete_now_takes_what_waits_from_the_queue(
    client: Client, owner: uuid.UUID, media: Path, jpeg: bytes, settings: Settings
) -> None:
    settings.ANALYSIS_ENGINE = "EMBEDDED"
    upload = send_as(owner, jpeg)
    client.post(reverse("detector:delete", args=[upload.pk]))
    assert not Analysis.objects.exists() and not list((media / "originals").iterdir())


def test_what_somebody_else_has_too_stays_for_them(
    client: Client, owner: uuid.UUID, jpeg: bytes, settings: Settings, media: Path,
    use_methods: Callable[..., None],
) -> None:  # fmt: skip
    use_methods(deep_learning=make_stub())
    settings.SHARE_RESULTS = True
    mine, theirs = send_as(owner, jpeg), send_as(OWNER, jpeg)
    assert Analysis.objects.count() == 1
    client.post(reverse("detector:delete", args=[mine.pk]))
    end_undoing()
    assert list(Upload.objects.all()) == [theirs] and len(list(media.rglob("*.webp"))) >= 2


def test_messages_about_a_deleted_upload_go_with_it(
    tokens: tuple[Asker, Asker], jpeg: bytes, settings: Settings
) -> None:
    settings.ANALYSIS_ENGINE = "EMBEDDED"
    mine, _ = tokens
    answer = mine.send(jpeg, query="?wait=0", callback_url="https://example.org/hook")
    assert Delivery.objects.count() == 1, answer.content
    mine.delete(f"detections/{answer.json()['items'][0]['id']}")
    assert not Delivery.objects.exists() and not Analysis.objects.exists()


def test_what_expires_goes_without_any_upload(
    jpeg: bytes, settings: Settings, media: Path, use_methods: Callable[..., None]
) -> None:
    """The sweep runs by itself: whoever uploads last may be the last for long."""
    use_methods(deep_learning=make_stub())
    send(jpeg)
    old = timezone.now() - timedelta(hours=settings.RETENTION_HOURS, minutes=1)
    Upload.objects.update(created_at=old)
    sweep()
    assert not Upload.objects.exists() and not Analysis.objects.exists()
    assert not [path for path in media.rglob("*") if path.is_file()]


# What the log says


@pytest.mark.slow
def test_the_log_of_failures_holds_no_name_and_no_digest(
    client: Client, jpeg: bytes, monkeypatch: pytest.MonkeyPatch, use_methods: Callable[..., None]
) -> None:
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(PlainFormatter())
    root = logging.getLogger()
    root.addHandler(handler)
    stub = make_stub()
    use_methods(deep_learning=stub)
    client.raise_request_exception = False
    try:
        stub.answer = RuntimeError("a method fails")
        client.post("/", {"image": SimpleUploadedFile("holiday-in-rome.jpg", jpeg)})
        client.post("/", {"image": SimpleUploadedFile("holiday-in-rome.jpg", b"no picture")})

        def full(*args: object, **named: object) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr("detector.services.submitting.default_storage.save", full)
        other = encode(noise(70, 70), "PNG")
        answer = client.post("/", {"image": SimpleUploadedFile("holiday-in-rome.jpg", other)})
        assert answer.status_code >= 500
    finally:
        root.removeHandler(handler)
    log = written.getvalue()
    assert "a method fails" in log and "No space left" in log
    assert "holiday" not in log and hashlib.sha256(jpeg).hexdigest() not in log
