"""The OpenAPI document, its page, and what the API says about this installation."""

from __future__ import annotations

import re

import pytest
from django.contrib.staticfiles import finders

from detector.inference.methods import METHODS
from detector.installation import get_detector
from detector.tests.factories.asking import Asker

pytestmark = pytest.mark.django_db


def test_the_document_has_every_operation_and_is_of_openapi_3_1(asker: Asker) -> None:
    document = asker.get("openapi.json").json()
    operations = {
        f"{method} {path.removeprefix('/api/v1/')}"
        for path, methods in document["paths"].items()
        for method in methods
    }
    assert document["openapi"].startswith("3.1")
    assert operations == {
        "post detections", "get detections", "get detections/{id}", "delete detections/{id}",
        "post batches", "get batches/{id}", "get batches/{id}.csv", "get batches/{id}.jsonl",
        "get methods", "get version", "get schema",
    }  # fmt: skip


def test_every_reference_of_the_document_leads_somewhere(asker: Asker) -> None:
    response = asker.get("openapi.json")
    names = response.json()["components"]["schemas"].keys()
    used = set(re.findall(r'"\$ref": "([^"]+)"', response.text))
    assert used == {f"#/components/schemas/{name}" for name in names} & used
    assert "#/components/schemas/Result" in used and "#/$defs/" not in response.text


def test_the_page_of_the_document_takes_everything_from_here(asker: Asker) -> None:
    html = asker.get("docs").text
    places = re.findall(r'(?:src|href)="([^"]+)"', html)
    assert len(places) >= 3 and all(place.startswith("/static/ninja/") for place in places)
    assert all(finders.find(place.removeprefix("/static/")) for place in places)
    # The policy of the site allows no script inside a page.
    assert not re.search(r"<script(?![^>]*(\ssrc=|application/json))|<style|\sstyle=", html)
    assert "http://" not in html and "https://" not in html


def test_methods_and_version_are_told_to_everybody() -> None:
    stranger = Asker(address="203.0.113.9")
    methods = stranger.get("methods").json()["items"]
    assert [method["key"] for method in methods] == list(METHODS)
    told = stranger.get("version").json()
    assert told["version"] == get_detector().version and told["result_schema"] == 1


def test_the_address_of_before_says_which_one_is_better(asker: Asker) -> None:
    response = asker.ask("post", "/api/detect")
    assert response.headers["Deprecation"].startswith("@")
    assert "</api/v1/detections>" in response.headers["Link"]
    assert Asker(address="203.0.113.9").ask("post", "/api/detect").status_code == 401
