"""The pages of a comparison: form, waiting, result, its pictures, and who may see them."""

from __future__ import annotations

import hashlib
import io
import re
import uuid
from collections.abc import Callable

import pypdf
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image
from pytest_django import Settings

from detector.lab.comparison.scenes import make_scene
from detector.models import Comparison, Upload
from detector.reports.keys import get_signing_key
from detector.reports.verifying import verify
from detector.tests.factories.comparing import use_methods_and_the_file
from detector.tests.factories.pages import Response, assert_well_formed, get_html
from detector.tests.factories.pages_of_pdf import read_text
from detector.tests.factories.pictures import encode
from detector.tests.factories.raw import make_dng

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

SCENE = make_scene(480, 360)


@pytest.fixture(autouse=True)
def methods(use_methods: Callable[..., None]) -> None:
    use_methods_and_the_file(use_methods)


def jpeg(picture: Image.Image, quality: int = 90, exif: bytes = b"") -> bytes:
    return encode(picture, "JPEG", quality=quality, exif=exif)


def post(
    client: Client, *files: bytes, address: str = "/compare/", name: str = "a.jpg"
) -> Response:
    given = [SimpleUploadedFile(name, data, "image/jpeg") for data in files]
    return client.post(address, {"copies": given})


def get_page(client: Client, *files: bytes) -> str:
    response = post(client, *files)
    assert response.status_code == 302, get_html(response)
    html = get_html(client.get(response.url))
    assert_well_formed(html)
    return html


def test_the_form_says_what_is_accepted(client: Client, settings: Settings) -> None:
    settings.MAX_UPLOAD_MB = 7
    html = get_html(client.get("/compare/"))
    assert_well_formed(html)
    text = re.sub("<[^>]*>", "", html)
    assert "up to 7 MB" in text and "up to 21 MB" in text and "DNG, CR2, CR3, NEF, ARW" in text
    assert html.count('type="file"') == 2 and ".dng" in html


def test_a_crop_is_compared_with_its_original(client: Client) -> None:
    part = SCENE.crop((48, 36, 432, 324)).resize((288, 216))
    html = get_page(client, jpeg(SCENE), jpeg(part, 60))
    assert "The same picture, 2 copies" in html
    assert "At the left 48 pixels are missing." in html and "75.0 % of the size" in html
    assert "saved at JPEG quality 60" in html
    assert "Copy 1 is" in html and "It shows the most of the scene." in html
    assert "All copies get the same verdict." in html
    pk = Comparison.objects.get().pk
    for name, kind in (("reference", "webp"), ("copy", "webp"), ("difference", "png")):
        address = f"/compare/{pk}/1/{name}"
        assert address in html
        response = client.get(address)
        assert response.status_code == 200 and response["Content-Type"] == f"image/{kind}"
        assert response["Cache-Control"].count("no-store")


def test_a_finished_picture_is_compared_with_its_raw_file(client: Client) -> None:
    raw = make_dng(SCENE.resize((300, 225)))
    html = get_page(client, raw, jpeg(SCENE))
    assert "The same picture, 2 copies" in html and "camera RAW" in html
    assert "Copy 1 is clearly the nearest to the camera" in html
    assert "what the sensor measured" in html
    assert "Testmake One" in html
    assert "1/250 s" in html


def test_another_picture_is_told_apart(client: Client) -> None:
    html = get_page(client, jpeg(SCENE), jpeg(make_scene(480, 360, seed=9)))
    assert "Not all of these are the same picture" in html
    assert "This is not the same picture" in html and "Map of differences" not in html


def test_a_picture_with_a_result_is_compared_by_its_preview(
    client: Client, make_upload: Callable[..., Upload]
) -> None:
    upload = make_upload()
    result = get_html(client.get(upload.get_absolute_url()))
    address = f"/compare/?with={upload.pk}"
    assert address in result
    html = get_html(client.get(address))
    assert "beach.jpg" in html and "Its original file was not kept" in html
    response = post(client, jpeg(SCENE), address=address)
    page = get_html(client.get(response.url))
    assert "beach.jpg" in page and Comparison.objects.get().copies.count() == 2


@pytest.mark.parametrize("value", ["no-uuid", str(uuid.UUID(int=1))])
def test_nobody_elses_picture_can_be_compared(client: Client, value: str) -> None:
    assert client.get("/compare/", {"with": value}).status_code == 404


def test_one_file_and_none_are_refused_with_the_number(client: Client) -> None:
    html = get_html(post(client, jpeg(SCENE)))
    assert "There are 1 copies; accepted are 2 to 6." in html
    response = post(client)
    assert response.status_code == 400 and "Choose the files first." in get_html(response)


def test_a_file_that_is_no_picture_is_named(client: Client) -> None:
    response = post(client, jpeg(SCENE), b"just text")
    page = client.get(response.url)
    assert page.status_code == 400
    assert "Copy 2: This is not a picture of a known kind" in get_html(page)


def test_a_file_that_is_too_large_is_refused(client: Client, settings: Settings) -> None:
    settings.MAX_UPLOAD_MB = 1
    response = post(client, jpeg(SCENE), b"x" * (2**20 + 1))
    assert response.status_code == 400 and "at most 1 MB are accepted" in get_html(response)
    whole = post(client, *[b"x" * (2**20 - 9)] * 4)
    assert whole.status_code == 413


def test_only_its_owner_sees_a_comparison_and_may_delete_it(client: Client) -> None:
    address = post(client, jpeg(SCENE), jpeg(SCENE, 50)).url
    stranger = Client()
    assert stranger.get(address).status_code == 404
    assert stranger.get(f"{address}1/copy").status_code == 404
    stranger.post(f"{address}delete")
    assert Comparison.objects.count() == 1
    client.post(f"{address}delete")
    assert not Comparison.objects.exists() and client.get(address).status_code == 404
    assert Upload.objects.count() == 2


def test_pictures_that_a_comparison_does_not_have_are_not_found(client: Client) -> None:
    address = post(client, jpeg(SCENE), jpeg(SCENE, 50)).url
    for wrong in ("0/copy", "1/other", "7/copy"):
        assert client.get(address + wrong).status_code == 404


def test_the_page_waits_until_all_is_there(client: Client, settings: Settings) -> None:
    settings.ANALYSIS_ENGINE = "EMBEDDED"
    address = post(client, jpeg(SCENE), jpeg(SCENE, 50)).url
    html = get_html(client.get(address))
    assert_well_formed(html)
    assert "Your copies are being compared" in html and 'http-equiv="refresh"' in html
    assert "a.jpg" in html and client.get(f"{address}1/copy").status_code == 404


# The report


def get_pdf(client: Client, address: str, query: str = "") -> Response:
    return client.get(f"{address}report.pdf{query}")


def test_its_report_is_a_pdf_that_can_be_checked(client: Client) -> None:
    part = SCENE.crop((48, 36, 432, 324))
    address = post(client, jpeg(SCENE), jpeg(part, 60)).url
    assert f"{address}report.pdf" in get_html(client.get(address))
    response = get_pdf(client, address)
    assert response.headers["Content-Type"] == "application/pdf"
    assert "no-store" in response.headers["Cache-Control"]
    picture = hashlib.sha256(jpeg(part, 60)).hexdigest()
    said = verify(response.content, get_signing_key().public_key(), picture=picture).sentences
    assert "The picture is copy 2, byte for byte." in said
    text = read_text(response.content)
    assert "The same picture, 2 copies" in text and "Map of differences" in text
    reader = pypdf.PdfReader(io.BytesIO(response.content))
    assert sum(len(page.images) for page in reader.pages) == 5 and len(reader.pages) <= 4


def test_its_report_comes_in_the_language_and_on_the_paper_that_is_asked_for(
    client: Client,
) -> None:
    address = post(client, jpeg(SCENE), jpeg(SCENE, 50)).url
    german = get_pdf(client, address, "?language=de&paper=letter").content
    assert "Dasselbe Bild" in read_text(german) and b"/MediaBox [0 0 612" in german
    assert get_pdf(client, address, "?paper=a5").status_code == 404


def test_there_is_no_report_for_others_nor_before_the_end(
    client: Client, settings: Settings
) -> None:
    address = post(client, jpeg(SCENE), jpeg(SCENE, 50)).url
    assert get_pdf(Client(), address).status_code == 404
    settings.ANALYSIS_ENGINE = "EMBEDDED"
    waiting = post(client, jpeg(SCENE, 40), jpeg(SCENE, 30)).url
    assert get_pdf(client, waiting).status_code == 404
