"""The database of an earlier program, brought to the tables of this one."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from detector.inference.results import Stability, Verdict
from detector.models import Analysis, Upload
from detector.tests.factories.migrating import migrate_to, newest

pytestmark = pytest.mark.django_db(transaction=True)

NOW = timezone.now()


@pytest.fixture
def detections() -> Iterator[Any]:
    """The table of detections, as it was."""
    yield migrate_to("0003_schema_1").get_model("detector", "Detection").objects
    migrate_to(newest())


@pytest.fixture
def add(
    detections: Any, owner: uuid.UUID, verdict: Callable[..., Verdict]
) -> Callable[..., uuid.UUID]:
    """Put a detection into the old table; returns its id."""

    def add(minutes: int, name: str, checked: bool = False, **columns: Any) -> uuid.UUID:
        stability = Stability("stability.impossible", {}, scores={}) if checked else None
        pk, created = uuid.uuid4(), NOW - timedelta(minutes=minutes)
        result = verdict(stability=stability).to_dict()
        result |= {"id": str(pk), "created": created.isoformat()}
        facts = {"size": 99, "format": "JPEG", "width": 5, "height": 4, "sha256": "ab" * 32}
        result["file"] = {"name": name} | facts
        row = {"owner": owner, "created_at": created, "filename": name, "version": "1+a"}
        row |= {"preview": f"previews/{pk}.webp", "error_levels": f"error_levels/{pk}.webp"}
        detections.create(pk=pk, result=result, **(facts | row | columns))
        return pk

    return add


@pytest.mark.slow
def test_results_keep_their_addresses_names_and_moments(
    add: Callable[..., uuid.UUID], client: Client
) -> None:
    first, second = add(9, "a.jpg"), add(5, "b.jpg")
    migrate_to(newest())
    assert Analysis.objects.count() == 1
    for pk, name, minutes in ((first, "a.jpg", 9), (second, "b.jpg", 5)):
        given = client.get(f"/results/{pk}/json").json()
        assert (given["id"], given["file"]["name"]) == (str(pk), name)
        assert given["created"] == (NOW - timedelta(minutes=minutes)).isoformat()
        assert client.get(f"/results/{pk}/").status_code == 200


@pytest.mark.slow
def test_the_columns_and_the_pictures_of_an_analysis_are_those_of_the_row(
    add: Callable[..., uuid.UUID], owner: uuid.UUID
) -> None:
    pk = add(5, "a.jpg")
    migrate_to(newest())
    analysis = Analysis.objects.get()
    assert (analysis.pk, analysis.scope, analysis.state) == (pk, owner, "done")
    assert (analysis.label, analysis.outcome, analysis.score) == ("ai", "ai", 0.93)
    assert analysis.preview.name == f"previews/{pk}.webp" and analysis.width == 5
    assert analysis.result and analysis.result["file"]["name"] == ""


@pytest.mark.slow
def test_only_the_same_bytes_version_owner_and_wish_share(
    add: Callable[..., uuid.UUID],
) -> None:
    add(9, "a.jpg")
    add(8, "b.jpg", owner=uuid.uuid4())
    add(7, "c.jpg", version="2+b")
    add(6, "d.jpg", sha256="cd" * 32)
    add(5, "e.jpg", checked=True)
    scripts = add(4, "f.jpg", preview="", error_levels="")
    migrate_to(newest())
    assert Analysis.objects.count() == 5 and Upload.objects.count() == 6
    upload = Upload.objects.get(pk=scripts)
    assert upload.preview is None and upload.analysis.preview
    assert Analysis.objects.filter(with_stability=True).count() == 1
