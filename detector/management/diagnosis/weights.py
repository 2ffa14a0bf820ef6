"""The weights that would be used, and why others are not."""

from __future__ import annotations

from collections.abc import Iterator

from detector.checkpoints.sources import BUNDLED, UNAVAILABLE
from detector.inference.methods import METHODS
from detector.inference.runtime import WEIGHTS_DIR
from detector.inference.weights.folder import check_digests
from detector.installation import find_members
from detector.monitoring.health import NotWorking, check_models

from .finding import Finding, fault, note, ok

RESTORE = "Restore detector/weights from the repository."


def diagnose() -> Iterator[Finding]:
    """The fusion, the folders of each method, and the members of those that have any."""
    try:
        check_models()
    except NotWorking as error:
        yield fault(str(error), RESTORE)
    for key, spec in METHODS.items():
        for folder in spec.weights:
            yield from _diagnose_folder(spec.title, folder)
        for member in find_members(key):
            yield _diagnose_member(member)


def _diagnose_folder(title: str, folder: str) -> Iterator[Finding]:
    try:
        check_digests(WEIGHTS_DIR / folder)
        yield ok(f"{title}: {folder} is as it shipped.")
    except (OSError, ValueError) as error:
        yield fault(f"{title}: {error}.", RESTORE)


def _diagnose_member(member: dict[str, str]) -> Finding:
    if member["state"] == UNAVAILABLE:
        return note(f"{member['title']} is not available: {member['said']}")
    text = f"{member['title']}: {member['state']} weights {member['source']} are used."
    if member["state"] == BUNDLED and not member["said"]:
        return ok(text)
    return ok(f"{text} {member['said']}".rstrip())
