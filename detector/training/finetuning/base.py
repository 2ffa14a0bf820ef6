"""Which weights fine-tuning starts from, and why these."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from huggingface_hub.errors import HFValidationError

from detector.checkpoints.download import DownloadError, fetch
from detector.checkpoints.members import HubCheckpoint, Member
from detector.checkpoints.sources import (
    BUNDLED,
    FINE_TUNED,
    NEEDED_FILES,
    PRE_TRAINED,
    Source,
    find_sources,
    from_hub,
    holds_checkpoint,
    local_folder,
)
from detector.inference.names import printable
from detector.inference.runtime import Runtime
from detector.inference.weights.folder import folder_state


class BaseUnavailable(Exception):
    """There are no weights to start from; the message names the sources that were tried."""


@dataclass(frozen=True)
class Base:
    """A checkpoint to start from, and a sentence on why it was taken."""

    source: Source
    why: str


def find_base(
    member: Member,
    runtime: Runtime,
    *,
    name: str | None = None,
    resume: bool = False,
    endpoint: str | None = None,
) -> Base:
    """`name` (a folder or hub id), or else fine-tuned (`resume`), hub or bundled weights.

    Goes to the Hugging Face hub (or `endpoint`) for what is not in the cache. Raises
    `BaseUnavailable`.
    """
    if name:
        return _from_name(name, runtime, endpoint)
    local = {source.state: source for source in find_sources(member, runtime)}
    if resume and FINE_TUNED in local:
        _refuse_fault(local[FINE_TUNED])
        return Base(local[FINE_TUNED], "training goes on from your fine-tuned weights (--resume)")
    refusals: list[str] = []
    for base in _from_hub(member.hub, runtime, endpoint, refusals):
        return base
    if BUNDLED in local:
        _refuse_fault(local[BUNDLED])
        return Base(local[BUNDLED], "; ".join([*refusals, "so the bundled weights are taken"]))
    raise BaseUnavailable("; ".join(refusals))


def _refuse_fault(source: Source) -> None:
    """Raises `BaseUnavailable` if the facts of the folder are out of range or damaged."""
    if source.fault:
        raise BaseUnavailable(source.refusal)


def _from_name(name: str, runtime: Runtime, endpoint: str | None) -> Base:
    reason = "it was named with --base-model"
    folder = Path(name)
    if folder.is_dir():
        return Base(_named_folder(folder), reason)
    refusals: list[str] = []
    try:
        for base in _from_hub((HubCheckpoint(name, "unknown"),), runtime, endpoint, refusals):
            return Base(base.source, reason)
    except HFValidationError as error:
        raise BaseUnavailable(
            f"{printable(name)} is neither a folder nor a hub id (owner/name)"
        ) from error
    raise BaseUnavailable("; ".join(refusals))


def _named_folder(folder: Path) -> Source:
    if not holds_checkpoint(folder):
        raise BaseUnavailable(f"{printable(folder)} lacks one of {', '.join(NEEDED_FILES)}")
    return Source(PRE_TRAINED, printable(folder.resolve().name), folder, folder_state(folder), None)


def _from_hub(
    checkpoints: tuple[HubCheckpoint, ...],
    runtime: Runtime,
    endpoint: str | None,
    refusals: list[str],
) -> Iterator[Base]:
    """Every checkpoint that is in the cache or can be downloaded; adds the others to `refusals`."""
    for checkpoint in checkpoints:
        try:
            folder = local_folder(checkpoint, runtime)
            if not folder or not holds_checkpoint(folder):
                folder = fetch(checkpoint, runtime, endpoint)
        except (DownloadError, ValueError) as error:
            refusals.append(f"{checkpoint.id}: {error}")
        else:
            yield Base(from_hub(checkpoint, folder), "it is the pre-trained checkpoint")
