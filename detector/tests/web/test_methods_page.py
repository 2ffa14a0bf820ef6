"""The page of the methods: what files say about them, and what it says where they do not."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from detector.inference.methods import METHODS
from detector.inference.results import Thresholds
from detector.inference.runtime import TRUST_DIR
from detector.inference.verdict.fusion import Fusion, Subset
from detector.inference.version import weights_part, without_context
from detector.installation import get_detector
from detector.tests.factories.pages import assert_well_formed, get_html
from detector.tests.factories.reports import make_report
from detector.web.presenters import methods_page

pytestmark = pytest.mark.django_db


@pytest.fixture
def report(settings: Settings, tmp_path: Path) -> dict[str, Any]:
    settings.ACCURACY_REPORT = tmp_path / "accuracy" / "report.json"
    return make_report()


def show(client: Client, settings: Settings, report: Any) -> str:
    settings.ACCURACY_REPORT.parent.mkdir(exist_ok=True)
    settings.ACCURACY_REPORT.write_text(json.dumps(report))
    return get(client)


def get(client: Client) -> str:
    response = client.get(reverse("detector:methods"))
    assert response.status_code == 200
    html = get_html(response)
    assert_well_formed(html)
    return html


def test_every_method_and_the_verdict_have_a_section(
    client: Client, settings: Settings, report: dict[str, Any]
):
    html = show(client, settings, report)
    for title in ("Verdict", *(spec.title for spec in METHODS.values())):
        assert re.search(rf"<h2 id=[^>]+>{title}</h2>", html)
    for spec in METHODS.values():
        assert spec.idea in html and spec.reads in html
        assert all(f"detector/weights/{folder}<" in html for folder in spec.weights)
    assert html.count("<svg role=") == len(METHODS), "of all methods but the silent one"
    assert "There is no curve, because under no condition" in html


def test_the_weight_in_the_verdict_is_said(client: Client, monkeypatch: pytest.MonkeyPatch):
    at = Thresholds(0.1, 0.9)
    weights = {"deep_learning": 1.25, "statistical": 0.0}
    fusion = Fusion({"deep_learning+statistical": Subset(0.0, weights, at)}, at, "forensics", 1.0)
    monkeypatch.setattr(methods_page, "load_fusion", lambda folder: fusion)
    html = get(client)
    assert "its log-odds enter the verdict with the weight 1.25" in html
    assert html.count("<strong>no weight</strong>") == 1


def test_a_fusion_that_cannot_be_read_is_no_traceback(
    client: Client, monkeypatch: pytest.MonkeyPatch
):
    def broken(folder: Path) -> Fusion:
        raise ValueError("broken")

    monkeypatch.setattr(methods_page, "load_fusion", broken)
    assert "no weight" not in get(client)


def test_figures_are_printed_from_the_report(
    client: Client, settings: Settings, report: dict[str, Any]
):
    report["conditions"]["JPEG 30"]["fused"] |= {"roc_auc": 0.6543}
    html = show(client, settings, report)
    assert "0.654" in html and "0.910 <small>0.900 to 0.920</small>" in html
    assert "1,200 AI + 1,300 real" in html and "<dd>41</dd>" in html
    assert "re-encoded in the same way" in html
    assert '<abbr title="needed are both classes">–</abbr>' in html
    assert "–: needed are both classes" in html, "a phone shows no title"


def test_tables_have_captions_and_scopes(
    client: Client, settings: Settings, report: dict[str, Any]
):
    html = show(client, settings, report)
    assert html.count("<table") == html.count("<caption")
    assert all("scope=" in head for head in re.findall(r"<th\b[^>]*>", html))


@pytest.mark.slow
def test_another_version_than_the_one_measured_is_said(
    client: Client, settings: Settings, report: dict[str, Any]
):
    serving = get_detector().version
    html = show(client, settings, report)
    assert "This is not the version that answers now" in html
    assert report["version"] in html and serving in html
    html = show(client, settings, report | {"version": without_context(serving)})
    assert "This is not the version" not in html and "is the version that answers now" in html
    html = show(client, settings, report | {"version": f"0.0.1+0.{weights_part(serving)}"})
    assert "This is not the version" not in html and "The program has changed since" in html


def test_a_version_that_cannot_be_told_is_no_traceback(
    client: Client, settings: Settings, report: dict[str, Any], monkeypatch: pytest.MonkeyPatch
):
    def broken() -> None:
        raise OSError("no fusion")

    monkeypatch.setattr(methods_page, "get_detector", broken)
    assert "the weights of this installation cannot be read" in show(client, settings, report)


def test_without_a_report_it_says_what_measures(
    client: Client, settings: Settings, report: dict[str, Any], tmp_path: Path
):
    html = get(client)
    assert "Accuracy has not been measured here" in html and "There is no report." in html
    assert "manage.py evaluate --split FOLDER --robustness --report accuracy" in html
    assert all(spec.title in html for spec in METHODS.values())
    assert str(tmp_path) not in html and "<figure" not in html


@pytest.mark.parametrize("broken", [[], {}, {"conditions": 3}, None])
def test_a_broken_report_is_said_in_words(
    client: Client, settings: Settings, report: dict[str, Any], broken: Any
):
    html = show(client, settings, broken)
    assert "There is a report, but it cannot be read." in html and "manage.py evaluate" in html


def test_an_older_report_is_shown_without_kinds(
    client: Client, settings: Settings, report: dict[str, Any]
):
    assert "False positives by kind: real pictures" in show(client, settings, report)
    del report["kinds"]
    html = show(client, settings, report)
    assert "False positives by kind: real pictures" not in html
    assert "does not list false positives" in html and "0.910" in html


def test_a_method_that_was_not_measured_is_said(
    client: Client, settings: Settings, report: dict[str, Any]
):
    for part in (report["methods"], *report["conditions"].values()):
        part.pop("statistical")
    assert "This method is not in the report." in show(client, settings, report)


def test_names_from_the_report_are_escaped(
    client: Client, settings: Settings, report: dict[str, Any]
):
    attack = "<script>alert(1)</script>"
    report |= {"about": attack, "data": attack, "command": attack, "version": attack}
    report["conditions"][attack] = report["conditions"]["clean"]
    report["kinds"]["clean"][0]["kind"] = attack
    assert attack not in show(client, settings, report)


@pytest.mark.slow
def test_the_report_that_ships_is_shown(client: Client):
    html = get(client)
    assert "Accuracy has not been measured here" not in html and "<figure" in html


@pytest.mark.slow
def test_the_lists_of_trusted_signers_are_named_with_their_dates(client: Client):
    html = get(client)
    for key in ("signers", "time-stamps"):
        about = json.loads((TRUST_DIR / f"{key}.json").read_text())
        assert f"of {about['date']}:" in html
    assert html.count("which vouch only for the time of a signature") == 1


def test_an_installation_that_trusts_nobody_says_so(client: Client, settings: Settings):
    settings.C2PA_TRUST_LIST, settings.C2PA_TRUST_ANCHORS = False, None
    assert "no signer of Content Credentials (C2PA) is checked" in get(client)


@pytest.mark.slow
def test_every_page_links_to_it(client: Client):
    link = f'href="{reverse("detector:methods")}"'
    for path in ("/", "/nowhere", reverse("detector:methods")):
        header = get_html(client.get(path)).split("</header>")[0]
        assert link in header
    assert 'aria-current="page">Methods' in get(client)
