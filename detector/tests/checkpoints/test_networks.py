"""The OpenVINO networks of checkpoints: made where torch is, used where it is not."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from detector.checkpoints import networks, sources
from detector.checkpoints.convert import make_network
from detector.checkpoints.members import MEMBERS
from detector.checkpoints.networks import BESIDE, NETWORK, find_network
from detector.checkpoints.sources import find_sources, usable_folder
from detector.checkpoints.timm_vit import translate
from detector.inference.methods.huggingface import HuggingFace
from detector.inference.runtime import Runtime
from detector.tests.factories.checkpoints import put_in_cache, save_tiny_timm, save_tiny_vit
from detector.tests.factories.pictures import encode, noise
from detector.tests.factories.processes import run_python
from detector.tests.factories.serving import block_training

VIT, AI_HUMAN, WILDFAKE = MEMBERS


pytestmark = pytest.mark.usefixtures("conversion_here")


@pytest.fixture
def runtime(tmp_path: Path) -> Runtime:
    """A machine with a fine-tuned checkpoint and one of the hub, neither of them converted."""
    save_tiny_vit(tmp_path / "finetuned" / VIT.finetuned, ["real", "ai"])
    cached = save_tiny_vit(tmp_path / "hub", ["artificial", "human"], seed=1)
    put_in_cache(tmp_path / "cache", "Organika/sdxl-detector", cached)
    return Runtime(
        tmp_path / "finetuned",
        tmp_path / "data" / "openvino",
        hub_cache=tmp_path / "cache",
        force_cpu=True,
    )


def make_networks(runtime: Runtime) -> None:
    """As `finetune_hf_models` and `fetch_models` do."""
    finetuned = runtime.finetuned_dir / VIT.finetuned
    make_network(finetuned, finetuned / BESIDE)
    (cached,) = find_sources(AI_HUMAN, runtime)
    make_network(cached.folder, runtime.compiled_dir)


def members_without_torch(runtime: Runtime, tmp_path: Path) -> dict[str, dict[str, Any]]:
    """The members of method 4 in an answer of `manage.py detect` that cannot import torch."""
    path = tmp_path / "a.png"
    path.write_bytes(encode(noise(300, 300), "PNG"))
    done = run_python(
        "manage.py", "detect", str(path), "--only", "huggingface", "--format", "jsonl",
        data_dir=tmp_path / "data",
        FINETUNED_DIR=str(runtime.finetuned_dir),
        HF_HUB_CACHE=str(runtime.hub_cache),
        FORCE_CPU="true",
        **block_training(tmp_path),
    )  # fmt: skip
    assert done.returncode == 0 and "Traceback" not in done.stderr, done.stderr
    (method,) = json.loads(done.stdout)["methods"]
    (exhibit,) = [one for one in method["exhibits"] if "members" in one["data"]]
    return {row["name"]: row for row in exhibit["data"]["members"]}


def test_a_server_without_torch_serves_what_was_converted_before(
    runtime: Runtime, tmp_path: Path
) -> None:
    make_networks(runtime)
    rows = members_without_torch(runtime, tmp_path)
    assert [rows[name]["state"] for name in ("vit", "ai-human")] == ["FINE-TUNED", "pre-trained"]
    assert all(rows[name]["score"] is not None for name in ("vit", "ai-human"))


def test_a_server_without_torch_serves_what_timm_has_saved(
    runtime: Runtime, tmp_path: Path
) -> None:
    make_networks(runtime)
    checkpoint = next(checkpoint for checkpoint in WILDFAKE.hub if checkpoint.by_timm)
    save_tiny_timm(tmp_path / "timm")
    assert checkpoint.revision
    cached = put_in_cache(tmp_path / "cache", checkpoint.id, tmp_path / "timm", checkpoint.revision)
    folder = usable_folder(checkpoint, cached, runtime)
    translate(cached, folder)
    make_network(folder, runtime.compiled_dir)
    row = members_without_torch(runtime, tmp_path)["wildfake"]
    assert row["state"] == "pre-trained" and row["score"] is not None
    assert row["source"] == f"{checkpoint.id} @ {checkpoint.revision[:7]}"
    assert row["reason"] == "Aaditya2763/wild-fake-detector is not used: it is private or gone."


def test_a_server_without_torch_says_what_converts_a_checkpoint(
    runtime: Runtime, tmp_path: Path
) -> None:
    rows = members_without_torch(runtime, tmp_path)
    assert rows["vit"]["state"] == "bundled" and "`make training`" in rows["vit"]["reason"]
    assert rows["ai-human"]["state"] == "unavailable" and rows["ai-human"]["score"] is None
    assert rows["ai-human"]["reason"] == (
        "Organika/sdxl-detector @ c0ffee0 was refused: it is not converted for OpenVINO yet, and "
        "torch, which converts it, is not installed here; `make models` fixes this."
    )


def test_a_running_server_without_torch_takes_up_what_is_converted_meanwhile(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sources, "can_convert", lambda: False)
    method = HuggingFace(runtime)
    before = method.state()
    make_networks(runtime)
    assert method.state() != before


def test_whether_torch_is_there_is_asked_without_importing_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert networks.can_convert()
    monkeypatch.setattr("importlib.util.find_spec", {"torch": None, "transformers": "there"}.get)
    assert not networks.can_convert()


def test_changed_weights_never_meet_an_old_network(runtime: Runtime) -> None:
    make_networks(runtime)
    folder = runtime.finetuned_dir / VIT.finetuned
    network = find_network(folder, [folder / BESIDE])
    assert network and network.name == NETWORK and network.with_suffix(".bin").is_file()
    (folder / "README.md").write_text("another card")
    assert find_network(folder, [folder / BESIDE]) == network
    shutil.copy(
        save_tiny_vit(folder.parent / "other", ["real", "ai"], seed=2) / "model.safetensors", folder
    )
    assert find_network(folder, [folder / BESIDE]) is None


def test_a_network_that_was_changed_is_another_state_of_its_checkpoint(runtime: Runtime) -> None:
    """Else two answers of one version could differ, and a whole file would not be taken up."""
    make_networks(runtime)
    folder = runtime.finetuned_dir / VIT.finetuned
    network = find_network(folder, [folder / BESIDE])
    assert network
    weights, method = network.with_suffix(".bin"), HuggingFace(runtime)
    whole, before = weights.read_bytes(), method.state()
    assert method.state() == before
    weights.write_bytes(whole[:100])
    assert method.state() != before
    weights.write_bytes(whole)
    assert method.state() == before


def test_a_network_from_the_hub_is_not_believed(runtime: Runtime) -> None:
    """Safetensors are all that is loaded of a public checkpoint, whatever else it holds."""
    (cached,) = find_sources(AI_HUMAN, runtime)
    make_network(cached.folder, cached.folder / BESIDE)
    assert find_network(cached.folder, cached.network_places(runtime)) is None
    finetuned = replace(cached, state=sources.FINE_TUNED)
    assert find_network(finetuned.folder, finetuned.network_places(runtime)) is not None
