"""POST, GET and DELETE detections, version 1."""

from __future__ import annotations

import uuid
from datetime import timedelta

import jsonschema_rs
import pytest
from django.utils import timezone
from pytest_django import Settings

from detector.models import Analysis, Priority, State, Upload
from detector.services import claim_next, run
from detector.tests.factories.asking import Asker
from detector.tests.factories.pictures import encode, noise
from detector.tests.factories.stubs import Stub

pytestmark = pytest.mark.django_db


def test_the_result_is_the_object_of_the_command_line(asker: Asker, jpeg: bytes) -> None:
    response = asker.send(jpeg, query="?wait=5")
    (item,) = response.json()["items"]
    assert response.status_code == 200 and item["state"] == "done" and item["error"] is None
    assert response.headers["Location"] == item["url"]
    result = item["result"]
    jsonschema_rs.validate(asker.get("schema").json(), result)
    assert (result["schema"], result["id"], result["file"]["name"]) == (1, item["id"], "0.jpg")
    assert result["created"] == item["created"]
    assert asker.get(item["url"]).json() == item


def test_who_does_not_wait_is_told_where_to_ask(
    asker: Asker, jpeg: bytes, settings: Settings
) -> None:
    settings.ANALYSIS_ENGINE = "EMBEDDED"
    response = asker.send(jpeg, query="?wait=0")
    (item,) = response.json()["items"]
    assert response.status_code == 202 and item["state"] == "queued" and item["result"] is None
    place = response.headers["Location"]
    assert asker.get(place).json() == item
    claimed = claim_next("worker")
    assert claimed is not None
    run(claimed)
    assert asker.get(place).json()["state"] == "done"


@pytest.mark.slow
def test_several_files_are_taken_in_their_order_or_not_at_all(
    asker: Asker, jpeg: bytes, settings: Settings
) -> None:
    png = encode(noise(), "PNG")
    items = asker.send(jpeg, b"text", png).json()["items"]
    assert [item["state"] for item in items] == ["done", "failed", "done"]
    assert [item["filename"] for item in items] == ["0.jpg", "1.jpg", "2.jpg"]
    assert items[1]["error"]["status"] == 400 and "known kind" in items[1]["error"]["detail"]
    settings.ANALYSIS_ENGINE, settings.ANALYSIS_QUEUE = "EMBEDDED", 1
    refused = asker.send(b"a", b"b")
    assert refused.status_code == 503 and refused.headers["Retry-After"] == "10"
    assert refused.headers["Content-Type"] == "application/problem+json"
    assert Upload.objects.count() == 3 and not Analysis.objects.filter(state="queued").exists()


@pytest.mark.slow
def test_stability_is_asked_for_on_demand(asker: Asker, jpeg: bytes) -> None:
    asker.send(jpeg), asker.send(jpeg, stability="1"), asker.send(jpeg, stability="false")
    wishes = Analysis.objects.values_list("with_stability", flat=True)
    assert sorted(wishes) == [False, True]


def test_deleting_forgets_picture_and_result(asker: Asker, jpeg: bytes, settings: Settings) -> None:
    settings.ANALYSIS_ENGINE = "EMBEDDED"
    place = asker.send(jpeg).headers["Location"]
    response = asker.delete(place)
    assert (response.status_code, response.content) == (204, b"")
    assert asker.get(place).status_code == asker.delete(place).status_code == 404
    assert not Analysis.objects.exists() and not Upload.objects.exists()


def test_an_expired_detection_is_not_found(asker: Asker, jpeg: bytes) -> None:
    place = asker.send(jpeg).headers["Location"]
    Upload.objects.update(created_at=timezone.now() - timedelta(hours=25))
    assert asker.get(place).status_code == 404


def test_a_result_of_an_earlier_schema_is_an_error_of_its_own(asker: Asker, jpeg: bytes) -> None:
    place = asker.send(jpeg).headers["Location"]
    Analysis.objects.update(result={"schema": 0})
    item = asker.get(place).json()
    assert item["result"] is None and item["error"]["status"] == 410


# The list


def fill(asker: Asker, jpeg: bytes, count: int) -> list[str]:
    """Ids of as many detections, the newest first; pairs of them are of the same moment."""
    ids = [asker.send(jpeg).json()["items"][0]["id"] for _ in range(count)]
    now = timezone.now()
    for number, pk in enumerate(ids):
        moment = now - timedelta(minutes=number // 2)
        Upload.objects.filter(pk=pk).update(created_at=moment)
    return [
        str(pk) for pk in Upload.objects.order_by("-created_at", "-pk").values_list("pk", flat=True)
    ]


@pytest.mark.slow
def test_a_list_is_read_in_parts_that_new_rows_do_not_shift(asker: Asker, jpeg: bytes) -> None:
    ids = fill(asker, jpeg, 5)
    first = asker.get("detections?limit=3").json()
    asker.send(jpeg)
    rest = asker.get(f"detections?limit=3&cursor={first['next']}").json()
    assert [item["id"] for item in first["items"] + rest["items"]] == ids
    assert rest["next"] is None


@pytest.mark.slow
def test_a_list_is_filtered(asker: Asker, jpeg: bytes) -> None:
    batch = asker.make_batch()
    asker.send(jpeg), asker.send(jpeg, batch=batch), asker.send(b"text")
    old = Upload.objects.order_by("created_at").first()
    assert old is not None
    Upload.objects.filter(pk=old.pk).update(created_at=timezone.now() - timedelta(hours=2))
    hour = (timezone.now() - timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    analysis = Analysis.objects.get(state=State.DONE)
    counts = {
        "": 3,
        f"?label={analysis.label}": 2,
        f"?outcome={analysis.outcome}": 2,
        "?outcome=captured": 0,
        f"?since={hour}": 2,
        f"?until={hour}": 1,
        f"?batch={batch}": 1,
        f"?batch={uuid.uuid4()}": 0,
        f"?label={analysis.label}&since={hour}": 1,
    }
    for query, count in counts.items():
        assert len(asker.get(f"detections{query}").json()["items"]) == count, query


@pytest.mark.slow
@pytest.mark.parametrize(
    ("query", "named"),
    [
        ("label=fake", "label"),
        ("since=2026-01-01", "since"),
        ("limit=0", "limit"),
        ("limit=201", "limit"),
        ("cursor=abc", "cursor"),
        ("cursor=MjAyNiAx", "cursor"),
        ("limit=1&limit=2", "limit"),
        ("colour=red", "colour"),
        ("batch=1", "batch"),
    ],
)
def test_a_wrong_parameter_is_named(asker: Asker, query: str, named: str) -> None:
    response = asker.get(f"detections?{query}")
    assert response.status_code == 422
    assert [fault["field"] for fault in response.json()["errors"]] == [named]


# Batches go behind what somebody waits for


def test_pictures_of_a_batch_are_bulk_work(
    asker: Asker, jpeg: bytes, stub: type[Stub], settings: Settings
) -> None:
    settings.ANALYSIS_ENGINE = "EMBEDDED"
    asker.send(b"a", batch=asker.make_batch())
    asker.send(jpeg)
    priorities = dict(Analysis.objects.values_list("size", "priority"))
    assert priorities == {1: Priority.BULK, len(jpeg): Priority.INTERACTIVE}
