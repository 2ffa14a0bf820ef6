"""The report of a comparison: its signed twin, and what it says, made from the twin alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _

from detector.comparison.drawing_scale import MOST_TIMES
from detector.comparison.ranking import rank
from detector.comparison.result import ComparisonResult, PairResult
from detector.comparison.sentences import describe_changes, describe_region, describe_relation
from detector.inference.results import FileFacts, InvalidResult, Verdict
from detector.inference.wording import retell, words

from .compared import describe_ranking, describe_verdicts, list_findings, read_facts
from .content import Pairs, say_moment
from .file_story import Station, tell_story
from .twin import COMPARISON, NotGenuine, Twin, sign, without_run
from .words import say_limits


@dataclass(frozen=True)
class Copy:
    """One copy: its file, its result as the JSON has it, or why there is none, and its note.

    `from_preview`: only a preview of it was left to compare.
    """

    file: FileFacts
    result: dict[str, Any] | None
    error: str = ""
    note: str = ""
    from_preview: bool = False


def write_comparison_twin(
    copies: Sequence[Copy], comparison: dict[str, Any], moment: datetime, key: Ed25519PrivateKey
) -> Twin:
    """The signed twin; `comparison` is what `ComparisonResult.to_dict` gives, of these copies."""
    compared = moment.astimezone(UTC).isoformat(timespec="seconds")
    return sign(
        {
            "document": COMPARISON,
            "schema": 1,
            "compared": compared,
            "time_zone": "UTC",
            "copies": [_write_copy(copy, compared) for copy in copies],
            "comparison": comparison,
        },
        key,
    )


def _write_copy(copy: Copy, compared: str) -> dict[str, Any]:
    result = without_run(copy.result, compared) if copy.result else None
    return asdict(copy) | {"result": result}


@dataclass(frozen=True)
class CopyPart:
    """What the report says about one copy; `outcome` is in words, empty without a verdict."""

    number: int
    title: str
    name: str
    facts: Pairs
    outcome: str
    why: str
    note: str
    stations: tuple[Station, ...]
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class PairPart:
    """What the report says about one copy beside the reference; `place` counts from 0."""

    place: int
    number: int
    reference: int
    title: str
    sentences: tuple[str, ...]
    regions: tuple[str, ...]
    has_views: bool


@dataclass(frozen=True)
class ComparisonContent:
    """The whole report; `ranked` are the copies, the nearest to the camera first."""

    heading: str
    moment: datetime
    compared: str
    copies: tuple[CopyPart, ...]
    ranking: str
    ranked: tuple[CopyPart, ...]
    verdicts: str
    pairs: tuple[PairPart, ...]
    map_times: str
    limits: tuple[str, ...]
    public_key: str


def compose_comparison(twin: Twin) -> ComparisonContent:
    """The report of a signed twin. Raises `NotGenuine` for results of another schema."""
    result, verdicts = read_comparison(twin)
    ranking = rank(result, [read_facts(verdict) for verdict in verdicts])
    reasons = {each.place: tuple(note.text for note in each.reasons) for each in ranking.copies}
    copies = tuple(
        _copy_part(place, twin["copies"][place], verdicts[place], result, reasons[place])
        for place in range(len(verdicts))
    )
    same = all(pair.relation == "same" for pair in result.pairs)
    heading = _("The same picture, %(shown)s copies") % {"shown": len(copies)}
    differ = describe_verdicts(verdicts, result)
    moment = datetime.fromisoformat(twin["compared"])
    return ComparisonContent(
        heading=heading if same else _("Not all of these are the same picture"),
        moment=moment,
        compared=say_moment(moment, twin["time_zone"]),
        copies=copies,
        ranking=describe_ranking(ranking).text,
        ranked=tuple(copies[each.place] for each in ranking.copies),
        verdicts=differ.text if differ else "",
        pairs=tuple(_pair_part(pair, result, twin["copies"]) for pair in result.pairs),
        map_times=f"{MOST_TIMES:.0f}",
        limits=say_limits(),
        public_key=twin["signature"]["public_key"],
    )


def read_comparison(twin: Twin) -> tuple[ComparisonResult, list[Verdict | None]]:
    """The typed results of a twin. Raises `NotGenuine` for those of another schema."""
    try:
        result = ComparisonResult.from_dict(twin["comparison"])
        given = [copy["result"] for copy in twin["copies"]]
        return result, [Verdict.from_dict(each) if each else None for each in given]
    except InvalidResult as error:
        raise NotGenuine(f"The report holds a result of another version: {error}") from error


def _copy_part(
    place: int,
    copy: dict[str, Any],
    verdict: Verdict | None,
    result: ComparisonResult,
    reasons: tuple[str, ...],
) -> CopyPart:
    title = _("Copy %(number)s") % {"number": place + 1}
    outcome = words("outcome", verdict.outcome).strip('"') if verdict else ""
    missing = f"{_('No verdict.')} {retell(copy['error'], 'refusal')}".strip()
    return CopyPart(
        number=place + 1,
        title=f"{title} ({_('reference')})" if place == result.reference else title,
        name=copy["file"]["name"],
        facts=tuple(_facts(copy["file"], result, place, verdict)),
        outcome=outcome,
        why=verdict.why if verdict else missing,
        note=copy["note"],
        stations=tuple(tell_story(list_findings(verdict))),
        reasons=reasons or (_("Nothing in it speaks for or against it."),),
    )


def _facts(
    file: dict[str, Any], result: ComparisonResult, place: int, verdict: Verdict | None
) -> Iterator[tuple[str, str]]:
    known = result.files[place]
    format = _("camera RAW") if known.raw else file["format"] or known.format
    quality = _("quality %(quality)s") % {"quality": known.quality} if known.quality else ""
    yield _("File"), file["name"]
    yield _("Format"), ", ".join(filter(None, (format, quality)))
    yield _("Pixels"), f"{file['width']} × {file['height']}"
    yield _("Size"), filesizeformat(file["size"])
    yield "SHA-256", file["sha256"]
    if verdict:
        yield _("Version"), verdict.version


def _pair_part(
    pair: PairResult, result: ComparisonResult, copies: Sequence[dict[str, Any]]
) -> PairPart:
    number, reference = pair.place + 1, result.reference + 1
    title = _("Copy %(number)s against copy %(number_2)s")
    changes = (change.text for change in describe_changes(pair, result))
    previews = [
        _(
            "Of copy %(number)s, only a preview of at most 1,600 pixels was left to compare. Its "
            "size and its compression are not those of the file."
        )
        % {"number": each}
        for each in (number, reference)
        if copies[each - 1]["from_preview"]
    ]
    return PairPart(
        place=pair.place,
        number=number,
        reference=reference,
        title=title % {"number": number, "number_2": reference},
        sentences=(describe_relation(pair).text, *previews, *changes),
        regions=tuple(describe_region(region).text for region in pair.regions),
        has_views=pair.has_views,
    )
