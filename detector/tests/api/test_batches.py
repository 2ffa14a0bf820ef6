"""Batches: made, counted, read in parts, and taken away as files."""

from __future__ import annotations

import csv
import io
import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from pytest_django import Settings

from detector.api import batches
from detector.models import Batch, Upload
from detector.services import claim_next, run
from detector.tests.factories.asking import Asker
from detector.tests.factories.pictures import encode, noise

pytestmark = pytest.mark.django_db


def text_of(asker: Asker, path: str) -> str:
    return b"".join(asker.get(path).streaming_content).decode()


@pytest.mark.slow
def test_a_batch_counts_what_the_database_has(
    asker: Asker, jpeg: bytes, settings: Settings
) -> None:
    settings.ANALYSIS_ENGINE = "EMBEDDED"
    made = asker.post_json("batches", {"name": "Sunday", "size": 3})
    place = made.headers["Location"]
    assert made.status_code == 201 and made.json()["counts"] == dict.fromkeys(
        ("queued", "running", "done", "failed"), 0
    )
    pk = made.json()["id"]
    sent = asker.send(jpeg, b"text", batch=pk)
    assert sent.status_code == 202 and sent.headers["Location"] == place
    first = claim_next("worker")
    assert first is not None
    assert asker.get(place).json()["counts"] == {"queued": 1, "running": 1, "done": 0, "failed": 0}
    run(first)
    while other := claim_next("worker"):
        run(other)
    batch = asker.get(place).json()
    assert batch["counts"] == {"queued": 0, "running": 0, "done": 1, "failed": 1}
    assert (batch["size"], batch["sent"], batch["finished"]) == (3, 2, False)
    asker.send(jpeg, batch=pk)
    assert asker.get(place).json()["finished"] is True
    assert Batch.objects.get().name == "Sunday"


@pytest.mark.slow
def test_its_detections_are_read_in_parts_the_oldest_first(asker: Asker, jpeg: bytes) -> None:
    pk = asker.make_batch()
    asker.send(jpeg), asker.send(jpeg, jpeg, batch=pk), asker.send(b"text", batch=pk)
    first = asker.get(f"batches/{pk}?limit=2").json()
    rest = asker.get(f"batches/{pk}?limit=2&cursor={first['next']}").json()
    ids = [item["id"] for item in first["items"] + rest["items"]]
    mine = Upload.objects.filter(batch__pk=pk).order_by("created_at", "pk")
    assert ids == [str(upload.pk) for upload in mine] and rest["next"] is None


def test_the_files_have_a_line_for_each_however_many(
    asker: Asker, jpeg: bytes, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batches, "AT_ONCE", 2)
    pk = asker.make_batch()
    pictures = [SimpleUploadedFile("=cmd().jpg", jpeg), SimpleUploadedFile("b.jpg", b"text")]
    asker.ask("post", "detections", data={"image": pictures, "batch": pk})
    settings.ANALYSIS_ENGINE = "EMBEDDED"
    asker.send(encode(noise(), "PNG"), batch=pk)
    items = asker.get(f"batches/{pk}").json()["items"]
    assert list(map(json.loads, text_of(asker, f"batches/{pk}.jsonl").splitlines())) == items
    rows = list(csv.DictReader(io.StringIO(text_of(asker, f"batches/{pk}.csv"))))
    assert [row["id"] for row in rows] == [item["id"] for item in items]
    assert [row["state"] for row in rows] == ["done", "failed", "queued"]
    assert rows[0]["path"] == "'=cmd().jpg" and rows[0]["outcome"]
    assert "known kind" in rows[1]["error"] and "no result yet" in rows[2]["error"]
    assert asker.get(f"batches/{pk}.csv").headers["Content-Disposition"].endswith('.csv"')


@pytest.mark.slow
@pytest.mark.parametrize(
    ("body", "status", "named"),
    [
        (b"", 422, ["body"]),
        (b"[]", 422, ["body"]),
        (b"{", 400, None),
        (b'{"name": NaN}', 400, None),
        (b"{}", 422, ["name"]),
        (b'{"name": ""}', 422, ["name"]),
        (b'{"name": "a", "name": "b"}', 422, ["name"]),
        (b'{"name": "a", "colour": "red"}', 422, ["colour"]),
        (b'{"name": "a\\u0000"}', 422, ["name"]),
        (b'{"name": "a", "size": "3"}', 422, ["size"]),
        (b'{"name": "a", "size": 0}', 422, ["size"]),
    ],
)
def test_a_wrong_body_is_named(
    asker: Asker, body: bytes, status: int, named: list[str] | None
) -> None:
    response = asker.post_json("batches", body)
    faults = response.json().get("errors")
    assert response.status_code == status
    assert (faults and [fault["field"] for fault in faults]) == named
    assert not Batch.objects.exists()


def test_a_batch_of_another_kind_of_body_is_refused(asker: Asker) -> None:
    response = asker.ask("post", "batches", data={"name": "a"})
    assert response.status_code == 415 and "application/json" in response.json()["detail"]


def test_an_unknown_batch_takes_nothing_in(asker: Asker, afar: Asker, jpeg: bytes) -> None:
    foreign = afar.make_batch()
    assert asker.send(jpeg, batch=foreign).status_code == 404
    assert asker.get(f"batches/{foreign}").status_code == 404
    assert asker.get(f"batches/{foreign}.csv").status_code == 404
    assert not Upload.objects.exists()
