"""The history: own pictures only, by name and by file, and deleting that can be taken back."""

from __future__ import annotations

import io
import uuid
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from PIL import Image

from detector.models import UNDO_SECONDS, Analysis, Share, Upload
from detector.models.upload import UNDO_GRACE
from detector.tests.factories.pages import assert_well_formed, get_html
from detector.tests.factories.stubs import Stub, make_stub
from detector.web.views.history import PER_PAGE

pytestmark = pytest.mark.django_db

MakeUpload = Callable[..., Upload]
PAGE, SEARCH = "/history/", "/history/search"


@pytest.fixture(autouse=True)
def stub(use_methods: Callable[..., None]) -> type[Stub]:
    cls = make_stub()
    use_methods(deep_learning=cls)
    return cls


def get_page(client: Client, query: str = "") -> str:
    html = get_html(client.get(f"{PAGE}?{query}"))
    assert_well_formed(html)
    return html


def test_an_empty_history_says_so(client: Client) -> None:
    assert "There are none." in get_page(client)


@pytest.mark.slow
def test_the_history_shows_own_pictures_and_finds_names(
    client: Client, make_upload: MakeUpload
) -> None:
    make_upload(filename="beach.jpg")
    make_upload(filename="Dunes.JPG")
    make_upload(filename="theirs.jpg", owner=uuid.uuid4())
    html = get_page(client)
    assert "beach.jpg" in html and "Dunes.JPG" in html and "theirs.jpg" not in html
    html = get_page(client, "q=dune")
    assert "Dunes.JPG" in html and "beach.jpg" not in html
    assert "No picture is like that" in get_page(client, "q=nothing")


@pytest.mark.slow
def test_the_history_has_pages(client: Client, make_upload: MakeUpload) -> None:
    first = make_upload(filename="first.jpg")
    Upload.objects.bulk_create(
        Upload(owner=first.owner, filename=f"{n}.jpg", analysis=first.analysis)
        for n in range(PER_PAGE)
    )
    html = get_page(client)
    assert "Page 1 of 2" in html and "first.jpg" not in html
    assert "first.jpg" in get_page(client, "page=2")
    assert "first.jpg" in get_page(client, "page=nonsense&sort=oldest")


# Searching by a file


def send(client: Client, data: bytes, name: str = "found.jpg") -> str:
    response = client.post(SEARCH, {"image": SimpleUploadedFile(name, data)})
    html = get_html(response)
    assert_well_formed(html)
    return html


def change(jpeg: bytes, kind: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image = Image.open(io.BytesIO(jpeg))
    image.resize((256, 256)).save(buffer, kind, **options)
    return buffer.getvalue()


@pytest.fixture
def drawn() -> bytes:
    """A picture with something to recognise, other than the gradient of `jpeg`."""
    image = Image.new("RGB", (512, 512), "white")
    image.paste((20, 60, 120), (60, 80, 300, 400))
    image.paste((220, 90, 30), (250, 20, 480, 260))
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=92)
    return buffer.getvalue()


def test_the_same_file_is_found_without_another_analysis(
    client: Client, drawn: bytes, stub: type[Stub]
) -> None:
    client.post("/", {"image": SimpleUploadedFile("mine.jpg", drawn)})
    html = send(client, drawn)
    assert "1 picture like this file" in html and "byte for byte" in html and "mine.jpg" in html
    assert len(stub.asked) == 1


@pytest.mark.slow
def test_a_scaled_copy_is_found_with_how_it_differs(
    client: Client, drawn: bytes, jpeg: bytes, media: Path
) -> None:
    client.post("/", {"image": SimpleUploadedFile("mine.jpg", drawn)})
    client.post("/", {"image": SimpleUploadedFile("other.jpg", jpeg)})
    kept = sorted(media.rglob("*.*"))
    html = send(client, change(drawn, "PNG"))
    assert "1 picture like this file" in html and "Nearly the same picture" in html
    assert "512 × 512 (the file: 256 × 256)" in html and "JPEG (the file: PNG)" in html
    assert "of 64 bits" in html
    # The file that was searched for is not kept.
    assert Upload.objects.count() == Analysis.objects.count() == 2
    assert sorted(media.rglob("*.*")) == kept


def test_pictures_of_others_are_not_found(
    client: Client, make_upload: MakeUpload, jpeg: bytes
) -> None:
    make_upload(owner=uuid.uuid4())
    assert "None of your pictures is like this file" in send(client, jpeg)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("data", "sentence"), [(b"no picture", "not a picture of a known kind"), (b"", "is empty")]
)
def test_a_file_that_is_no_picture_gives_a_sentence(
    client: Client, data: bytes, sentence: str
) -> None:
    assert sentence in send(client, data)
    assert not Upload.objects.exists()


def test_a_search_without_a_file_says_so(client: Client) -> None:
    response = client.post(SEARCH)
    assert response.status_code == 400 and "Choose a picture first." in get_html(response)


# Deleting


def delete(client: Client, *uploads: Upload, action: str = "delete") -> str:
    fields = {"action": action, "pick": [str(upload.pk) for upload in uploads]}
    return get_html(client.post("/history/decide", fields, follow=True))


@pytest.mark.slow
def test_deleted_pictures_are_gone_for_everybody_at_once(
    client: Client, make_upload: MakeUpload
) -> None:
    first, second = make_upload(filename="a.jpg"), make_upload(filename="b.jpg")
    html = delete(client, first)
    assert "The picture was deleted." in html and "a.jpg" not in html and "b.jpg" in html
    for name in ("result", "preview", "thumbnail", "json"):
        assert client.get(reverse(f"detector:{name}", args=[first.pk])).status_code == 404
    assert client.get(second.get_absolute_url()).status_code == 200


@pytest.mark.slow
def test_a_link_to_a_deleted_picture_ends_and_comes_back_with_it(
    client: Client, make_upload: MakeUpload
) -> None:
    upload = make_upload()
    link = Share.objects.make(upload, 1, with_picture=False)
    assert Client().get(link.get_absolute_url()).status_code == 200
    delete(client, upload)
    assert Client().get(link.get_absolute_url()).status_code == 404
    client.post("/history/undo")
    assert Client().get(link.get_absolute_url()).status_code == 200


@pytest.mark.slow
def test_deleting_all_leaves_the_pictures_of_others(
    client: Client, make_upload: MakeUpload
) -> None:
    theirs = make_upload(owner=uuid.uuid4())
    make_upload()
    make_upload()
    assert "2 pictures were deleted." in delete(client, action="delete-all")
    assert Upload.objects.filter(removed_at=None).get() == theirs
    assert delete(client, theirs) and Upload.objects.filter(removed_at=None).get() == theirs


@pytest.mark.slow
def test_undo_brings_back_the_last_removal_alone(client: Client, make_upload: MakeUpload) -> None:
    first, second = make_upload(filename="a.jpg"), make_upload(filename="b.jpg")
    delete(client, first)
    delete(client, second)
    html = get_html(client.post("/history/undo", {"next": "//evil.example"}, follow=True))
    assert "The picture is back." in html and "b.jpg" in html and "a.jpg" not in html
    html = get_html(client.post("/history/undo", follow=True))
    assert "back" not in html and "a.jpg" not in html


def test_undo_comes_too_late_after_its_time(client: Client, make_upload: MakeUpload) -> None:
    upload = make_upload()
    delete(client, upload)
    age(upload)
    assert "It is too late" in get_html(client.post("/history/undo", follow=True))
    assert Upload.objects.get().removed_at


def test_another_session_undoes_nothing(client: Client, make_upload: MakeUpload) -> None:
    delete(client, make_upload())
    Client().post("/history/undo")
    assert Upload.objects.get().removed_at


def test_the_sweep_makes_a_removal_final(
    client: Client, make_upload: MakeUpload, media: Path
) -> None:
    upload = make_upload()
    delete(client, upload)
    Upload.objects.expired().delete_with_files()
    assert Upload.objects.exists()
    age(upload)
    Upload.objects.expired().delete_with_files()
    assert not Upload.objects.exists() and not list(media.rglob("*.webp"))


def age(upload: Upload) -> None:
    """Let the time for an undo pass."""
    moment = timezone.now() - timedelta(seconds=UNDO_SECONDS + UNDO_GRACE + 1)
    Upload.objects.filter(pk=upload.pk).update(removed_at=moment)
