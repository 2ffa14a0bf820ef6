"""Stability on request: by a box on the form, and by a parameter of the API."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from detector.inference.results import Stability, Verdict
from detector.models import Upload
from detector.tests.factories.pages import assert_well_formed, get_html
from detector.tests.factories.stubs import make_stub

pytestmark = pytest.mark.django_db
CHECKED = Stability("stability.impossible", {}, scores={"JPEG 85": 0.9}, holds=False)


@pytest.fixture(autouse=True)
def checked(monkeypatch: pytest.MonkeyPatch, use_methods: Callable[..., None]) -> None:
    """A method without a model, and a check that always says the same."""
    use_methods(deep_learning=make_stub())

    def check(detector: object, image: object, verdict: Verdict) -> Verdict:
        return replace(verdict, basis="pixels", stability=CHECKED)

    monkeypatch.setattr("detector.analysis.work.check_stability", check)


def post(client: Client, jpeg: bytes, **fields: str) -> Upload:
    upload = SimpleUploadedFile("a.jpg", jpeg, "image/jpeg")
    assert client.post("/", {"image": upload, **fields}).status_code == 302
    return Upload.objects.latest("created_at")


@pytest.mark.slow
def test_stability_is_checked_where_the_box_is_ticked(client: Client, jpeg: bytes):
    assert post(client, jpeg).result["verdict"]["stability"] is None
    # The same bytes: what the database has does not say it.
    detection = post(client, jpeg, stability="on")
    assert detection.result["verdict"]["stability"]["text"] == CHECKED.text
    page = get_html(client.get(detection.get_absolute_url()))
    assert_well_formed(page)
    assert CHECKED.text in page and "Check stability" not in page
    assert post(client, jpeg).result["verdict"]["stability"] is None


@pytest.mark.slow
def test_the_button_leads_to_a_form_with_the_box_ticked(
    client: Client, make_upload: Callable[..., Upload]
):
    page = get_html(client.get(make_upload().get_absolute_url()))
    home = f"{reverse('detector:index')}?stability=1"
    assert f'href="{home}">Check stability</a>' in page
    form = get_html(client.get(home))
    assert_well_formed(form)
    assert 'id="id_stability" checked' in form and "Choose the picture again" in form
    assert "checked" not in get_html(client.get("/"))


def test_a_result_that_rests_on_the_file_has_no_button(
    client: Client,
    make_upload: Callable[..., Upload],
    verdict: Callable[..., Verdict],
):
    detection = make_upload(verdict(basis="file"))
    assert "Check stability" not in get_html(client.get(detection.get_absolute_url()))


@pytest.mark.parametrize(("query", "asked"), [("", False), ("?stability=1", True)])
def test_the_api_checks_it_on_request(client: Client, jpeg: bytes, query: str, asked: bool):
    upload = SimpleUploadedFile("a.jpg", jpeg, "image/jpeg")
    answer = client.post(f"/api/detect{query}", {"image": upload}).json()
    assert (answer["verdict"]["stability"] is not None) == asked
