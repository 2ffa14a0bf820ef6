"""Rows that a program of schema 0 has written are upgraded, and can be opened."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from importlib import import_module
from types import SimpleNamespace
from typing import Any

import jsonschema_rs
import pytest
from django.test import Client

from detector.inference.results import Verdict
from detector.inference.results.schema import json_schema
from detector.models import Upload
from detector.tests.factories.migrating import migrate_to, newest
from detector.tests.factories.pages import assert_well_formed, get_html

pytestmark = pytest.mark.django_db(transaction=True)
MIGRATION = import_module("detector.migrations.0003_schema_1")

FINDING = {
    "text": "A prompt is in it.",
    "kind": "a1111",
    "claim": "ai",
    "where": "PNG tEXt",
    "strength": "decisive",
    "signed": False,
}


def method(key: str, title: str, score: float | None, **details: Any) -> dict[str, Any]:
    return {
        "key": key,
        "title": title,
        "status": "abstained" if score is None else "ok",
        "score": score,
        "findings": [FINDING],
        "used": "weights",
        "details": details,
        "elapsed_ms": 1.5,
        "weight": None,
        "lean": None if score is None else "uncertain" if score == 0.5 else "ai",
    }


def result(**verdict: Any) -> dict[str, Any]:
    """A result as schema 0 had it."""
    return {
        "verdict": {
            "label": "ai",
            "score": 0.95,
            "thresholds": {"real": 0.2, "ai": 0.9},
            "reason": "Because.",
            "decided_by": None,
            "agreement": {"ai": 1, "real": 0, "uncertain": 1, "text": "They agree."},
            "contributions": {"intercept": 0.1, "deep_learning": 2.9, "statistical": 0.0},
        }
        | verdict,
        "methods": [
            method(
                "deep_learning",
                "Method 1: Deep Learning Model",
                0.95,
                raw_log_odds={"a": 3.0},
                heat_map={"rows": 1, "columns": 2, "log_odds": [[1.0, -1.0]]},
            ),
            method(
                "statistical",
                "Method 2: Statistical Pattern Analysis",
                0.5,
                groups=[{"name": "noise", "log_odds": 1.0}],
                spectrum="AAAA" * 1024,
            ),
            method(
                "forensics",
                "Method 3: Advanced Forensics Analysis",
                None,
                table=[["seed", "7"]],
            ),
            method("gone", "Method 9: Of old", None),
        ],
        "notes": ["Only the first frame was analysed."],
        "elapsed_ms": 99.5,
        "version": "1.0+a.b",
    }


@pytest.fixture
def old(owner: uuid.UUID) -> Iterator[Upload]:
    """A row of the first program, in the tables of this one."""
    detections = migrate_to("0002_error_levels").get_model("detector", "Detection").objects
    facts = {"sha256": "ab" * 32, "format": "JPEG", "width": 5, "height": 4, "size": 99}
    row = detections.create(owner=owner, filename="old.jpg", result=result(), version="1", **facts)
    migrate_to(newest())
    yield Upload.objects.get(pk=row.pk)
    migrate_to(newest())


@pytest.mark.slow
def test_a_row_of_schema_0_becomes_one_of_schema_1(old: Upload) -> None:
    jsonschema_rs.validate(json_schema(), old.result)
    verdict = Verdict.from_dict(old.result)
    assert (verdict.outcome, verdict.label, verdict.score) == ("ai", "ai", 0.95)
    assert verdict.moved_most == "deep_learning" and verdict.id == str(old.pk)
    assert verdict.file and verdict.file.sha256 == old.analysis.sha256
    roles = {one.key: (one.number, one.role) for one in verdict.methods}
    assert roles == {
        "deep_learning": (1, "counts"),
        "statistical": (2, "second_opinion"),
        "forensics": (3, "second_opinion"),
        "gone": (4, "second_opinion"),
    }
    assert verdict.methods[2].exhibit("parameters") == {"rows": [["seed", "7"]]}
    assert "raw_log_odds" not in str(old.result)
    assert verdict.notes[0].text == "Only the first frame was analysed."
    assert verdict.methods[0].findings[0].text == FINDING["text"]


@pytest.mark.slow
def test_its_page_and_its_json_open(old: Upload, client: Client) -> None:
    html = get_html(client.get(old.get_absolute_url()))
    assert_well_formed(html)
    assert "Likely made by AI" in html and "Method 1: Deep Learning Model" in html
    assert "Method of old" not in html and "Of old" in html and 'class="heat"' in html
    assert client.get(f"{old.get_absolute_url()}json").json() == old.result


def test_a_row_of_schema_1_stays_as_it_is() -> None:
    rows = {"a": SimpleNamespace(pk="a", result={"schema": 1})}
    table = SimpleNamespace(values_list=lambda *args, **options: rows, get=lambda pk: rows[pk])
    manager = SimpleNamespace(using=lambda alias: table)
    apps = SimpleNamespace(get_model=lambda *names: SimpleNamespace(objects=manager))
    MIGRATION.upgrade_rows(apps, SimpleNamespace(connection=SimpleNamespace(alias="default")))
    assert rows["a"].result == {"schema": 1}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("label", "outcome"), [("ai", "ai"), ("real", "no_sign"), ("uncertain", "uncertain")]
)
@pytest.mark.parametrize("decided", [None, "forensics"])
def test_every_label_and_decider_has_its_outcome(
    label: str, outcome: str, decided: str | None
) -> None:
    row = {"id": str(uuid.uuid4()), "created": "2026-01-01T00:00:00+00:00", "file": None}
    upgraded = MIGRATION.upgrade(result(label=label, decided_by=decided), row)
    verdict = Verdict.from_dict(upgraded)
    assert verdict.outcome == outcome and verdict.decided_by == decided
    assert (verdict.methods[2].role == "decides") == bool(decided)
