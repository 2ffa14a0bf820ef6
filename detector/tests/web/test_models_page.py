"""The page of the models: what answers here, and the test of a fine-tuned model."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from detector.accuracy.finetuned import read_finetuned
from detector.inference.methods import METHODS
from detector.inference.runtime import WEIGHTS_DIR
from detector.inference.verdict.local import LocalThreshold
from detector.inference.weights.folder import folder_state
from detector.installation import get_detector
from detector.reports.writing import find_version
from detector.tests.factories.finetuned_metrics import FIGURES, METRICS, write_metrics
from detector.tests.factories.pages import assert_well_formed, get_html
from detector.web.presenters.models_page import draw_charts

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


@pytest.fixture
def folder(settings: Settings, tmp_path: Path) -> Path:
    settings.FINETUNED_DIR = tmp_path
    return tmp_path / "vit_ai_detector_finetuned"


def get_page(client: Client) -> str:
    html = get_html(client.get("/models/"))
    assert_well_formed(html)
    return html


def test_the_weights_in_use_are_named_with_their_digests(client: Client, folder: Path):
    html = get_page(client)
    assert find_version() in html and "No model was fine-tuned here." in html
    for name in [name for spec in METHODS.values() for name in spec.weights]:
        assert folder_state(WEIGHTS_DIR / name)[:16] in html
    assert "finetune_hf_models --model vit" in html and "prepare_genimage" in html


def test_a_fine_tuned_model_shows_its_test_and_its_training(client: Client, folder: Path):
    write_metrics(folder)
    html = get_page(client)
    assert "Fine-tuned from dinov2 (bundled)" in html
    assert all(f">{count}</td>" in html for row in FIGURES["confusion"] for count in row)
    assert "91.0\N{NO-BREAK SPACE}%" in html and "0.968" in html and "0.944 to 0.985" in html
    assert html.count("<circle") >= 12 and "validation AUROC" in html


def test_a_chart_goes_from_the_first_epoch_to_the_last(folder: Path):
    write_metrics(folder)
    losses, shares = draw_charts(read_finetuned(folder))
    assert (losses.first, losses.last, losses.high, shares.high) == (1, 3, 0.61, 1)
    first, *_, last = losses.curves[0].dots
    assert first == (6, 6) and last[0] == 94 and last[1] > first[1]
    assert [len(curve.pieces) for curve in (*losses.curves, *shares.curves)] == [2, 2, 2, 2]


@pytest.mark.parametrize("epochs", [[], METRICS["epochs"][:1]])
def test_fewer_than_two_epochs_have_no_chart(client: Client, folder: Path, epochs: list[Any]):
    write_metrics(folder, epochs=epochs)
    assert not draw_charts(read_finetuned(folder))
    assert "All epochs as numbers" in get_page(client)


@pytest.mark.parametrize(
    "changes",
    [
        {"test": FIGURES | {"confusion": [[1, 2], [3]]}},
        {"test": FIGURES | {"confusion": [[1, -2], [3, 4]]}},
        {"test": FIGURES | {"accuracy": 1.5}},
        {"epochs": [{"epoch": 1, "loss": "much"}]},
        {"epochs": "many"},
        {"conditions": {"clean": 3}},
        {"model": "<script>" * 100},
    ],
)
def test_figures_out_of_range_are_named_and_not_shown(
    client: Client, folder: Path, changes: dict[str, Any]
):
    write_metrics(folder, **changes)
    html = get_page(client)
    assert "cannot be shown" in html and "<script>" not in html.partition("<main")[2]


def test_a_folder_without_figures_says_so(client: Client, folder: Path):
    write_metrics(folder)
    (folder / "metrics.json").unlink()
    assert "nothing is known of its test" in get_page(client)
    (folder / "metrics.json").write_text(json.dumps([1]))
    assert "cannot be shown" in get_page(client)


def set_threshold(folder: Path, weights: str) -> None:
    LocalThreshold(0.5, 0.01, 0.95, 300, 0, weights, "2026-11-01").write(folder)


def test_the_thresholds_that_ship_are_shown(client: Client, folder: Path):
    assert "These thresholds ship with the program." in get_page(client)


def test_a_threshold_that_was_measured_here_takes_the_place_of_the_shipped_one(
    client: Client, folder: Path
):
    set_threshold(folder.parent, get_detector().weights_digest)
    html = get_page(client)
    assert "(0.5000)" in html and "measured on this server" in html
    assert "2026" in html.partition('id="thresholds"')[2].partition("</section>")[0]


def test_a_threshold_for_other_weights_is_named_and_not_used(client: Client, folder: Path):
    set_threshold(folder.parent, "other")
    html = get_page(client)
    assert "(0.5000)" not in html and "These thresholds ship with the program." in html
    assert "2026" in html.partition('id="thresholds"')[2].partition("</section>")[0]


def test_the_methods_lead_to_it(client: Client):
    assert 'href="/models/"' in get_html(client.get("/methods/"))
