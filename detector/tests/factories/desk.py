"""A desk with something of everything, and the address of every page that there is.

`PAGES` names the routes that answer a whole page; a test of the web room compares it with what the
routes do answer, so that a new page is in all tests of the pages or a test fails. `STATES` are
further states of these pages.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.urls import URLPattern, reverse
from PIL import Image

from detector.comparison.result import (
    VIEWS,
    ComparisonResult,
    File,
    Geometry,
    PairResult,
    Region,
)
from detector.inference.methods import METHODS
from detector.inference.results import Exhibit, Verdict
from detector.models import (
    Analysis,
    Batch,
    ComparedCopy,
    Comparison,
    Feedback,
    Share,
    State,
    Upload,
)
from detector.web.urls import urlpatterns

from .explained import EXPLAINED, MOVES
from .finetuned_metrics import write_metrics
from .results import MEMBERS, READS_FILE, STATED
from .sentences import note, said

ROUTES = {str(route.name): route for route in urlpatterns if isinstance(route, URLPattern)}
PAGES = (
    "index",
    "result",
    "batch",
    "history",
    "help",
    "privacy",
    "report",
    "share",
    "makers",
    "feedback",
    "shared",
    "compare",
    "comparison",
    "methods",
    "models",
)
STATES = ("nowhere", "waiting", "sheet", "nothing like that", "comparing", "compare with", "failed")
MakeUpload = Callable[..., Upload]
# The files and the result of a comparison: a crop with a part that stands out.
PLAIN_FILE = File("JPEG", 512, 512, 90, raw=False)
CROP = Geometry(1.0, 1.0, 0.0, False, 12, 8, 0, 0, 0.95, 0.0, "similarity")
CHANGED = Region(0.2, 0.3, 0.4, 0.5, times=9.0, area=0.04)
PAIR = PairResult(
    1, "same", 210, 240, 90, 0.93, CROP, 1.4, (CHANGED,), enlarged=False, has_views=True
)


@dataclass(frozen=True)
class Desk:
    """Rows of one visitor: for each part of an address, by the folder it is in, what it is."""

    result: Upload
    waiting: Upload
    failed: Upload
    batch: Batch
    comparison: Comparison
    comparing: Comparison
    link: Share

    def find(self, page: str) -> str:
        """The address of a page or of a state."""
        return self._route(ROUTES[page]) if page in ROUTES else self._states()[page]

    def _route(self, route: URLPattern) -> str:
        row = {"results": self.result, "batches": self.batch, "compare": self.comparison}
        parts = {"token": self.link.token, "suffix": "csv", "place": 1, "name": "difference"}
        folder = str(route.pattern).partition("/")[0]
        if folder in row:
            parts["pk"] = row[folder].pk
        kwargs = {part: parts[part] for part in route.pattern.converters}
        return reverse(f"detector:{route.name}", kwargs=kwargs)

    def _states(self) -> dict[str, str]:
        return {
            "nowhere": "/nowhere",
            "waiting": self.waiting.get_absolute_url(),
            "failed": self.failed.get_absolute_url(),
            "sheet": f"{self.find('batch')}?view=sheet",
            "nothing like that": f"{self.find('history')}?name=nothing",
            "comparing": reverse("detector:comparison", args=[self.comparing.pk]),
            "compare with": f"{self.find('compare')}?with={self.result.pk}",
        }


def furnish(make_upload: MakeUpload, make_verdict: Callable[..., Verdict], finetuned: Path) -> Desk:
    """The rows of a desk, and below `finetuned` a model that was fine-tuned."""
    result = make_upload(explain_all(make_verdict))
    waiting, failed = make_upload(filename="waits.jpg"), make_upload(filename="fails.jpg")
    Analysis.objects.filter(uploads=waiting).update(state=State.QUEUED, finished_at=None)
    Analysis.objects.filter(uploads=failed).update(state=State.FAILED, error="It is damaged.")
    batch = Batch.objects.create(owner=result.owner, name="Desk", size=5, sent=3)
    Upload.objects.update(batch=batch)
    result.maker_answers.create(maker="openai", answer="Nothing was detected.")
    told = {"truth": "real", "reason": "I took it.", "outcome": "ai"}
    Feedback.objects.create(upload=result, sha256=result.analysis.sha256, **told)
    write_metrics(finetuned / "vit_ai_detector_finetuned")
    comparison = compare(result, make_upload(filename="copy.jpg"))
    comparing = Comparison.objects.create(owner=result.owner)
    ComparedCopy.objects.create(comparison=comparing, upload=waiting, place=0)
    link = Share.objects.make(result, 1, with_picture=True)
    return Desk(result, waiting, failed, batch, comparison, comparing, link)


def explain_all(make_verdict: Callable[..., Verdict]) -> Verdict:
    """A verdict whose page has every kind of exhibit, evidence in the file, and advice."""
    settings = said("Settings of a generator.", kind="generator", claim="ai", where="PNG: text")
    credentials = {"manifest": "embedded", "where": "JUMBF", "signature": "valid", "signer": "A"}
    shown = (
        Exhibit("parameters", {"rows": [["Seed", "314"]]}),
        Exhibit("credentials", credentials),
    )
    last = list(METHODS)[-1]
    own = {
        READS_FILE: {"findings": (settings,), "exhibits": shown},
        last: {"exhibits": (Exhibit("members", {"members": MEMBERS}),), "role": "second_opinion"},
    }
    return make_verdict(
        methods=EXPLAINED | own,
        contributions=MOVES,
        declarations=(STATED,),
        advice=(note("Ask for the original file."), note("Look for the picture elsewhere.")),
    )


def compare(reference: Upload, copy: Upload) -> Comparison:
    """A finished comparison of two uploads, with its pictures."""
    result = ComparisonResult((PLAIN_FILE, PLAIN_FILE), 0, (PAIR,))
    row = Comparison.objects.create(
        owner=reference.owner, state=State.DONE, result=result.to_dict()
    )
    for place, upload in enumerate((reference, copy)):
        ComparedCopy.objects.create(comparison=row, upload=upload, place=place)
    for name in VIEWS:
        view = PAIR.view(name)
        default_storage.save(row.view_path(view), ContentFile(_draw_view(view)))
    return row


def _draw_view(name: str) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (320, 240), "navy").save(buffer, Path(name).suffix[1:].upper())
    return buffer.getvalue()
