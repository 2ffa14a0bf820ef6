"""The version that answers: the one definition that database, report and pages share.

A version is written `program+code.weights.context`: the number of the program, a digest of the code
and the libraries that scores depend on, a digest of the weights and the fusion, and one of the
files that the context of a verdict is read from. Two answers of the same version about the same
bytes are equal. An evaluation measures `program+code.weights`: the context holds its own figures.
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


def digest_states(states: Iterable[str]) -> str:
    """One digest of several, in their order: of all weights, or of all files of the context."""
    return hashlib.sha256(repr(list(states)).encode()).hexdigest()


def write_version(weights: str, code: str | None = None, context: str = "") -> str:
    """The version as text; `weights` is what `digest_states` gave, the others are digests, too.

    Without a `context` it is the version that an evaluation measures.
    """
    digests = filter(None, [code or code_digest(), weights, context])
    return f"{__version__}+{'.'.join(digest[:DIGITS] for digest in digests)}"


def without_context(version: str) -> str:
    """The part of a version that decides about scores and outcomes, `program+code.weights`."""
    program, plus, digests = version.partition("+")
    return f"{program}{plus}{'.'.join(digests.split('.')[:2])}"


def weights_part(version: str) -> str:
    """The part of a version that names its weights; empty for a version of an older form."""
    code, *digests = version.partition("+")[2].split(".")
    return digests[0] if code and digests else ""


@cache
def code_digest() -> str:
    """Digest of the sources of inference and of the releases of the libraries in use."""
    return digest_sources(ROOMS, map(_release, LIBRARIES))


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
