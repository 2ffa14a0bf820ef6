"""The pages, with results put in as rows: no model is loaded here."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.urls import reverse
from django.utils import timezone
from django.views.defaults import permission_denied, server_error

from ai_image_detector.server import REFUSED
from detector.inference.methods import METHODS
from detector.inference.results import Verdict
from detector.models import Upload
from detector.reports.words import percent
from detector.tests.factories.pages import Response, assert_well_formed, get_html
from detector.web.errors import answer_errors
from detector.web.templatetags.detector_extras import ago, time_left

pytestmark = pytest.mark.django_db


MakeUpload = Callable[..., Upload]
MakeVerdict = Callable[..., Verdict]


def get_result(client: Client, detection: Upload) -> str:
    return get_html(client.get(detection.get_absolute_url()))


def post_text_as_jpeg(client: Client) -> Response:
    return client.post("/", {"image": SimpleUploadedFile("essay.jpg", b"just text", "image/jpeg")})


# Home


def test_home_says_what_is_accepted_and_what_happens_to_the_picture(client: Client, settings):
    settings.MAX_UPLOAD_MB, settings.MAX_MEGAPIXELS, settings.RETENTION_HOURS = 7, 55, 1
    html = get_html(client.get("/"))
    assert_well_formed(html)
    assert "up to 7 MB and 55 million pixels" in html and "HEIC" in html
    assert f'data-max-bytes="{7 * 2**20}"' in html
    assert "after 1 hour," in html and "The original file is not kept" in html
    assert all(spec.title in html for spec in METHODS.values())


def test_home_without_pictures_says_so(client: Client):
    assert "There are none yet." in get_html(client.get("/"))


def test_home_lists_own_pictures_only(client: Client, make_upload: MakeUpload):
    mine = make_upload(filename="mine.jpg")
    make_upload(filename="theirs.jpg", owner=uuid.uuid4())
    html = get_html(client.get("/"))
    assert_well_formed(html)
    assert "mine.jpg" in html and "Likely made by AI" in html and "just now" in html
    assert reverse("detector:thumbnail", args=[mine.pk]) in html
    assert "theirs.jpg" not in html and "There are none yet." not in html


@pytest.mark.slow
def test_an_unreadable_file_gives_a_sentence_and_keeps_the_form(client: Client):
    response = post_text_as_jpeg(client)
    html = get_html(response)
    assert response.status_code == 400
    assert_well_formed(html)
    assert re.search(r'role="alert"[^>]*>[A-Z][^<]+\.</p>', html)
    assert 'aria-describedby="id_image_error"' in html and 'type="file"' in html


def test_no_file_gives_a_sentence(client: Client):
    assert "Choose a picture first." in get_html(client.post("/"))


# What belongs to a result


def test_json_is_a_download_of_the_result(client: Client, make_upload: MakeUpload):
    detection = make_upload()
    response = client.get(reverse("detector:json", args=[detection.pk]))
    assert response.json() == detection.result
    assert response.headers["Content-Disposition"].startswith('attachment; filename="detection-')


def test_a_thumbnail_is_small_and_kept_by_the_browser(client: Client, make_upload: MakeUpload):
    response: Response = client.get(reverse("detector:thumbnail", args=[make_upload().pk]))
    assert len(response.getvalue()) <= 15_000
    assert response.headers["Cache-Control"] == "private, max-age=3600"


@pytest.mark.slow
@pytest.mark.parametrize("name", ["preview", "error-levels", "thumbnail"])
def test_kept_pictures_are_private_webps(client: Client, make_upload: MakeUpload, name: str):
    response: Response = client.get(reverse(f"detector:{name}", args=[make_upload().pk]))
    assert response.headers["Content-Type"] == "image/webp"
    assert "private" in response.headers["Cache-Control"]
    assert response.getvalue()[8:12] == b"WEBP"


@pytest.mark.slow
@pytest.mark.parametrize("name", ["result", "preview", "thumbnail", "error-levels", "json"])
def test_pictures_of_others_do_not_exist(client: Client, make_upload: MakeUpload, name: str):
    theirs = make_upload(owner=uuid.uuid4())
    response = client.get(reverse(f"detector:{name}", args=[theirs.pk]))
    assert response.status_code == 404
    assert theirs.filename not in get_html(response)


def test_delete_hides_the_result_at_once_and_offers_to_undo_it(
    client: Client, make_upload: MakeUpload
):
    detection = make_upload()
    response = client.post(reverse("detector:delete", args=[detection.pk]), follow=True)
    html = get_html(response)
    assert_well_formed(html)
    assert "was deleted" in html and reverse("detector:undo") in html
    assert client.get(detection.get_absolute_url()).status_code == 404
    client.post(reverse("detector:undo"))
    assert client.get(detection.get_absolute_url()).status_code == 200


def test_delete_leaves_the_pictures_of_others(client: Client, make_upload: MakeUpload):
    theirs = make_upload(owner=uuid.uuid4())
    response = client.post(reverse("detector:delete", args=[theirs.pk]), follow=True)
    assert "was deleted" not in get_html(response)
    assert Upload.objects.filter(pk=theirs.pk).exists()


def test_delete_needs_a_post(client: Client, make_upload: MakeUpload):
    assert client.get(reverse("detector:delete", args=[make_upload().pk])).status_code == 405


# Error pages


def test_error_pages_are_friendly(client: Client):
    refused: dict[str, Any] = {REFUSED: 503}
    responses: dict[int, Response] = {
        404: client.get("/nowhere"),
        400: client.get("/", headers={"host": "evil.example"}),
        403: Client(enforce_csrf_checks=True).post("/"),
        405: client.put("/methods/"),
        413: answer_errors(lambda _: HttpResponse(status=413))(RequestFactory().post("/help/")),
        429: answer_errors(lambda _: HttpResponse(status=429))(RequestFactory().get("/")),
        503: client.get("/", **refused),
        500: server_error(RequestFactory().get("/")),
    }
    for status, response in responses.items():
        assert response.status_code == status
        assert_well_formed(get_html(response))
        assert "Analyse a picture" in get_html(response)
    assert "ALLOWED_HOSTS" in responses[400].text
    assert responses[405].headers["Allow"] == "GET, HEAD"


def test_a_page_that_is_not_allowed_says_what_to_do(client: Client):
    page = permission_denied(RequestFactory().get("/"), PermissionDenied())
    assert page.status_code == 403 and "does not let you do that" in page.text
    assert_well_formed(page.text)


# Pages in plain words


@pytest.mark.parametrize("page", ["/help/", "/privacy/"])
def test_the_pages_in_plain_words_say_the_limits_of_the_settings(
    client: Client, settings, page: str
):
    settings.MAX_UPLOAD_MB, settings.RETENTION_HOURS, settings.SWEEP_SECONDS = 7, 3, 61
    html = get_html(client.get(page))
    assert_well_formed(html)
    assert ("up to 7 MB" in html) == (page == "/help/")
    assert ("kept for 3 hours" in html and "2 minutes later" in html) == (page == "/privacy/")


@pytest.mark.parametrize("shared", [True, False])
def test_the_privacy_page_says_whether_results_are_shared(client: Client, settings, shared: bool):
    settings.SHARE_RESULTS = shared
    assert ("may tell that the same file" in get_html(client.get("/privacy/"))) == shared


def test_home_says_how_often_it_is_right_or_that_nobody_knows(client: Client, settings, tmp_path):
    assert "Of 100 AI pictures saved as JPEG 95" in get_html(client.get("/"))
    settings.ACCURACY_REPORT = tmp_path / "none.json"
    assert "has not been measured here" in get_html(client.get("/"))


# Words and numbers


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (5, "less than a minute left"),
        (60, "about 1 minute left"),
        (61, "about 2 minutes left"),
        (2 * 3600, "about 2 hours left"),
    ],
)
def test_the_time_left_has_one_unit(seconds: float, text: str):
    assert time_left(seconds) == text


@pytest.mark.parametrize(
    ("score", "text"), [(0, "<1%"), (0.01, "1%"), (0.5, "50%"), (0.99, "99%"), (0.997, ">99%")]
)
def test_percent_is_never_quite_sure(score: float, text: str):
    assert percent(score) == text


def test_ago_uses_one_unit():
    now = timezone.now()
    assert ago(now) == "just now"
    assert ago(now - timedelta(hours=2, minutes=9)).replace("\xa0", " ") == "2 hours ago"
