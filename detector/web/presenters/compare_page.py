"""What the page of a comparison shows, from its result and the verdicts of its copies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from detector.comparison.drawing_scale import MOST_TIMES
from detector.comparison.ranking import CopyFacts, Credentials, Ranked, Ranking, rank
from detector.comparison.result import ComparisonResult, File, PairResult
from detector.comparison.sentences import describe_changes, describe_region, describe_relation
from detector.inference.results import Finding, InvalidResult, Note, Verdict
from detector.models import ComparedCopy, Comparison, Upload
from detector.reports.file_story import Station, tell_story
from detector.reports.words import tells_story


@dataclass(frozen=True)
class CopyShown:
    """One copy: its number from 1, its upload, and what its file and its verdict say.

    `verdict` is None where its analysis failed; then `error` says why. `pair` is None for the
    reference.
    """

    number: int
    upload: Upload
    file: File
    from_preview: bool
    verdict: Verdict | None
    error: str
    stations: tuple[Station, ...]
    is_reference: bool
    pair: PairResult | None
    relation: Note | None
    changes: tuple[Note, ...]
    regions: tuple[Note, ...]


@dataclass(frozen=True)
class RankedShown:
    """One copy in the order of the ranking."""

    copy: CopyShown
    reasons: tuple[Note, ...]


def build_page(comparison: Comparison, copies: Sequence[ComparedCopy]) -> dict[str, Any]:
    """The context of comparison.html."""
    result = comparison.typed_result
    shown = [_show(copy, result) for copy in copies]
    facts = [read_facts(copy.verdict) for copy in shown]
    ranking = rank(result, facts)
    return {
        "shown": shown,
        "reference": shown[result.reference],
        "pairs": [copy for copy in shown if copy.pair is not None],
        "all_same": all(pair.relation == "same" for pair in result.pairs),
        "ranked": [_show_ranked(each, shown) for each in ranking.copies],
        "ranking": describe_ranking(ranking),
        "certain": ranking.certainty != "open",
        "verdicts": describe_verdicts(shown, result),
        "most_times": f"{MOST_TIMES:.0f}",
        "previews": [copy for copy in shown if copy.from_preview],
    }


def describe_ranking(ranking: Ranking) -> Note:
    """Which copy is the nearest to the camera, and how sure that is."""
    params = {"copy": ranking.copies[0].place + 1}
    code = CERTAINTIES[ranking.certainty]
    return Note(code) if ranking.certainty == "open" else Note(code, params)


CERTAINTIES = {"clear": "ranking.clear", "likely": "ranking.likely", "open": "ranking.open"}


def _show(copy: ComparedCopy, result: ComparisonResult) -> CopyShown:
    verdict = read_verdict(copy.upload)
    pair = result.pair(copy.place)
    return CopyShown(
        number=copy.place + 1,
        upload=copy.upload,
        file=result.files[copy.place],
        from_preview=copy.from_preview,
        verdict=verdict,
        error="" if verdict else copy.upload.analysis.error,
        stations=tuple(tell_story(_findings(verdict))),
        is_reference=pair is None,
        pair=pair,
        relation=describe_relation(pair) if pair else None,
        changes=tuple(describe_changes(pair, result)) if pair else (),
        regions=tuple(map(describe_region, pair.regions)) if pair else (),
    )


def _show_ranked(ranked: Ranked, shown: Sequence[CopyShown]) -> RankedShown:
    return RankedShown(shown[ranked.place], ranked.reasons)


def read_verdict(upload: Upload) -> Verdict | None:
    """The verdict; None where the analysis failed, or is of another schema."""
    try:
        return upload.verdict if upload.analysis.is_done else None
    except InvalidResult:
        return None


def _findings(verdict: Verdict | None) -> list[Finding]:
    methods = verdict.methods if verdict else ()
    return [finding for method in methods if tells_story(method) for finding in method.findings]


def read_facts(verdict: Verdict | None) -> CopyFacts:
    """What the ranking looks at, of the findings of the file."""
    if verdict is None:
        return CopyFacts()
    findings = {finding.code: finding for finding in _findings(verdict)}
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


THUMBNAILS = ("preview.same", "preview.changed", "preview.other")


def _read_credentials(verdict: Verdict) -> Credentials:
    """The best that a signature in the file can be called."""
    signed = [each for each in verdict.declarations if each.signed]
    if any(each.valid and each.trusted for each in signed):
        return "trusted"
    if any(each.valid for each in signed):
        return "valid"
    return "broken" if any(each.valid is False for each in signed) else "none"


def describe_verdicts(shown: Sequence[CopyShown], result: ComparisonResult) -> Note | None:
    """Whether the verdicts differ, and why; None where fewer than two were given."""
    known = [copy for copy in shown if copy.verdict]
    if len(known) < 2:
        return None
    if len({copy.verdict.outcome for copy in known if copy.verdict}) == 1:
        return Note("verdicts.same")
    if any(copy.file.raw for copy in known):
        return Note("verdicts.raw")
    by_file = [c for c in known if c.verdict and c.verdict.basis in ("file", "trusted_signature")]
    if by_file and len(by_file) < len(known):
        return Note("verdicts.file", {"copies": [str(copy.number) for copy in by_file]})
    return Note("verdicts.pixels")
