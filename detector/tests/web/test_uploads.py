"""Every kind of file through the page: a result, or the form again with a sentence."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from PIL import Image

from detector.inference.methods import METHODS
from detector.installation import get_detector
from detector.models import Upload
from detector.tests.factories.pages import Response
from detector.tests.factories.pictures import BAD, GOOD, encode, frames, noise
from detector.tests.factories.stubs import SAID, make_stub

pytestmark = [
    pytest.mark.django_db,
    # What damaged EXIF makes Pillow say; settings.py keeps it out of the log.
    pytest.mark.filterwarnings("ignore::UserWarning:PIL"),
]

ALERT = re.compile(r'role="alert"[^>]*>([^<]+)</p>')


def post(
    client: Client, data: bytes, name: str = "photo.jpg", content_type: str = "image/jpeg"
) -> Response:
    upload = SimpleUploadedFile(name, data, content_type)
    return client.post(reverse("detector:index"), {"image": upload})


@pytest.fixture
def stub(use_methods: Callable[..., None]) -> None:
    use_methods(deep_learning=make_stub())


@pytest.mark.slow
@pytest.mark.parametrize("kind", GOOD)
def test_an_odd_but_whole_picture_gets_a_result(client: Client, stub: None, kind: str) -> None:
    response = post(client, GOOD[kind](), "download", "application/octet-stream")
    assert response.status_code == 302
    page = client.get(response.headers["Location"])
    assert page.status_code == 200 and SAID.findings[0].text in page.content.decode()
    preview: Response = client.get(reverse("detector:preview", args=[Upload.objects.get().pk]))
    assert preview.getvalue()[8:12] == b"WEBP"


@pytest.mark.slow
@pytest.mark.parametrize("kind", BAD)
def test_any_other_file_gives_a_sentence_and_the_form(
    client: Client, stub: None, kind: str
) -> None:
    build, why = BAD[kind]
    response = post(client, build())
    page = response.content.decode()
    assert response.status_code in (400, 413)
    (said,) = ALERT.findall(page)
    assert why in html.unescape(said)
    assert 'type="file"' in page and "Traceback" not in page
    assert not Upload.objects.exists()


def test_frames_that_were_left_out_are_said_on_the_page(client: Client, stub: None) -> None:
    page = client.get(post(client, frames("GIF"), "fun.gif").headers["Location"])
    assert "Only the first one was analysed" in page.content.decode()


def test_the_limit_of_the_settings_holds(client: Client, stub: None, settings) -> None:
    settings.MAX_UPLOAD_MB = 1
    (said,) = ALERT.findall(post(client, b"BM" + bytes(2**20)).content.decode())
    assert "1.0 MB; at most 1 MB" in said


@pytest.mark.slow
@pytest.mark.parametrize(
    "name", ["x" * 250 + ".png", "../../etc/passwd", "naïve 🖼.jpg", "a\nb.png", "no suffix"]
)
def test_any_name_will_do(client: Client, stub: None, name: str, media: Path) -> None:
    response = post(client, encode(noise(), "PNG"), name)
    assert client.get(response.headers["Location"]).status_code == 200
    folders = {path.parent.name for path in media.rglob("*") if path.is_file()}
    assert folders == {"previews", "error_levels", "thumbnails"}


def test_a_long_comment_does_not_hinder_the_error_levels(
    client: Client, stub: None, media: Path
) -> None:
    data = encode(noise(), "GIF", comment=b"x" * 70_000)
    assert post(client, data, "long.gif").status_code == 302
    assert len(list(media.rglob("*.webp"))) == 3


@pytest.mark.slow
def test_the_pictures_that_are_kept_carry_no_metadata(
    client: Client, stub: None, media: Path
) -> None:
    exif = Image.Exif()
    exif[0x010F] = "Camera"
    post(client, encode(noise(), "JPEG", exif=exif, comment=b"secret"))
    kept = list(media.rglob("*.webp"))
    assert len(kept) == 3
    for path in kept:
        with Image.open(path) as image:
            assert not image.getexif() and b"secret" not in path.read_bytes()


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["heif", "1 pixel gif"])
def test_every_real_method_answers_or_says_why_not(client: Client, kind: str) -> None:
    get_detector.cache_clear()
    post(client, GOOD[kind]())
    methods = Upload.objects.get().result["methods"]
    assert [method["key"] for method in methods] == list(METHODS)
    for method in methods:
        assert method["status"] in ("ok", "abstained", "unavailable") and method["findings"]
        assert (method["score"] is not None) == (method["status"] == "ok")
