"""What a comparison says about copies, from its result and their verdicts, for page and report."""

from __future__ import annotations

from collections.abc import Sequence

from detector.comparison.ranking import CopyFacts, Credentials, Ranking
from detector.comparison.result import ComparisonResult
from detector.inference.results import Finding, Note, Verdict

from .words import tells_story

CERTAINTIES = {"clear": "ranking.clear", "likely": "ranking.likely", "open": "ranking.open"}
THUMBNAILS = ("preview.same", "preview.changed", "preview.other")


def describe_ranking(ranking: Ranking) -> Note:
    """Which copy is the nearest to the camera, and how sure that is."""
    params = {"copy": ranking.copies[0].place + 1}
    code = CERTAINTIES[ranking.certainty]
    return Note(code) if ranking.certainty == "open" else Note(code, params)


def list_findings(verdict: Verdict | None) -> list[Finding]:
    """What the methods that read files have found in this one."""
    methods = verdict.methods if verdict else ()
    return [finding for method in methods if tells_story(method) for finding in method.findings]


def read_facts(verdict: Verdict | None) -> CopyFacts:
    """What the ranking looks at, of the findings of the file."""
    if verdict is None:
        return CopyFacts()
    findings = {finding.code: finding for finding in list_findings(verdict)}
    camera = findings.get("camera.exposure") or findings.get("camera.named")
    editor = findings.get("editor.name")
    return CopyFacts(
        captured="camera.exposure" in findings,
        maker_notes=bool(camera and camera.params.get("note_bytes")),
        thumbnail=next((c.removeprefix("preview.") for c in findings if c in THUMBNAILS), ""),
        credentials=_read_credentials(verdict),
        editor=str(editor.params["name"]) if editor else "",
        shared="platform.marked" in findings,
        generated=any(finding.claim == "ai" for finding in findings.values()),
    )


def _read_credentials(verdict: Verdict) -> Credentials:
    """The best that a signature in the file can be called."""
    signed = [each for each in verdict.declarations if each.signed]
    if any(each.valid and each.trusted for each in signed):
        return "trusted"
    if any(each.valid for each in signed):
        return "valid"
    return "broken" if any(each.valid is False for each in signed) else "none"


def describe_verdicts(verdicts: Sequence[Verdict | None], result: ComparisonResult) -> Note | None:
    """Whether the verdicts of the copies, in their order, differ, and why.

    None where fewer than two were given.
    """
    known = {place: verdict for place, verdict in enumerate(verdicts) if verdict}
    if len(known) < 2:
        return None
    if len({verdict.outcome for verdict in known.values()}) == 1:
        return Note("verdicts.same")
    if any(result.files[place].raw for place in known):
        return Note("verdicts.raw")
    by_file = [place for place, one in known.items() if one.basis in ("file", "trusted_signature")]
    if by_file and len(by_file) < len(known):
        return Note("verdicts.file", {"copies": [str(place + 1) for place in by_file]})
    return Note("verdicts.pixels")
