"""Downloads the members' checkpoints: the only code that goes to the network, never while serving.

Only configuration, processor and safetensors are fetched: some repositories carry gigabytes of
optimizer state, and pickled weights are never wanted.
"""

from __future__ import annotations

from pathlib import Path

import httpx2
from huggingface_hub import HfApi, snapshot_download
from huggingface_hub.errors import (
    GatedRepoError,
    HfHubHTTPError,
    LocalEntryNotFoundError,
    OfflineModeIsEnabled,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)

from detector.inference.runtime import Runtime

from .facts import WEIGHTS
from .members import HubCheckpoint
from .sources import needed_files, usable_folder
from .timm_vit import translate


class DownloadError(Exception):
    """A checkpoint cannot be had; the message says why."""


def fetch(checkpoint: HubCheckpoint, runtime: Runtime, endpoint: str | None = None) -> Path:
    """Download a checkpoint; returns its folder as transformers holds it.

    Raises `DownloadError`, and `OSError` or `ValueError` if it cannot be translated.
    """
    snapshot = download(checkpoint, runtime.hub_cache, endpoint)
    folder = usable_folder(checkpoint, snapshot, runtime)
    if folder != snapshot:
        translate(snapshot, folder)
    return folder


def download(checkpoint: HubCheckpoint, cache: Path | None, endpoint: str | None = None) -> Path:
    """Fetch a checkpoint into the Hugging Face cache, going on where a download broke off.

    Returns the snapshot folder. Raises `DownloadError`. `endpoint` is another hub's address.
    """
    try:
        _check_files(checkpoint, endpoint)
        folder = snapshot_download(
            checkpoint.id,
            revision=checkpoint.revision,
            cache_dir=cache,
            allow_patterns=list(needed_files(checkpoint)),
            endpoint=endpoint,
        )
    except GatedRepoError as error:
        raise DownloadError("gated: its owner must grant access first") from error
    except RepositoryNotFoundError as error:
        raise DownloadError("model not found/private") from error
    except RevisionNotFoundError as error:
        raise DownloadError(f"its revision {checkpoint.revision} is gone") from error
    except (OfflineModeIsEnabled, LocalEntryNotFoundError, httpx2.TransportError) as error:
        raise DownloadError("the Hugging Face hub cannot be reached") from error
    except HfHubHTTPError as error:
        raise DownloadError(f"the hub answered: {error}") from error
    return Path(folder)


def _check_files(checkpoint: HubCheckpoint, endpoint: str | None) -> None:
    info = HfApi(endpoint=endpoint).model_info(checkpoint.id, revision=checkpoint.revision)
    names = {file.rfilename for file in info.siblings or []}
    if WEIGHTS not in names:
        pickled = any(name.endswith((".bin", ".pt", ".pth")) for name in names)
        kind = "pickle only" if pickled else "no weights"
        raise DownloadError(f"{kind}: it has no {WEIGHTS}, and nothing else is loaded")
    if missing := sorted(set(needed_files(checkpoint)) - names):
        raise DownloadError(f"it has no {', '.join(missing)}")
