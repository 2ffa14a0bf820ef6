"""Where a member's weights are on this machine, best first. Never goes to the network."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from huggingface_hub import try_to_load_from_cache

from detector.inference.runtime import Runtime
from detector.inference.weights import folder_state

from .members import HubCheckpoint, Member

FINE_TUNED, PRE_TRAINED, BUNDLED, UNAVAILABLE = (
    "FINE-TUNED",
    "pre-trained",
    "bundled",
    "unavailable",
)
NEEDED = ("config.json", "preprocessor_config.json", "model.safetensors")


@dataclass(frozen=True)
class Source:
    """A folder with a checkpoint: its state, what to call it, and how good it was measured to be.

    `roc_auc` is None where nobody has measured it, and the lower bound of its interval where we
    have; `digest` changes when the weights do.
    """

    state: str
    name: str
    folder: Path
    digest: str
    roc_auc: float | None
    accuracy: str | None = None


def find_sources(member: Member, runtime: Runtime) -> Iterator[Source]:
    """Every place that holds weights for this member, best first."""
    finetuned = runtime.finetuned_dir / member.finetuned
    if (finetuned / "config.json").is_file():
        yield _from_folder(FINE_TUNED, finetuned)
    for checkpoint in member.hub:
        folder = cached_folder(checkpoint, runtime.hub_cache)
        if folder and holds_checkpoint(folder):
            yield from_hub(checkpoint, folder)
    if member.bundled and (runtime.weights_dir / member.bundled / "config.json").is_file():
        yield _from_folder(BUNDLED, runtime.weights_dir / member.bundled)


def holds_checkpoint(folder: Path) -> bool:
    """Whether all files are there; while a download runs some are and others are not yet."""
    return all((folder / name).exists() for name in NEEDED)


def cached_folder(checkpoint: HubCheckpoint, cache: Path | None) -> Path | None:
    """The snapshot folder of a checkpoint in the local Hugging Face cache, if it is there."""
    path = try_to_load_from_cache(
        checkpoint.id, "config.json", cache_dir=cache, revision=checkpoint.revision
    )
    return Path(path).parent if isinstance(path, str) else None


def why_missing(member: Member, runtime: Runtime) -> str:
    """Why a member has no weights, and the command that mends it."""
    missing = _why_not_downloaded(member, runtime)
    if member.bundled:
        folder = f"detector/weights/{member.bundled}"
        missing += (
            f" The bundled weights in {folder} are missing; restore them from the repository."
        )
    return missing


def _why_not_downloaded(member: Member, runtime: Runtime) -> str:
    for checkpoint in member.hub:
        if folder := cached_folder(checkpoint, runtime.hub_cache):
            if any(folder.glob("*.bin")):
                return f"{checkpoint.id} is downloaded, but without safe weights (pickle only)."
            return f"{checkpoint.id} is not downloaded completely; `make models` goes on with it."
    names = " or ".join(c.id for c in member.hub)
    return f"{names} is not downloaded; `make models` fetches it."


def _from_folder(state: str, folder: Path) -> Source:
    metrics = _read_metrics(folder)
    measured = metrics.get("test") or metrics.get("calibration") or {}
    return Source(
        state,
        folder.name,
        folder,
        folder_state(folder),
        _sure_roc_auc(measured),
        _accuracy(metrics),
    )


def from_hub(checkpoint: HubCheckpoint, folder: Path) -> Source:
    """A checkpoint in the Hugging Face cache; its commit tells its content."""
    published = checkpoint.roc_auc
    accuracy = f"published AUROC {published:.2f}, not measured by us" if published else None
    name = f"{checkpoint.id} @ {folder.name[:7]}"
    return Source(PRE_TRAINED, name, folder, folder.name, published, accuracy)


def _read_metrics(folder: Path) -> dict[str, Any]:
    try:
        metrics = json.loads((folder / "metrics.json").read_text())
        return metrics if isinstance(metrics, dict) else {}
    except (OSError, ValueError):
        return {}


def _sure_roc_auc(measured: dict[str, Any]) -> float | None:
    """The lower bound of the interval: a model tested on six pictures must not rule the others."""
    interval = measured.get("roc_auc_interval") or [measured.get("roc_auc")]
    return None if interval[0] is None else float(interval[0])


def _accuracy(metrics: dict[str, Any]) -> str | None:
    """Test accuracy, never without how many pictures it was measured on."""
    test = metrics.get("test") or {}
    if not {"accuracy", "accuracy_interval", "n"} <= test.keys():
        return None
    low, high = test["accuracy_interval"]
    interval = f"95 % interval {low:.0%} to {high:.0%}"
    return f"test accuracy {test['accuracy']:.0%} (n = {test['n']}, {interval})"
