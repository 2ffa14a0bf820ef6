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
from detector.models import Analysis, ApiToken, Batch, Comparison, Delivery, Share, State, Upload
from detector.models.share import make_token
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
OF_ROWS = {
    str(pattern.name): pattern
    for pattern in urlpatterns
    if isinstance(pattern, URLPattern) and uuids(pattern)
}
OF_LINKS = [
    str(pattern.name)
    for pattern in urlpatterns
    if isinstance(pattern, URLPattern) and "token" in pattern.pattern.converters
]
# The other parts of addresses of rows, with values that a row of one's own has.
PARTS = {"suffix": "csv", "place": 1, "name": "difference"}


def probe_row(client: Client, method: str, name: str, pk: uuid.UUID) -> tuple[Any, ...]:
    """What a stranger learns at the address of a row."""
    ids = uuids(OF_ROWS[name])
    others = OF_ROWS[name].pattern.converters.keys() - set(ids)
    kwargs = dict.fromkeys(ids, pk) | {part: PARTS[part] for part in others}
    return probe(client, method, reverse(f"detector:{name}", kwargs=kwargs), str(pk))


def probe(client: Client, method: str, path: str, secret: str) -> tuple[Any, ...]:
    """All that a stranger learns: status, headers, content, and how much work the answer was.

    `secret` is the part of the path that differs between two probes.
    """
    with CaptureQueriesContext(connection) as queries:
        response = getattr(client, method)(path)
        content = b"".join(response) if response.streaming else response.content
    known = ("X-Request-ID", "Set-Cookie")
    headers = {key: value for key, value in response.headers.items() if key not in known}
    text = re.sub(r'value="[A-Za-z0-9]{64}"', "", content.decode().replace(secret, "ID"))
    statements = [re.sub(r"'[^']*'|\d{4,}|\w{32}", "?", one["sql"]) for one in queries]
    return response.status_code, headers, text, statements


@pytest.fixture
def another_s(make_upload: MakeUpload) -> uuid.UUID:
    """One id for a result, a batch and a comparison of somebody else."""
    upload = make_upload(owner=uuid.uuid4(), filename="secret.jpg")
    theirs = {"pk": upload.pk, "owner": upload.owner}
    upload.batch = Batch.objects.create(**theirs, name="secret.jpg", size=1, sent=1)
    upload.save()
    Share.objects.make(upload, 1, with_picture=True)
    Comparison.objects.create(**theirs, state=State.DONE)
    return upload.pk


@pytest.mark.slow
@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("name", OF_ROWS)
@pytest.mark.parametrize("has_session", [False, True])
def test_what_is_another_s_looks_like_what_is_not_there(
    another_s: uuid.UUID, name: str, method: str, has_session: bool
) -> None:
    """The same answer after the same work, so that no time tells the two apart either."""
    nothing, client = uuid.uuid4(), Client()
    if has_session:
        session = client.session
        session["owner"] = str(uuid.uuid4())
        session.save()
    probe_row(client, method, name, nothing)  # what is loaded once is loaded by now
    learned = probe_row(client, method, name, another_s)
    assert learned == probe_row(client, method, name, nothing)
    assert learned[0] in (302, 404, 405) and "secret.jpg" not in learned[2]
    for model in (Upload, Batch, Comparison):
        assert model.objects.filter(pk=another_s).exists()
    assert Share.objects.filter(upload=another_s).exists()


def test_there_are_such_addresses() -> None:
    of_results = {"result", "preview", "error-levels", "json", "delete", "share", "unshare"}
    of_others = {"batch", "batch-export", "batch-reports", "comparison", "comparison-view"}
    assert of_results | of_others <= OF_ROWS.keys()
    assert {"shared", "shared-pdf", "shared-picture"} <= set(OF_LINKS)


@pytest.mark.slow
@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("name", OF_LINKS)
@pytest.mark.parametrize("field", ["expires_at", "removed_at"])
def test_a_link_that_has_ended_looks_like_one_that_was_never_made(
    another_s: uuid.UUID, name: str, method: str, field: str
) -> None:
    """Whether its time is over, or its result was deleted."""
    past, links = timezone.now() - timedelta(seconds=1), Share.objects.filter(upload=another_s)
    rows = links if field == "expires_at" else Upload.objects.filter(pk=another_s)
    rows.update(**{field: past})
    client, learned = Client(), []
    for token in (make_token(), make_token(), links.get().token):
        path = reverse(f"detector:{name}", args=[token])
        learned.append(probe(client, method, path, token))
    assert learned[1] == learned[2] and learned[1][0] in (404, 405)


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
