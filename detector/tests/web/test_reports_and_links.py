"""The report of a result, and the link by which others may read it."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from detector.inference.results import Verdict
from detector.models import Share, State, Upload
from detector.reports.keys import get_signing_key
from detector.reports.verifying import verify
from detector.tests.factories.pages import Response, assert_well_formed, get_html
from detector.tests.factories.pages_of_pdf import read_text
from detector.tests.factories.reporting import VERSION

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

MakeUpload = Callable[..., Upload]


@pytest.fixture
def upload(make_upload: MakeUpload, verdict: Callable[..., Verdict]) -> Upload:
    return make_upload(verdict(**VERSION))


@pytest.fixture
def link(upload: Upload) -> Share:
    return Share.objects.make(upload, 1, with_picture=True)


def address(name: str, upload: Upload) -> str:
    return reverse(f"detector:{name}", args=[upload.pk])


def shared(name: str, link: Share) -> str:
    return reverse(f"detector:{name}", args=[link.token])


# The report


def test_the_page_says_what_the_document_says(client: Client, upload: Upload):
    html = get_html(client.get(address("report", upload)))
    assert_well_formed(html)
    assert upload.analysis.sha256 in html and VERSION["version"] in html
    assert "Likely made by AI" in html and "It is not a proof" in html
    assert address("preview", upload) in html
    assert html.count("<th scope=\"row\">") == 4 and "beach.jpg" in html  # fmt: skip


def test_the_result_leads_to_it(client: Client, upload: Upload):
    html = get_html(client.get(upload.get_absolute_url()))
    for name in ("report", "share", "makers", "feedback"):
        assert address(name, upload) in html


@pytest.mark.parametrize(
    ("query", "width"), [("", 595), ("?paper=a4", 595), ("?paper=letter", 612)]
)
def test_the_pdf_is_a_download_that_can_be_checked(
    client: Client, upload: Upload, query: str, width: int
):
    response = client.get(address("report-pdf", upload) + query)
    assert response.headers["Content-Type"] == "application/pdf"
    assert response.headers["Content-Disposition"].startswith("attachment; filename=")
    assert "private" in response.headers["Cache-Control"]
    key = get_signing_key().public_key()
    verify(response.content, key, picture=upload.analysis.sha256)
    assert f"/MediaBox [0 0 {width}".encode() in response.content


def test_another_paper_does_not_exist(client: Client, upload: Upload):
    assert client.get(address("report-pdf", upload) + "?paper=a5").status_code == 404


def test_who_ran_it_goes_into_the_report(client: Client, upload: Upload):
    client.post(address("report", upload), {"author": "Ada <b>Lovelace"})
    html = get_html(client.get(address("report", upload)))
    assert "run by Ada &lt;b&gt;Lovelace" in html
    assert "Ada <b>Lovelace" in read_text(client.get(address("report-pdf", upload)).content)
    response = client.post(address("report", upload), {"author": "a" * 101})
    assert response.status_code == 400 and "at most 100" in get_html(response)


@pytest.mark.parametrize(
    "name", ["report", "report-pdf", "share", "makers", "feedback", "unshare", "withdraw-feedback"]
)
def test_what_belongs_to_results_of_others_does_not_exist(
    client: Client, make_upload: MakeUpload, name: str
):
    theirs = make_upload(owner=uuid.uuid4())
    send = client.post if name in ("unshare", "withdraw-feedback") else client.get
    assert send(address(name, theirs)).status_code == 404


@pytest.mark.parametrize("name", ["report", "report-pdf", "share", "makers", "feedback"])
def test_a_picture_that_waits_has_none_of_them(client: Client, upload: Upload, name: str):
    upload.analysis.state = State.QUEUED
    upload.analysis.save()
    assert client.get(address(name, upload)).status_code == 404


# The link


def test_nothing_is_shared_until_the_owner_says_so(client: Client, upload: Upload):
    html = get_html(client.get(address("share", upload)))
    assert_well_formed(html)
    assert "No link is switched on." in html and not Share.objects.exists()


def test_a_link_is_switched_on_and_off(client: Client, upload: Upload):
    data = {"hours": "1", "with_picture": "on"}
    html = get_html(client.post(address("share", upload), data, follow=True))
    link = Share.objects.get()
    assert_well_formed(html)
    assert f"http://testserver{link.get_absolute_url()}" in html and "<strong>with</strong>" in html
    stranger = Client()
    assert stranger.get(link.get_absolute_url()).status_code == 200
    html = get_html(client.post(address("unshare", upload), follow=True))
    assert "switched off" in html and "No link is switched on." in html
    assert stranger.get(link.get_absolute_url()).status_code == 404


def test_a_new_link_ends_the_former_one(client: Client, upload: Upload, link: Share):
    client.post(address("share", upload), {"hours": "24"})
    new = Share.objects.get()
    assert new.token != link.token and not new.with_picture
    assert Client().get(link.get_absolute_url()).status_code == 404


def test_a_link_has_256_random_bits(upload: Upload, make_upload: MakeUpload):
    tokens = {
        Share.objects.make(each, 1, with_picture=False).token for each in (upload, make_upload())
    }
    assert len(tokens) == 2 and all(len(token) == 43 for token in tokens)


def test_a_reader_sees_the_result_and_no_way_to_others(client: Client, upload: Upload, link: Share):
    upload.author = "Ada Lovelace"
    upload.save()
    upload.maker_answers.create(maker="google", answer="A secret answer.")
    response: Response = Client().get(link.get_absolute_url())
    html = get_html(response)
    assert_well_formed(html)
    assert "Likely made by AI" in html and upload.analysis.sha256 in html and "beach.jpg" in html
    assert str(upload.pk) not in html and "/results/" not in html
    assert "Ada Lovelace" not in html and "secret answer" not in html
    assert response.headers["X-Robots-Tag"] == "noindex, nofollow"
    assert response.headers["Referrer-Policy"] == "no-referrer"
    assert "no-store" in response.headers["Cache-Control"]
    assert "sessionid" not in response.cookies  # which would make the reader the owner


def test_a_reader_can_send_nothing(link: Share):
    html = get_html(Client().get(link.get_absolute_url()))
    assert "upload.js" not in html and "data-uploader" not in html and 'type="file"' not in html
    forms = re.findall(r'<form[^>]*action="([^"]*)"', html)
    assert forms == [reverse("detector:language")] and html.count("<form") == 1


def test_a_link_with_the_picture_shows_it(upload: Upload, link: Share):
    reader = Client()
    assert shared("shared-picture", link) in get_html(reader.get(link.get_absolute_url()))
    picture: Response = reader.get(shared("shared-picture", link))
    assert picture.getvalue()[8:12] == b"WEBP"
    assert "beach.jpg" in read_text(reader.get(shared("shared-pdf", link)).content)


def test_a_link_without_the_picture_shows_neither_it_nor_its_name(upload: Upload):
    link, reader = Share.objects.make(upload, 1, with_picture=False), Client()
    html = get_html(reader.get(link.get_absolute_url()))
    assert "beach.jpg" not in html and "<img src" not in html
    assert reader.get(shared("shared-picture", link)).status_code == 404
    pdf = reader.get(shared("shared-pdf", link)).content
    assert "beach" not in read_text(pdf) and b"beach" not in pdf


@pytest.mark.parametrize("name", ["shared", "shared-pdf", "shared-picture"])
def test_a_link_leads_nowhere_after_its_end(upload: Upload, link: Share, name: str):
    reader = Client()
    assert reader.get(shared(name, link)).status_code == 200
    link.expires_at = timezone.now() - timedelta(seconds=1)
    link.save()
    assert reader.get(shared(name, link)).status_code == 404


def test_a_link_ends_with_its_result(client: Client, upload: Upload, settings: Settings):
    settings.RETENTION_HOURS = 2
    link = Share.objects.make(upload, 720, with_picture=False)
    assert link.expires_at == upload.created_at + timedelta(hours=2)
    client.post(address("delete", upload))
    assert Client().get(link.get_absolute_url()).status_code == 404


def test_a_reader_can_change_nothing(upload: Upload, link: Share):
    reader = Client()
    assert reader.post(link.get_absolute_url()).status_code == 405
    assert reader.post(address("unshare", upload)).status_code == 404
    assert reader.get(upload.get_absolute_url()).status_code == 404
    assert Share.objects.exists()


@pytest.mark.parametrize(
    ("kept", "offered"),
    [
        (1, ["1"]),
        (24, ["1", "24"]),
        (48, ["1", "24", "48"]),
        (9999, ["1", "24", "168", "720", "9999"]),
    ],
)
def test_no_period_is_offered_that_outlives_the_result(
    client: Client, upload: Upload, settings: Settings, kept: int, offered: list[str]
):
    settings.RETENTION_HOURS = kept
    html = get_html(client.get(address("share", upload)))
    assert re.findall(r'<option value="(\d+)"', html) == offered
    assert "as long as the result is kept" in html


def test_a_period_that_is_not_offered_is_refused(client: Client, upload: Upload):
    response = client.post(address("share", upload), {"hours": "99999"})
    assert response.status_code == 400 and not Share.objects.exists()
