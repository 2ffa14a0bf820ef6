"""What one method says is limited in size, wherever it goes."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from detector.inference.method import Answer
from detector.inference.results import Exhibit, Finding, MethodResult
from detector.inference.shorten import MAX_BYTES
from detector.models import Upload
from detector.tests.factories.stubs import make_stub

FIRST = Finding("stealth.hidden", {}, "generator", "ai", "PNG tEXt", "decisive")


def shown(**data: Any) -> tuple[Exhibit, ...]:
    return (Exhibit("parameters", data),)


def make(**data: Any) -> dict[str, Any]:
    return MethodResult("k", 1, "Name", "ok", 0.9, (FIRST,), shown(**data)).to_dict()


def nested(depth: int) -> Any:
    return "x" * 9000 if not depth else [nested(depth - 1) for _ in range(9)]


def test_an_ordinary_result_is_kept_as_it_is() -> None:
    data = {"rows": [["Prompt", "a cat, " * 280]] * 40, "heat_map": {"log_odds": [[0.5] * 99]}}
    result = make(**data)
    assert (
        result["exhibits"] == [{"kind": "parameters", "data": data}]
        and len(result["findings"]) == 1
    )


@pytest.mark.slow
@pytest.mark.parametrize(
    "data",
    [
        {"table": [[f"key {n}", "v" * 2000] for n in range(780)]},
        {"table": [[f"key {n}", "\U0001f600" * 2000] for n in range(99)]},
        {"table": [["key", "v"]] * 200_000},
        {"credentials": {"parts": [{"title": "t" * 500, "parts": [{"title": "t"}] * 99}] * 99}},
        {"one": "x" * 10**6},
        {"deep": nested(4)},
    ],
)
def test_a_large_result_fits_and_says_what_is_missing(data: dict[str, Any]) -> None:
    result = make(**data)
    assert len(json.dumps(result)) <= MAX_BYTES
    last = result["findings"][-1]
    assert last["kind"] == "shortened" and "contains more text than is kept here" in last["text"]
    assert last.keys() == result["findings"][0].keys()


def test_many_findings_keep_the_strongest() -> None:
    more = tuple(Finding("software.name", {"name": f"{n} " + "x" * 2000}) for n in range(500))
    result = MethodResult("k", 1, "Name", "ok", 0.9, (FIRST, *more), used="u" * 9**6).to_dict()
    assert len(json.dumps(result)) <= MAX_BYTES
    assert result["findings"][0]["code"] == "stealth.hidden"
    assert result["findings"][1]["params"]["name"].startswith("0 x")


def test_it_counts_what_it_leaves_out() -> None:
    rows = [["key", "v" * 3000] for _ in range(250)]
    assert (
        make(table=rows)["findings"][-1]["text"]
        == "The file contains more text than is kept here. Texts of more than 500 characters "
        "were cut (100 in all), and entries of long lists were left out (150 in all)."
    )


@pytest.mark.slow
@pytest.mark.django_db
def test_row_page_and_api_get_the_same(
    client: Client, use_methods: Callable[..., None], jpeg: bytes
) -> None:
    exhibits = shown(rows=[[f"key {n}", "v" * 2000] for n in range(780)])
    use_methods(forensics=make_stub(Answer(0.9, (FIRST,), "a stub", exhibits)))
    given = client.post("/api/detect", {"image": SimpleUploadedFile("a.jpg", jpeg)}).json()
    page = client.post("/", {"image": SimpleUploadedFile("a.jpg", jpeg)}, follow=True)
    assert "contains more text than is kept here" in page.text
    for detection in Upload.objects.all():
        assert len(json.dumps(detection.result)) < MAX_BYTES + 5000
        assert detection.result["methods"][0]["findings"] == given["methods"][0]["findings"]
