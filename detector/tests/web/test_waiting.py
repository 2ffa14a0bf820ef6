"""The page of an upload whose analysis has not ended, and of one that has failed."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from detector.analysis.answers import TooSlow
from detector.inference.results import Verdict
from detector.models import Analysis, Upload
from detector.services import claim_next, run
from detector.tests.factories.pages import Response, assert_well_formed, get_html
from detector.tests.factories.queue import assess, use_pool

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def no_worker(settings: Settings) -> None:
    settings.ANALYSIS_ENGINE = "EMBEDDED"
    settings.PAGE_WAIT_SECONDS = settings.API_WAIT_SECONDS = 0


def post(client: Client, url: str = "/", data: bytes = b"data") -> Response:
    return client.post(url, {"image": SimpleUploadedFile("beach.jpg", data)})


def get_page(client: Client, address: str) -> str:
    html = get_html(client.get(address))
    assert_well_formed(html)
    return html


def run_next() -> None:
    analysis = claim_next("worker")
    assert analysis
    run(analysis)


@pytest.mark.slow
def test_a_page_that_has_no_result_yet_says_so_and_becomes_the_result(
    client: Client, verdict: Callable[..., Verdict], monkeypatch: pytest.MonkeyPatch
) -> None:
    use_pool(monkeypatch, lambda job: assess(job.data, verdict()))
    address = post(client).headers["Location"]
    second = post(client, data=b"other").headers["Location"]
    assert "is the next one" in get_page(client, address)
    assert "1 picture is before it" in get_page(client, second)
    claimed = claim_next("worker")
    assert claimed
    html = get_page(client, address)
    assert 'http-equiv="refresh"' in html and "has begun" in html and "beach.jpg" in html
    for name in ("json", "preview", "error-levels"):
        pk = Upload.objects.earliest("created_at").pk
        assert client.get(reverse(f"detector:{name}", args=[pk])).status_code == 404
    home = get_page(client, "/")
    assert home.count("Being analysed") == 2 and "/thumbnail" not in home
    run(claimed)
    html = get_page(client, address)
    assert "Likely made by AI" in html and 'http-equiv="refresh"' not in html
    assert get_page(client, "/").count("Being analysed") == 1


def test_others_see_no_waiting_page(client: Client) -> None:
    assert Client().get(post(client).headers["Location"]).status_code == 404


def test_a_waiting_picture_can_be_deleted(client: Client) -> None:
    post(client)
    client.post(reverse("detector:delete", args=[Upload.objects.get().pk]))
    assert not Upload.objects.exists() and not Analysis.objects.exists()


@pytest.mark.slow
def test_a_page_whose_analysis_has_failed_says_why_and_has_the_form(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(job: object) -> None:
        raise TooSlow(30)

    use_pool(monkeypatch, refuse)  # type: ignore[arg-type]
    address = post(client).headers["Location"]
    run_next()
    page = client.get(address)
    assert page.status_code == 422
    html = get_html(page)
    assert_well_formed(html)
    assert "longer than 30 seconds" in html and 'type="file"' in html
    assert "beach.jpg" not in get_page(client, "/")


def test_the_api_gives_up_and_forgets_the_picture(client: Client) -> None:
    answer = post(client, "/api/detect")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "60")
    assert "no result after 0 seconds" in answer.json()["error"]
    assert not Upload.objects.exists() and not Analysis.objects.exists()


@pytest.mark.slow
@pytest.mark.parametrize("url", ["/", "/api/detect"])
def test_a_full_queue_is_told(client: Client, settings: Settings, url: str) -> None:
    settings.ANALYSIS_QUEUE = 1
    post(client)
    answer = post(client, url, b"other")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "10")
    assert "Too many pictures are waiting" in answer.text and Upload.objects.count() == 1
