"""The version that answers: the one definition that database, report and pages share.

A version is written `program+code.weights`: the number of the program, a digest of the code and the
libraries that scores depend on, and a digest of the weights and the fusion. Two answers of the same
version about the same bytes are equal.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from detector import __version__

# The packages whose release can move a score or a finding.
LIBRARIES = (
    "c2pa-python",
    "defusedxml",
    "numpy",
    "opencv-python-headless",
    "openvino",
    "pillow",
    "pillow-heif",
    "scipy",
)
DIGITS = 8

_DETECTOR = Path(__file__).resolve().parents[1]
# The rooms whose code scores and findings depend on.
ROOMS = (_DETECTOR / "inference", _DETECTOR / "checkpoints")


def digest_weights(weights: Iterable[str]) -> str:
    """One digest of those of the fusion and of each method's weights."""
    return hashlib.sha256(repr(list(weights)).encode()).hexdigest()


def write_version(weights: str, code: str | None = None) -> str:
    """The version as text; `weights` is what `digest_weights` gave."""
    return f"{__version__}+{(code or code_digest())[:DIGITS]}.{weights[:DIGITS]}"


def weights_part(version: str) -> str:
    """The part of a version that names its weights; empty for a version of an older form."""
    code, dot, weights = version.partition("+")[2].partition(".")
    return weights if code and dot else ""


@cache
def code_digest() -> str:
    """Digest of the sources of inference and of the releases of the libraries in use."""
    return digest_sources(ROOMS, map(_release, LIBRARIES))


def digest_beside(states: Iterable[str]) -> str:
    """Digest of the code and of files that results are written with but no score depends on.

    They are told with the code: a report of accuracy stays that of the same weights.
    """
    return hashlib.sha256(repr([code_digest(), *states]).encode()).hexdigest()


def digest_sources(folders: Iterable[Path], releases: Iterable[str]) -> str:
    """Digest of names and content of all Python files below some folders, and of some releases."""
    digest = hashlib.sha256(repr(list(releases)).encode())
    for folder in folders:
        for path in sorted(folder.rglob("*.py")):
            name = path.relative_to(folder.parent).as_posix()
            digest.update(repr((name, path.read_bytes())).encode())
    return digest.hexdigest()


def _release(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:  # another build of the same library, such as opencv-python
        return "unknown"
