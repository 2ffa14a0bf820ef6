"""The check of a report: whether picture, report and version belong together, in sentences."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from detector.inference.version import without_context, write_version
from detector.inference.wording.verdict import OUTCOMES

from .comparison import read_comparison
from .sealing import PDF_START, find_twin, open_sealed
from .twin import COMPARISON, NotGenuine, Twin, read_twin, read_verdict


@dataclass(frozen=True)
class Checked:
    """A genuine report: its twin, and what was found in sentences."""

    twin: Twin
    sentences: tuple[str, ...]


def verify(
    report: bytes, key: Ed25519PublicKey, *, picture: str | None = None, version: str = ""
) -> Checked:
    """Check a PDF or its twin, and the picture if its SHA-256 is given in hex.

    `version` is the one that would answer now. Raises `NotGenuine`, which says what is wrong.
    """
    is_pdf = report.startswith(PDF_START)
    if is_pdf:
        # First the twin: what its signature says is more telling than a broken seal.
        read_twin(find_twin(report), key)
    twin = read_twin(open_sealed(report, key) if is_pdf else report, key)
    return Checked(twin, tuple(_say(twin, is_pdf, picture, version)))


def _say(twin: Twin, is_pdf: bool, picture: str | None, version: str) -> Iterator[str]:
    what = "the PDF or the report in it" if is_pdf else "the report"
    yield f"Nobody has changed {what} since it was signed with the key of the installation."
    if twin["document"] == COMPARISON:
        yield from _say_copies(twin, picture, version)
    else:
        yield from _say_one(twin, picture, version)


def _say_one(twin: Twin, picture: str | None, version: str) -> Iterator[str]:
    """About the report of one picture."""
    yield _say_picture(twin, picture)
    yield _say_version(twin["result"], version)
    verdict = read_verdict(twin)
    outcome = OUTCOMES.get(verdict.outcome, verdict.outcome)
    yield f"It says of the picture: {outcome} (analysed at {twin['analysed']})."


def _say_picture(twin: Twin, picture: str | None) -> str:
    file = read_verdict(twin).file
    written = file.sha256 if file else ""
    if picture is None:
        return f"It is about the file with the SHA-256 {written}; no picture was given to compare."
    if picture != written:
        sentence = f"The picture is another one: its SHA-256 is {picture}, "
        raise NotGenuine(f"{sentence}but the report is about the file with {written}.")
    return "The picture is the file that the report is about, byte for byte."


def _say_copies(twin: Twin, picture: str | None, version: str) -> Iterator[str]:
    """About the report of a comparison."""
    _, verdicts = read_comparison(twin)
    digests = [copy["file"]["sha256"] for copy in twin["copies"]]
    if picture is None:
        yield f"It compares {len(digests)} files; no picture was given to look for among them."
    elif picture not in digests:
        sentence = f"The picture is none of the copies: its SHA-256 is {picture}, "
        raise NotGenuine(f"{sentence}but the report is about {', '.join(digests)}.")
    else:
        yield f"The picture is copy {digests.index(picture) + 1}, byte for byte."
    for number, (copy, verdict) in enumerate(zip(twin["copies"], verdicts, strict=True), start=1):
        if verdict:
            outcome = OUTCOMES.get(verdict.outcome, verdict.outcome)
            yield f"Copy {number}: {outcome}. {_say_version(copy['result'], version)}"


def _say_version(result: dict[str, Any], version: str) -> str:
    """Whether the version names the code and the weights of a result, and is the one in use."""
    digests = write_version(result["weights"], result["code"]).partition("+")[2]
    if without_context(result["version"]).partition("+")[2] != digests:
        raise NotGenuine(
            f"The version {result['version']} does not belong to the digests of code and weights "
            "that the report names."
        )
    if version == result["version"]:
        return f"The version that wrote it is the one in use here: {version}."
    if without_context(version) == without_context(result["version"]):
        return (
            f"It was written by version {result['version']}. The one in use here, {version}, gives "
            "the same picture the same result, with other figures of how often it is wrong."
        )
    return (
        f"It was written by version {result['version']}. The version in use here is "
        f"{version or 'unknown'}, which may give the same picture another result."
    )
