"""Where a member's weights are on this machine, best first. Never goes to the network."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import chain, takewhile
from pathlib import Path

from detector.inference.names import printable
from detector.inference.runtime import Runtime
from detector.inference.weights.folder import check_digests, folder_state

from .facts import CONFIG, WEIGHTS, TestFigures, read_facts
from .members import MEMBERS, HubCheckpoint, Member
from .networks import BESIDE, NETWORK, can_convert, find_network
from .processor import FILENAME as PROCESSOR

FINE_TUNED, PRE_TRAINED, BUNDLED, UNAVAILABLE = (
    "FINE-TUNED",
    "pre-trained",
    "bundled",
    "unavailable",
)
NEEDED_FILES = (CONFIG, PROCESSOR, WEIGHTS)
# In the folder of converted networks: checkpoints of timm, translated.
TRANSLATED = "translated"
# The command that gives a checkpoint its OpenVINO network if torch is not installed.
REMEDIES = {FINE_TUNED: "make training", PRE_TRAINED: "make models"}
LONGEST_FAULT = 300


@dataclass(frozen=True)
class Source:
    """A folder with a checkpoint: its state, what to call it, and how good it was measured to be.

    `roc_auc` is None where nobody has measured it, and the lower bound of its interval where we
    have; `digest` changes when the weights do. `fault` says why the folder cannot be used, if what
    it says of itself is out of range or damaged.
    """

    state: str
    name: str
    folder: Path
    digest: str
    roc_auc: float | None
    accuracy: str | None = None
    fault: str = ""

    @property
    def refusal(self) -> str:
        """The sentence that says that the folder was refused, and why."""
        return f"{self.name} was refused: {self.fault}."

    def network_places(self, runtime: Runtime) -> tuple[Path, ...]:
        """The folders that may hold the OpenVINO network, the best one first."""
        beside = (self.folder / BESIDE,) if self.state == FINE_TUNED else ()
        return (*beside, runtime.compiled_dir)


def find_sources(member: Member, runtime: Runtime) -> Iterator[Source]:
    """Every place that holds weights for this member, best first, including those with a fault."""
    finetuned = runtime.finetuned_dir / member.finetuned
    if (finetuned / "config.json").is_file():
        yield _unless_unconverted(_from_folder(FINE_TUNED, finetuned), runtime)
    for checkpoint in member.hub:
        folder = local_folder(checkpoint, runtime)
        if folder and holds_checkpoint(folder):
            yield _unless_unconverted(_with_fault(from_hub(checkpoint, folder)), runtime)
    if member.bundled and (runtime.weights_dir / member.bundled / "config.json").is_file():
        yield _from_folder(BUNDLED, runtime.weights_dir / member.bundled)


def find_cache(cache: Path | None) -> Path:
    """The folder of the Hugging Face cache; None means where the library has it."""
    from huggingface_hub.constants import HF_HUB_CACHE

    return cache or Path(HF_HUB_CACHE)


def has_unconverted(runtime: Runtime) -> bool:
    """Whether a checkpoint would be converted at its first use."""
    sources = chain.from_iterable(find_sources(member, runtime) for member in MEMBERS)
    return any(not source.fault and not _has_network(source, runtime) for source in sources)


def _has_network(source: Source, runtime: Runtime) -> bool:
    if source.state == BUNDLED and (source.folder / NETWORK).is_file():
        return True
    return find_network(source.folder, source.network_places(runtime)) is not None


def holds_checkpoint(folder: Path) -> bool:
    """Whether all files are there; while a download runs some are and others are not yet."""
    return all((folder / name).exists() for name in NEEDED_FILES)


def needed_files(checkpoint: HubCheckpoint) -> tuple[str, ...]:
    """The files of a checkpoint that are downloaded; the first one tells that it is there."""
    return (WEIGHTS,) if checkpoint.by_timm else NEEDED_FILES


def cached_folder(checkpoint: HubCheckpoint, cache: Path | None) -> Path | None:
    """The snapshot folder of a checkpoint in the local Hugging Face cache, if it is there."""
    if not find_cache(cache).is_dir():
        return None
    # Not at the top: it brings a client for HTTP, half a second of every start without a cache.
    from huggingface_hub import try_to_load_from_cache

    path = try_to_load_from_cache(
        checkpoint.id, needed_files(checkpoint)[0], cache_dir=cache, revision=checkpoint.revision
    )
    return Path(path).parent if isinstance(path, str) else None


def local_folder(checkpoint: HubCheckpoint, runtime: Runtime) -> Path | None:
    """Where a downloaded checkpoint is as transformers holds it; None if it is not downloaded."""
    folder = cached_folder(checkpoint, runtime.hub_cache)
    return folder and usable_folder(checkpoint, folder, runtime)


def usable_folder(checkpoint: HubCheckpoint, snapshot: Path, runtime: Runtime) -> Path:
    """The `snapshot` folder itself, or where its translation is put, which has the same name."""
    if not checkpoint.by_timm:
        return snapshot
    owner_and_name = checkpoint.id.replace("/", "--")
    return runtime.compiled_dir / TRANSLATED / owner_and_name / snapshot.name


def set_aside(member: Member, source: Source) -> list[str]:
    """A sentence on each checkpoint that would come before this one, if it could be used."""
    if source.state != PRE_TRAINED:
        return []
    before = takewhile(lambda checkpoint: not is_of(source, checkpoint), member.hub)
    return [f"{each.id} is not used: {each.unfit}." for each in before if each.unfit]


def is_of(source: Source, checkpoint: HubCheckpoint) -> bool:
    """Whether the weights of `source` are those of a checkpoint of the hub."""
    return source.name.startswith(f"{checkpoint.id} @ ")


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
            return f"{checkpoint.id} is not downloaded completely; `make models` continues."
    names = " or ".join(c.id for c in member.hub)
    return f"{names} is not downloaded; `make models` fetches it."


def _from_folder(state: str, folder: Path) -> Source:
    source = _with_fault(Source(state, printable(folder.name), folder, _digest_of(folder), None))
    figures = TestFigures() if source.fault else read_facts(folder).measured
    return replace(source, roc_auc=figures.roc_auc, accuracy=figures.accuracy)


def _digest_of(folder: Path) -> str:
    """The state of the files of a checkpoint, and of the networks that come with it."""
    state, networks = folder_state(folder), sorted((folder / BESIDE).glob("*"))
    if not networks:
        return state
    return hashlib.sha256(repr([state, *map(folder_state, networks)]).encode()).hexdigest()


def from_hub(checkpoint: HubCheckpoint, folder: Path) -> Source:
    """A checkpoint in the Hugging Face cache; its commit tells its content."""
    published = checkpoint.roc_auc
    accuracy = f"published AUROC {published:.2f}, not measured by us" if published else None
    name = f"{checkpoint.id} @ {folder.name[:7]}"
    return Source(PRE_TRAINED, name, folder, folder.name, published, accuracy)


@lru_cache(maxsize=64)
def _with_fault(source: Source) -> Source:
    """The source with its fault. Cached, since it is called for every picture; `digest` changes."""
    try:
        read_facts(source.folder)
        if source.state == BUNDLED:
            check_digests(source.folder)
    except (OSError, ValueError) as error:
        return replace(source, fault=without_path(error))
    return source


def _unless_unconverted(source: Source, runtime: Runtime) -> Source:
    """The source, with a fault if it has no network and none can be made here."""
    places = source.network_places(runtime)
    if source.fault or find_network(source.folder, places) or can_convert():
        return source
    fault = (
        "it is not converted for OpenVINO yet, and torch, which converts it, is not installed "
        f"here; `{REMEDIES[source.state]}` fixes this"
    )
    return replace(source, fault=fault)


def without_path(error: Exception) -> str:
    """The error in one line, without the folders of this machine, because the page shows it."""
    if isinstance(error, OSError) and error.filename:
        return f"{printable(Path(error.filename).name)}: {error.strerror}"
    line = next(iter(str(error).splitlines()), type(error).__name__)
    return re.sub(r"(/[^/\s'\"]+)+/", "", printable(line))[:LONGEST_FAULT]
