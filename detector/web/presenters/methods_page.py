"""What the page of the methods shows: the table of methods, and what was measured of each."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from detector.accuracy.names import VERDICT
from detector.accuracy.report import AccuracyUnknown, Report, read_report
from detector.accuracy.weights import read_weights
from detector.inference.methods import METHODS
from detector.inference.runtime import WEIGHTS_DIR
from detector.inference.trust_lists import read_trust
from detector.inference.verdict.fusion import load_fusion
from detector.inference.verdict.local import find_local
from detector.inference.version import weights_part, without_context
from detector.installation import find_members, find_trust_lists, get_detector
from detector.reports.keys import UnusableKey, find_public_key, write_public_key

from .dot_plot import Plot, Point, axis_start, draw
from .method_accuracy import ConditionRow, MethodAccuracy

logger = logging.getLogger(__name__)

Section = dict[str, Any]

FUSION = "fusion"


def build_page() -> dict[str, Any]:
    """The context of methods.html. It reads files and loads no model."""
    report, unknown, serving = None, "", _version()
    try:
        report = read_report(settings.ACCURACY_REPORT)
    except AccuracyUnknown as error:
        logger.warning("%s %r", error, error.__cause__)
        unknown = str(error)
    return {
        "sections": _sections(report),
        "report": report,
        "report_digest": _digest(settings.ACCURACY_REPORT) if report else "",
        "unknown": unknown,
        "report_folder": _shown(settings.ACCURACY_REPORT.parent),
        "serving": serving,
        "trust": read_trust(find_trust_lists(), settings.C2PA_TRUST_ANCHORS),
        "threshold": _threshold(),
        "report_key": _report_key(),
        "same_version": bool(report and _same_version(report.facts.version, serving)),
        "same_weights": bool(report and _same_weights(report.facts.version, serving)),
    }


def _digest(path: Path) -> str:
    """What tells one content of the file from another."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _report_key() -> str:
    """The public key that signs reports; empty before the first one, or where it is unusable."""
    try:
        key = find_public_key()
    except UnusableKey as error:
        logger.error("%s", error)
        return ""
    return write_public_key(key) if key else ""


def _shown(folder: Path) -> str:
    """A folder within the project; of any other the name alone, since the page is public."""
    inside = folder.is_relative_to(settings.BASE_DIR)
    return str(folder.relative_to(settings.BASE_DIR)) if inside else folder.name


def _version() -> str | None:
    """The version that serves now; None if it cannot be told, as without the fusion."""
    try:
        return get_detector().version
    except (OSError, ValueError):
        logger.warning("The version cannot be told", exc_info=True)
        return None


def _threshold() -> dict[str, Any] | None:
    """The threshold that this installation has measured, and the sentence on it; None if none."""
    try:
        local, note = find_local(settings.FINETUNED_DIR, get_detector().weights_digest)
    except (OSError, ValueError):  # the weights cannot be read, which the page says elsewhere
        return None
    return {"local": local, "note": note} if note else None


def _same_version(measured: str, serving: str | None) -> bool:
    """Whether what was measured answers now; the files of the context decide about no outcome."""
    return serving is not None and without_context(measured) == without_context(serving)


def _same_weights(measured: str, serving: str | None) -> bool:
    """Whether two versions differ in nothing but the program; False if either cannot be told."""
    return weights_part(measured) == weights_part(serving or "") != ""


def _sections(report: Report | None) -> list[Section]:
    """The verdict, then each method of the table."""
    measured = {key: MethodAccuracy.of(report, key) for key in report.methods} if report else {}
    start = axis_start(low for method in measured.values() for _, _, low, _ in _points(method))
    sections = [_verdict_section()] + [_method_section(key) for key in METHODS]
    for section in sections:
        method = measured.get(section["key"])
        section |= {"accuracy": method, "plot": _plot(method, start) if method else None}
        section["main"] = _main(method, report.main) if report and method else None
    return sections


def _verdict_section() -> Section:
    return {
        "key": VERDICT,
        "title": _("Verdict"),
        "reads": _("the scores of all methods"),
        "idea": _(
            "A calibrated fusion: logistic regression on the log-odds of the methods that gave "
            "a score. Decisive evidence in the file, as a generator's own prompt, decides alone."
        ),
        "weights": read_weights(WEIGHTS_DIR, [FUSION]),
    }


def _method_section(key: str) -> Section:
    spec = METHODS[key]
    return {
        "key": key,
        "title": spec.title,
        "reads": spec.reads,
        "idea": spec.idea,
        "weights": read_weights(WEIGHTS_DIR, spec.weights),
        "share": _fusion_weight(key),
        "members": find_members(key),
    }


def _fusion_weight(key: str) -> float | None:
    """By what the fusion of all methods multiplies a method's log-odds; None if that is unknown."""
    try:
        subsets = load_fusion(WEIGHTS_DIR).subsets
    except (OSError, ValueError):
        return None
    largest = max(subsets, key=lambda name: name.count("+"))
    return subsets[largest].weights.get(key)


def _main(method: MethodAccuracy, condition: str) -> ConditionRow | None:
    """The figures under the main condition; None where the method was not measured under it."""
    return next((row for row in method.conditions if row.name == condition), None)


def _points(method: MethodAccuracy) -> Iterable[Point]:
    """The AUROC under each condition that has one."""
    for row in method.conditions:
        area = row.figures[0]
        if area.value is not None and area.low is not None and area.high is not None:
            yield row.name, area.value, area.low, area.high


def _plot(method: MethodAccuracy, start: float) -> Plot | None:
    points = list(_points(method))
    return draw(points, start) if points else None
