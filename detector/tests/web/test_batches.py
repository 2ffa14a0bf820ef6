"""The pages of batches: made by a form or by a script, their rows, and what is decided in them."""

from __future__ import annotations

import csv
import io
import json
import uuid
import zipfile
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from detector.inference.results import Verdict
from detector.models import Analysis, Batch, Upload
from detector.services import claim_next, run
from detector.services.batches import MAX_BATCH
from detector.tests.factories.pages import Response, assert_well_formed, get_html
from detector.tests.factories.pictures import encode, noise
from detector.tests.factories.stubs import make_stub

pytestmark = pytest.mark.django_db

MakeUpload = Callable[..., Upload]
MakeVerdict = Callable[..., Verdict]


@pytest.fixture(autouse=True)
def stub(use_methods: Callable[..., None]) -> None:
    use_methods(deep_learning=make_stub())


@pytest.fixture
def no_worker(settings: Settings) -> None:
    settings.ANALYSIS_ENGINE = "EMBEDDED"


def file(name: str, data: bytes | None = None) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, encode(noise(), "PNG") if data is None else data)


def make_batch(owner: uuid.UUID, *uploads: Upload, size: int | None = None) -> Batch:
    """A batch with these uploads in it, in this order."""
    size = len(uploads) if size is None else size
    batch = Batch.objects.create(owner=owner, name="Desk", size=size, sent=len(uploads))
    start = timezone.now()
    for place, upload in enumerate(uploads):
        moment = start + timedelta(milliseconds=place)
        Upload.objects.filter(pk=upload.pk).update(batch=batch, created_at=moment)
    return batch


def page_of(batch: Batch, name: str = "batch") -> str:
    return reverse(f"detector:{name}", args=[batch.pk])


def names_in(html: str) -> list[str]:
    return [part.split("<")[0] for part in html.split("data-open>")[1:]]


# Making and filling


@pytest.mark.slow
def test_several_files_of_one_form_become_a_batch(client: Client) -> None:
    files = [file("a.png"), file("b.png", b"no picture"), file("c.png", b"")]
    response = client.post("/", {"image": files})
    batch = Batch.objects.get()
    assert response.headers["Location"] == page_of(batch)
    assert (batch.size, batch.sent) == (3, 3)
    html = get_html(client.get(page_of(batch)))
    assert_well_formed(html)
    assert names_in(html) == ["a.png", "b.png", "c.png"]
    assert "Likely made by AI" in html and "not a picture of a known kind" in html
    assert "3 pictures analysed, 2 of them without a result" in html


@pytest.mark.slow
def test_a_script_makes_a_batch_and_sends_pictures_one_by_one(client: Client) -> None:
    made = client.post(reverse("detector:batches"), {"name": "Holiday", "size": "2"})
    assert made.status_code == 201
    pictures, url = made.json()["pictures"], made.json()["url"]
    assert client.post(pictures, {"image": file("a.png")}).json() == {"error": None}
    html = get_html(client.get(url))
    assert "Holiday" in html and "1 picture that belongs to this batch is not yet sent" in html
    answer = client.post(pictures, {"image": file("b.png", b"no picture")})
    html = get_html(client.get(url))
    assert answer.status_code == 201 and "not yet sent" not in html
    assert "2 pictures analysed, 1 of them without a result" in html


def test_a_file_that_is_too_large_is_a_row_with_the_reason(
    client: Client, settings: Settings, owner: uuid.UUID
) -> None:
    batch = make_batch(owner, size=1)
    settings.MAX_UPLOAD_MB = 1
    client.post(page_of(batch, "batch-pictures"), {"image": file("big.png", bytes(2**20 + 1))})
    html = get_html(client.get(page_of(batch)))
    assert "big.png" in html and "at most 1 MB" in html


@pytest.mark.parametrize("size", ["", "0", "-1", "many", str(MAX_BATCH + 1), "9" * 5000])
def test_a_batch_of_no_sensible_size_is_refused(client: Client, size: str) -> None:
    response = client.post(reverse("detector:batches"), {"name": "x", "size": size})
    assert response.status_code == 400 and str(MAX_BATCH) in response.json()["error"]
    assert not Batch.objects.exists()


def test_a_full_batch_takes_no_more(client: Client, owner: uuid.UUID) -> None:
    batch = make_batch(owner)
    Batch.objects.update(sent=MAX_BATCH, size=MAX_BATCH)
    response = client.post(page_of(batch, "batch-pictures"), {"image": file("a.png")})
    assert response.status_code == 409 and "full" in response.json()["error"]
    assert not Upload.objects.exists()


def test_a_picture_that_cannot_be_kept_takes_no_place(
    client: Client, owner: uuid.UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*args: object, **named: object) -> None:
        raise OSError("disk full")

    batch = make_batch(owner, size=2)
    monkeypatch.setattr("detector.services.batches.submit", fail)
    response = client.post(page_of(batch, "batch-pictures"), {"image": file("a.png")})
    assert response.status_code == 503 and "Try again" in response.json()["error"]
    batch.refresh_from_db()
    assert batch.sent == 0


def test_only_its_owner_sees_a_batch(client: Client, make_upload: MakeUpload) -> None:
    stranger = uuid.uuid4()
    batch = make_batch(stranger, make_upload(owner=stranger))
    for name in ("batch", "batch-changes"):
        assert client.get(page_of(batch, name)).status_code == 404
    for name in ("batch-pictures", "batch-decide", "batch-delete"):
        assert client.post(page_of(batch, name)).status_code == 404
    assert client.get(page_of(batch) + "results.csv").status_code == 404
    assert Client().get(page_of(batch)).status_code == 404


# Rows that arrive


@pytest.mark.usefixtures("no_worker")
def test_a_row_that_ends_comes_with_the_next_look_and_no_other(client: Client) -> None:
    client.post("/", {"image": [file("a.png", b"one"), file("b.png", b"two")]})
    batch = Batch.objects.get()
    html = get_html(client.get(page_of(batch)))
    assert html.count("Waiting") == 2 and "0 of 2 pictures analysed" in html
    assert 'http-equiv="refresh"' in html  # without a script
    long_ago = timezone.now() - timedelta(hours=1)
    Upload.objects.update(created_at=long_ago)
    analysis = claim_next("worker")
    assert analysis
    run(analysis)
    since = (timezone.now() - timedelta(seconds=1)).timestamp()
    rows = get_html(client.get(page_of(batch, "batch-changes"), {"since": str(since)}))
    assert names_in(rows) == [analysis.uploads.get().filename]
    assert "1 of 2 pictures analysed" in rows and "50 per cent" in rows
    assert rows.count("hx-swap-oob") == 3 and "hx-get" in rows


def test_nothing_is_asked_again_when_all_is_done(
    client: Client, owner: uuid.UUID, make_upload: MakeUpload
) -> None:
    batch = make_batch(owner, make_upload())
    rows = get_html(client.get(page_of(batch, "batch-changes"), {"since": "nonsense"}))
    assert "hx-get" not in rows.split("</div>")[0] and "All pictures are analysed" in rows
    assert len(names_in(rows)) == 1


def test_the_time_left_is_said(client: Client, owner: uuid.UUID, make_upload: MakeUpload) -> None:
    uploads = [make_upload() for _ in range(6)]
    batch = make_batch(owner, *uploads)
    now = timezone.now()
    Batch.objects.update(created_at=now - timedelta(minutes=5))
    for upload in uploads[:2]:
        ended = now - timedelta(minutes=4) + timedelta(seconds=9)
        Analysis.objects.filter(uploads=upload).update(finished_at=ended)
    Analysis.objects.filter(uploads__in=uploads[2:]).update(state="queued", finished_at=None)
    assert "about 8 minutes left" in get_html(client.get(page_of(batch)))


# Sorting and filtering


@pytest.fixture
def mixed(owner: uuid.UUID, make_upload: MakeUpload, verdict: MakeVerdict) -> Batch:
    """Three results and a file without one."""
    uploads = [
        make_upload(verdict("ai", 0.9), filename="b-ai.jpg"),
        make_upload(verdict("real", 0.1), filename="a-clean.jpg"),
        make_upload(verdict("ai", 0.99, basis="file"), filename="c-file.jpg"),
        make_upload(filename="d-bad.jpg"),
    ]
    Analysis.objects.filter(uploads=uploads[3]).update(
        state="failed", error="It is damaged.", outcome="", basis="", score=None
    )
    Upload.objects.filter(pk=uploads[1].pk).update(mark="accept")
    return make_batch(owner, *uploads)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("", ["b-ai", "a-clean", "c-file", "d-bad"]),
        ("sort=name", ["a-clean", "b-ai", "c-file", "d-bad"]),
        ("sort=most", ["c-file", "b-ai", "a-clean", "d-bad"]),
        ("sort=least", ["a-clean", "b-ai", "c-file", "d-bad"]),
        ("verdict=ai", ["b-ai", "c-file"]),
        ("verdict=no_sign", ["a-clean"]),
        ("verdict=failed", ["d-bad"]),
        ("verdict=waiting", []),
        ("evidence=file", ["c-file"]),
        ("mark=accept", ["a-clean"]),
        ("mark=none&verdict=ai", ["b-ai", "c-file"]),
        ("sort=nonsense&verdict=%00", ["b-ai", "a-clean", "c-file", "d-bad"]),
    ],
)
def test_a_batch_is_sorted_and_filtered(
    client: Client, mixed: Batch, query: str, names: list[str]
) -> None:
    html = get_html(client.get(f"{page_of(mixed)}?{query}"))
    assert_well_formed(html)
    assert names_in(html) == [f"{name}.jpg" for name in names]


def test_the_contact_sheet_has_the_same_pictures(client: Client, mixed: Batch) -> None:
    html = get_html(client.get(f"{page_of(mixed)}?view=sheet"))
    assert 'class="pictures sheet"' in html and len(names_in(html)) == 4


# Deciding


def test_marks_and_notes_are_kept(client: Client, mixed: Batch) -> None:
    first, second = mixed.uploads.order_by("created_at")[:2]
    fields = {f"note-{first.pk}": " Ask Ann. ", f"mark-{second.pk}": "", "query": "sort=name&x=1"}
    response = client.post(
        page_of(mixed, "batch-decide"),
        fields | {"action": "reject", "pick": [str(first.pk), "nonsense", str(uuid.uuid4())]},
    )
    assert response.headers["Location"] == f"{page_of(mixed)}?sort=name"
    rows = dict(mixed.uploads.values_list("filename", "mark"))
    assert rows == {"b-ai.jpg": "reject", "a-clean.jpg": "", "c-file.jpg": "", "d-bad.jpg": ""}
    html = get_html(client.get(page_of(mixed)))
    assert 'value="Ask Ann."' in html and 'value="reject" selected' in html
    client.post(page_of(mixed, "batch-decide"), {"action": "clear", "pick": [str(first.pk)]})
    assert not mixed.uploads.exclude(mark="").exists()


def test_a_note_of_one_row_is_kept_by_a_script(client: Client, mixed: Batch) -> None:
    upload = mixed.uploads.get(filename="d-bad.jpg")
    page, script = reverse("detector:note", args=[upload.pk]), {"HX-Request": "true"}
    for fields in ({f"note-{upload.pk}": "x" * 2000}, {f"mark-{upload.pk}": "nonsense"}):
        assert client.post(page, fields, headers=script).status_code == 204
    upload.refresh_from_db()
    assert (len(upload.note), upload.mark) == (1000, "")
    assert Client().post(page, {}).status_code == 404


def test_what_is_picked_is_deleted_and_can_be_taken_back(client: Client, mixed: Batch) -> None:
    picks = [str(pk) for pk in mixed.uploads.values_list("pk", flat=True)[:3]]
    response = client.post(
        page_of(mixed, "batch-decide"), {"action": "delete", "pick": picks}, follow=True
    )
    html = get_html(response)
    assert "3 pictures were deleted." in html and len(names_in(html)) == 1
    html = get_html(client.post(reverse("detector:undo"), {"next": page_of(mixed)}, follow=True))
    assert "3 pictures are back." in html and len(names_in(html)) == 4


def test_a_whole_batch_is_deleted(client: Client, mixed: Batch) -> None:
    html = get_html(client.post(page_of(mixed, "batch-delete"), follow=True))
    assert "4 pictures were deleted." in html and "Desk" not in html


# Files


def test_csv_and_json_lines_have_results_reasons_marks_and_notes(
    client: Client, mixed: Batch
) -> None:
    Upload.objects.filter(filename="c-file.jpg").update(note="=1+1")
    table: Response = client.get(page_of(mixed) + "results.csv")
    rows = list(csv.DictReader(io.StringIO(table.getvalue().decode())))
    assert [row["path"] for row in rows] == ["b-ai.jpg", "a-clean.jpg", "c-file.jpg", "d-bad.jpg"]
    assert rows[1]["mark"] == "accept" and rows[0]["outcome"] == "ai"
    assert rows[2]["note"] == "'=1+1" and rows[3]["error"] == "It is damaged."
    lines: Response = client.get(page_of(mixed) + "results.jsonl")
    objects = [json.loads(line) for line in lines.getvalue().splitlines()]
    assert objects[1]["mark"] == "accept" and objects[3]["error"]["detail"] == "It is damaged."
    assert client.get(page_of(mixed) + "results.xml").status_code == 404


@pytest.mark.slow
def test_the_reports_are_a_zip_of_the_pictures_with_a_result(client: Client, mixed: Batch) -> None:
    address = page_of(mixed) + "reports.zip"
    answer: Response = client.get(address)
    with zipfile.ZipFile(io.BytesIO(answer.getvalue())) as archive:
        contents = [archive.read(name) for name in archive.namelist()]
    finished = mixed.uploads.filter(analysis__state="done").count()
    assert len(contents) == finished > 0
    assert all(content.startswith(b"%PDF-") for content in contents)
    assert Client().get(address).status_code == 404
    assert client.get(address, {"paper": "a3"}).status_code == 404
