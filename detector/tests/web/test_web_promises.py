"""What the pages promise: results that expire, a content policy everywhere, an admin that reads."""

from __future__ import annotations

import io
import re
import uuid
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from PIL import Image

from detector.models import Analysis, Upload
from detector.previews import PREVIEW_SIDE
from detector.tests.factories.pictures import encode, noise
from detector.tests.factories.stubs import make_stub
from detector.web.protection import POLICY
from detector.web.views.home import RECENT

pytestmark = pytest.mark.django_db

MakeUpload = Callable[..., Upload]
OF_A_RESULT = ("result", "json", "preview", "error-levels")


def age(detection: Upload, minutes: int) -> None:
    made = timezone.now() - timedelta(minutes=minutes)
    Upload.objects.filter(pk=detection.pk).update(created_at=made)


# What is expired is hidden, before anything has deleted it.


@pytest.mark.slow
@pytest.mark.parametrize(("minutes", "status"), [(119, 200), (121, 404)])
def test_an_expired_result_is_hidden_though_it_is_not_deleted_yet(
    client: Client, make_upload: MakeUpload, settings, minutes: int, status: int
) -> None:
    settings.RETENTION_HOURS = 2
    detection = make_upload(filename="old.jpg")
    age(detection, minutes)
    for name in OF_A_RESULT:
        answer = client.get(reverse(f"detector:{name}", args=[detection.pk]))
        assert answer.status_code == status, name
        answer.close()
    assert ("old.jpg" in client.get("/").content.decode()) == (status == 200)
    assert Upload.objects.filter(pk=detection.pk).exists()


def test_the_command_deletes_what_is_expired_with_its_pictures(
    make_upload: MakeUpload, settings, media: Path
) -> None:
    settings.RETENTION_HOURS = 2
    old, recent = make_upload(), make_upload()
    age(old, 121)
    age(recent, 119)
    out = io.StringIO()
    call_command("delete_expired", stdout=out)
    assert out.getvalue().strip() == (
        "Deleted 1 results, 0 pictures without a result, 0 sessions and 0 temporary files."
    )
    assert [detection.pk for detection in Upload.objects.all()] == [recent.pk]
    assert {path.stem for path in media.rglob("*.webp")} == {str(recent.analysis.pk)}


@pytest.mark.slow
def test_the_list_of_recent_pictures_is_short_and_has_the_newest_first(
    client: Client, make_upload: MakeUpload
) -> None:
    for number in range(RECENT + 2):
        age(make_upload(filename=f"picture-{number}.jpg"), 100 - number)
    shown = re.findall(r"picture-\d+\.jpg", client.get("/").content.decode())
    wanted = [f"picture-{number}.jpg" for number in range(RECENT + 1, 1, -1)]
    assert list(dict.fromkeys(shown)) == wanted


# Nothing of a result is kept by anybody on the way.


@pytest.mark.slow
@pytest.mark.parametrize("name", OF_A_RESULT)
def test_no_cache_keeps_a_result(client: Client, make_upload: MakeUpload, name: str) -> None:
    answer = client.get(reverse(f"detector:{name}", args=[make_upload().pk]))
    assert answer.status_code == 200
    assert {"private", "no-store"} <= set(answer.headers["Cache-Control"].split(", "))
    answer.close()


def test_what_is_kept_of_a_picture_is_small(
    client: Client, use_methods: Callable[..., None], media: Path
) -> None:
    use_methods(deep_learning=make_stub())
    exif = Image.Exif()
    exif[0x010E] = "where I live"
    data = encode(noise(2000, 60), "PNG", exif=exif)
    client.post("/", {"image": SimpleUploadedFile("a.png", data)})
    (path,) = media.glob("previews/*.webp")
    with Image.open(path) as preview:
        assert preview.format == "WEBP" and preview.size == (PREVIEW_SIDE, 48)
        assert "exif" not in preview.info and "xmp" not in preview.info
    assert b"where I live" not in path.read_bytes()
    assert data not in [file.read_bytes() for file in media.rglob("*") if file.is_file()]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("changed", "asked"),
    [
        ({}, 1),
        ({"status": "error"}, 2),
        ({"exhibits": [{"kind": "credentials", "data": {"manifest": "unreadable"}}]}, 2),
        ({"exhibits": [{"kind": "credentials", "data": {"manifest": "embedded"}}]}, 1),
    ],
)
def test_what_may_have_failed_for_a_moment_is_asked_again(
    client: Client, use_methods: Callable[..., None], jpeg: bytes, changed: dict, asked: int
) -> None:
    stub = make_stub()
    use_methods(deep_learning=stub)

    def upload() -> None:
        client.post("/", {"image": SimpleUploadedFile("a.jpg", jpeg)})

    upload()
    analysis = Analysis.objects.get()
    assert analysis.result
    analysis.result["methods"][0].update(changed)
    analysis.save()
    upload()
    assert len(stub.asked) == asked


# The content policy


@pytest.mark.slow
def test_every_answer_carries_the_content_policy(
    client: Client, make_upload: MakeUpload, settings
) -> None:
    settings.MAX_UPLOAD_MB = 1
    User.objects.create_superuser("root")
    page = make_upload().get_absolute_url()
    answers = [
        client.get("/"),
        client.get(page),
        client.get("/methods/"),
        client.get("/nowhere/"),
        client.get(f"/results/{uuid.uuid4()}/"),
        client.post("/", {"image": SimpleUploadedFile("a.jpg", b"text")}),
        client.post("/", {"image": SimpleUploadedFile("a.jpg", bytes(2 * 2**20))}),
        client.get("/api/detect"),
        client.get("/admin/"),
    ]
    assert {answer.status_code for answer in answers} >= {200, 302, 400, 404, 405, 413}
    assert {answer.headers.get("Content-Security-Policy") for answer in answers} == {POLICY}


def test_the_policy_lets_nothing_in_from_elsewhere_and_no_inline_code() -> None:
    rules = dict(rule.split(maxsplit=1) for rule in POLICY.split("; "))
    assert rules["default-src"] == "'self'"
    assert rules["frame-ancestors"] == rules["object-src"] == rules["base-uri"] == "'none'"
    assert rules["form-action"] == "'self'"
    assert not re.search(r"unsafe|\*|http|script-src|style-src", POLICY)


def test_the_other_headers_of_a_page(client: Client) -> None:
    headers = client.get("/").headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "same-origin"


def test_a_form_of_another_site_is_refused(make_upload: MakeUpload, owner: uuid.UUID) -> None:
    visitor = Client(enforce_csrf_checks=True)
    session = visitor.session
    session["owner"] = str(owner)
    session.save()
    detection = make_upload()
    for url in ("/", reverse("detector:delete", args=[detection.pk])):
        assert visitor.post(url).status_code == 403
    assert Upload.objects.filter(pk=detection.pk).exists()


def test_styles_and_scripts_are_served_without_being_collected(client: Client) -> None:
    page = client.get("/").content.decode()
    for url in re.findall(r'(?:href|src)="(/static/[^"]+)"', page):
        answer = client.get(url)
        assert answer.status_code == 200, url
        answer.close()


# The admin


@pytest.fixture
def admin(db: None) -> Client:
    client = Client()
    client.force_login(User.objects.create_superuser("root", password="x"))
    return client


@pytest.mark.slow
def test_the_admin_shows_results_and_changes_none(admin: Client, make_upload: MakeUpload) -> None:
    detection = make_upload(filename="secret-name.jpg")
    before = Analysis.objects.values().get()
    assert admin.get(reverse("admin:detector_analysis_changelist")).status_code == 200
    page = reverse("admin:detector_analysis_change", args=[detection.analysis.pk])
    shown = admin.get(page)
    assert shown.status_code == 200
    html = shown.content.decode()
    assert 'name="_save"' not in html and "<textarea" not in html
    assert admin.post(page, {"version": "mine"}).status_code == 403
    assert admin.get(reverse("admin:detector_analysis_add")).status_code == 403
    assert Analysis.objects.values().get() == before


@pytest.mark.slow
def test_the_admin_shows_neither_picture_nor_name_nor_owner(
    admin: Client, make_upload: MakeUpload, owner: uuid.UUID
) -> None:
    detection = make_upload(filename="secret-name.jpg")
    for page in (
        reverse("admin:detector_analysis_changelist"),
        reverse("admin:detector_analysis_change", args=[detection.analysis.pk]),
    ):
        html = admin.get(page).content.decode()
        assert str(owner) not in html and "secret-name" not in html and ".webp" not in html


@pytest.mark.slow
@pytest.mark.parametrize("how", ["one", "several"])
def test_what_the_admin_deletes_takes_its_pictures_along(
    admin: Client, make_upload: MakeUpload, media: Path, how: str
) -> None:
    detection = make_upload()
    if how == "one":
        page = reverse("admin:detector_analysis_delete", args=[detection.analysis.pk])
        admin.post(page, {"post": "yes"})
    else:
        chosen = {
            "action": "delete_selected",
            "_selected_action": [detection.analysis.pk],
            "post": "yes",
        }
        admin.post(reverse("admin:detector_analysis_changelist"), chosen)
    assert not Upload.objects.exists()
    assert not list(media.rglob("*.webp"))


def test_the_admin_is_for_staff(client: Client, make_upload: MakeUpload) -> None:
    User.objects.create_superuser("root")  # without one there is none at all
    make_upload()
    answer = client.get(reverse("admin:detector_analysis_changelist"))
    assert answer.status_code == 302 and "/login/" in answer.headers["Location"]
