"""What the page of a comparison shows, from its result and the verdicts of its copies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from detector.comparison.drawing_scale import MOST_TIMES
from detector.comparison.ranking import Ranked, rank
from detector.comparison.result import ComparisonResult, File, PairResult
from detector.comparison.sentences import describe_changes, describe_region, describe_relation
from detector.inference.results import InvalidResult, Note, Verdict
from detector.models import ComparedCopy, Comparison, Upload
from detector.reports.compared import (
    describe_ranking,
    describe_verdicts,
    list_findings,
    read_facts,
)
from detector.reports.file_story import Station, tell_story


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
        "verdicts": describe_verdicts([copy.verdict for copy in shown], result),
        "most_times": f"{MOST_TIMES:.0f}",
        "previews": [copy for copy in shown if copy.from_preview],
    }


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
        stations=tuple(tell_story(list_findings(verdict))),
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
