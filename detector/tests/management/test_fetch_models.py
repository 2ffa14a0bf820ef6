"""Downloading checkpoints, with the real download code against a hub on this machine."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from detector.checkpoints.members import MEMBERS, HubCheckpoint
from detector.checkpoints.sources import cached_folder, find_sources, set_aside
from detector.installation import get_runtime
from detector.tests.factories.checkpoints import save_tiny_timm, save_tiny_vit
from detector.tests.factories.hub import Repositories, serve_hub

PICKLED = {"config.json": b"{}", "preprocessor_config.json": b"{}", "pytorch_model.bin": b"pickle"}


@pytest.fixture
def repositories(tmp_path: Path) -> Repositories:
    """What the hub holds: the second member's first choice is a pickle, the third's is gone."""
    folder = save_tiny_vit(tmp_path / "tiny", ["artificial", "human"])
    good = {path.name: path.read_bytes() for path in folder.iterdir()}
    return {
        "dima806/deepfake_vs_real_image_detection": good | {"optimizer.pt": b"0" * 10_000},
        "umm-maybe/AI-image-detector": PICKLED,
        "Organika/sdxl-detector": good,
    }


@pytest.fixture
def requests(repositories: Repositories, settings: Settings, tmp_path: Path) -> Iterator[list[str]]:
    """What was asked of the hub that the settings now point to."""
    log: list[str] = []
    with serve_hub(repositories, log) as address:
        settings.HUB_ENDPOINT = address
        settings.HUB_CACHE = str(tmp_path / "cache")
        settings.FINETUNED_DIR = tmp_path / "finetuned"
        settings.COMPILED_DIR = tmp_path / "compiled"
        yield log


def fetch(*members: str) -> str:
    output = io.StringIO()
    call_command("fetch_models", "--member", *members, stdout=output, no_color=True)
    return output.getvalue()


def test_it_downloads_what_is_needed_and_nothing_else(requests: list[str]):
    output = fetch("vit")
    assert "✓" in output and "A running server starts to use them" in output
    assert any("model.safetensors" in line for line in requests)
    assert not any("optimizer.pt" in line for line in requests)
    sources = list(find_sources(MEMBERS[0], get_runtime()))
    assert sources[0].state == "pre-trained"


def test_it_skips_pickles_with_one_clear_line_and_takes_the_next(requests: list[str]):
    output = fetch("ai-human")
    assert "Skipped (pickle only" in output
    assert "Organika/sdxl-detector" in output and "✓" in output
    assert not any("pytorch_model.bin" in line for line in requests)


def test_it_translates_what_timm_has_saved_and_prefers_a_free_licence(
    requests: list[str], repositories: Repositories, tmp_path: Path
):
    save_tiny_timm(tmp_path / "timm")
    files = {path.name: path.read_bytes() for path in (tmp_path / "timm").iterdir()}
    repositories["OwensLab/commfor-model-384"] = files | {"model.ckpt": b"pickle"}
    output = fetch("ai-human")
    assert "OwensLab/commfor-model-384 (MIT)" in output and "✓" in output
    assert "Organika" not in output and not any("model.ckpt" in line for line in requests)
    (source,) = find_sources(MEMBERS[1], get_runtime())
    assert source.state == "pre-trained" and source.name.startswith("OwensLab/commfor-model-384 @")
    assert set_aside(MEMBERS[1], source) == [
        "umm-maybe/AI-image-detector is not used: its weights are pickled, and its licence is "
        "disputed."
    ]


def test_weights_of_timm_that_do_not_fit_are_refused_and_the_next_is_taken(
    requests: list[str], repositories: Repositories, tmp_path: Path
):
    save_tiny_timm(tmp_path / "timm", outputs=2)
    files = {path.name: path.read_bytes() for path in (tmp_path / "timm").iterdir()}
    repositories["OwensLab/commfor-model-384"] = files
    output = fetch("ai-human")
    assert "Refused (it has 2 outputs without names" in output
    assert "Organika/sdxl-detector (CC-BY-NC-3.0, non-commercial)" in output and "✓" in output


def test_it_names_members_that_cannot_be_had(requests: list[str]):
    output = io.StringIO()
    with pytest.raises(CommandError, match="wildfake"):
        call_command("fetch_models", "--member", "vit", "wildfake", stdout=output, no_color=True)
    assert output.getvalue().count("Skipped (model not found/private)") == 3
    assert "✓" in output.getvalue(), "the others go on"


def test_it_refuses_checkpoints_with_unknown_classes(
    requests: list[str], repositories: Repositories
):
    good = repositories["Organika/sdxl-detector"]
    odd = good["config.json"].replace(b"artificial", b"cat").replace(b"human", b"dog")
    repositories["Organika/sdxl-detector"] = good | {"config.json": odd}
    with pytest.raises(CommandError):
        fetch("ai-human")


def test_it_says_when_the_hub_cannot_be_reached(settings: Settings, tmp_path: Path):
    settings.HUB_ENDPOINT, settings.HUB_CACHE = "http://127.0.0.1:9", str(tmp_path)
    output = io.StringIO()
    with pytest.raises(CommandError):
        call_command("fetch_models", "--member", "vit", stdout=output, no_color=True)
    assert "cannot be reached" in output.getvalue()


def test_it_does_not_download_twice(requests: list[str], tmp_path: Path):
    fetch("vit")
    before = len([line for line in requests if line.startswith("GET") and "safetensors" in line])
    fetch("vit")
    after = len([line for line in requests if line.startswith("GET") and "safetensors" in line])
    assert before == after == 1
    checkpoint = HubCheckpoint("dima806/deepfake_vs_real_image_detection", "Apache-2.0")
    assert cached_folder(checkpoint, tmp_path / "cache")
