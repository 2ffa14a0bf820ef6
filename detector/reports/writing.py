"""A report of an upload, from its row to the sealed PDF, and many reports as one ZIP."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import IO, cast

from django.core.files.storage import default_storage

from detector.comparison.result import VIEWS, PairResult
from detector.inference.methods import METHODS
from detector.inference.results import FileFacts
from detector.inference.runtime import WEIGHTS_DIR
from detector.inference.weights.folder import folder_state
from detector.installation import find_members, get_detector
from detector.models import ComparedCopy, Comparison, Upload

from .comparison import Copy, compose_comparison, write_comparison_twin
from .content import Content, compose
from .keys import get_signing_key
from .makers import MAKERS
from .sealing import seal
from .twin import Additions, MakerAnswer, Subject, Twin, WeightsDigest, to_bytes, write_twin

FUSION = "fusion"
MAX_NAME = 60
# A ZIP knows no earlier moment.
FIRST_YEAR = 1980


def make_twin(upload: Upload, *, shared: bool = False, with_picture: bool = True) -> Twin:
    """The signed twin of an upload's report.

    A `shared` one says nothing that the owner has added, and without the picture it does not name
    the file. Raises `ValueError` while there is no result, and `UnusableKey`.
    """
    result = upload.result
    if not with_picture:
        result |= {"file": result["file"] | {"name": ""}}
    analysed = upload.analysis.finished_at or upload.created_at
    weights = _find_weights() if result["version"] == find_version() else ()
    additions = Additions() if shared else _find_additions(upload)
    return write_twin(Subject(result, analysed, weights, additions), get_signing_key())


def make_content(upload: Upload, *, shared: bool = False, with_picture: bool = True) -> Content:
    """What the report says, for the page. Raises as `make_twin`, and `NotGenuine`."""
    return compose(make_twin(upload, shared=shared, with_picture=with_picture))


def make_pdf(
    upload: Upload, *, paper: str = "a4", shared: bool = False, with_picture: bool = True
) -> bytes:
    """The sealed PDF of the report. Raises as `make_content`, and `ValueError` for a paper."""
    # Not at the top: the package takes 40 MB of each web process, and few ask for a PDF.
    from .pdf import draw

    twin = make_twin(upload, shared=shared, with_picture=with_picture)
    picture = _read_preview(upload) if with_picture else None
    return seal(draw(compose(twin), picture, to_bytes(twin), paper), get_signing_key())


def make_comparison_twin(comparison: Comparison, copies: Sequence[ComparedCopy]) -> Twin:
    """The signed twin of the report of a finished comparison. Raises `UnusableKey`."""
    return write_comparison_twin(
        [_read_copy(copy) for copy in copies],
        comparison.typed_result.to_dict(),
        comparison.created_at,
        get_signing_key(),
    )


def _read_copy(copy: ComparedCopy) -> Copy:
    upload, analysis = copy.upload, copy.upload.analysis
    facts = FileFacts(
        upload.filename,
        analysis.size,
        analysis.format,
        analysis.width or 0,
        analysis.height or 0,
        analysis.sha256,
    )
    result = upload.result if analysis.is_done else None
    return Copy(facts, result, analysis.error, upload.note, copy.from_preview)


def make_comparison_pdf(
    comparison: Comparison, copies: Sequence[ComparedCopy], *, paper: str = "a4"
) -> bytes:
    """The sealed PDF of the report of a finished comparison.

    Raises as `make_comparison_twin`, `NotGenuine`, and `ValueError` for a paper.
    """
    from .comparison_pdf import draw_comparison  # not at the top, as in `make_pdf`

    twin = make_comparison_twin(comparison, copies)
    kept = {copy.place + 1: _read_preview(copy.upload) for copy in copies}
    previews = {number: preview for number, preview in kept.items() if preview}
    views = {pair.place: _read_views(comparison, pair) for pair in comparison.typed_result.pairs}
    content = compose_comparison(twin)
    pdf = draw_comparison(content, previews, views, to_bytes(twin), paper)
    return seal(pdf, get_signing_key())


def _read_views(comparison: Comparison, pair: PairResult) -> dict[str, bytes]:
    """The drawn views of a pair; none where they were not drawn, or are deleted meanwhile."""
    if not pair.has_views:
        return {}
    views = {}
    for name in VIEWS:
        try:
            with default_storage.open(comparison.view_path(pair.view(name))) as file:
                views[name] = file.read()
        except FileNotFoundError:
            return {}
    return views


class _Chunks:
    """A file that is only written, and gives out what it holds."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def write(self, data: bytes) -> int:
        self._parts.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        """Nothing to do: `take` gives all."""

    def take(self) -> bytes:
        data = b"".join(self._parts)
        self._parts.clear()
        return data


def zip_reports(uploads: Iterable[Upload], *, paper: str = "a4") -> Iterator[bytes]:
    """The PDFs of many uploads as a ZIP, piece by piece: a report takes some tenths of a second.

    Uploads without a result are left out. Raises as `make_pdf`.
    """
    chunks = _Chunks()
    # Of a file that is only written, zipfile needs no more than this.
    with zipfile.ZipFile(cast("IO[bytes]", chunks), "w") as archive:  # a PDF is compressed already
        finished = (upload for upload in uploads if upload.analysis.is_done)
        for number, upload in enumerate(finished, 1):
            archive.writestr(_entry(upload, number), make_pdf(upload, paper=paper))
            yield chunks.take()
    yield chunks.take()


def _find_additions(upload: Upload) -> Additions:
    answers = tuple(
        MakerAnswer(MAKERS[row.maker].name, row.answer, f"{row.noted_at:%Y-%m-%d}")
        for row in upload.maker_answers.all()
        if row.maker in MAKERS
    )
    return Additions(upload.author, upload.note, answers)


def name_of(upload: Upload) -> str:
    """A name for the PDF from that of the picture, without characters that a system refuses."""
    stem = re.sub(r"[^\w.-]+", "-", upload.filename).strip("-.")[:MAX_NAME]
    return f"report-{stem or 'picture'}-{upload.analysis.sha256[:8]}.pdf"


def _entry(upload: Upload, number: int) -> zipfile.ZipInfo:
    moment = (upload.analysis.finished_at or upload.created_at).astimezone(UTC)
    dated = max(moment, datetime(FIRST_YEAR, 1, 1, tzinfo=UTC)).timetuple()[:6]
    return zipfile.ZipInfo(f"{number:03d}-{name_of(upload)}", dated)


def _read_preview(upload: Upload) -> bytes | None:
    preview = upload.preview
    if not preview:
        return None
    try:
        with preview.open() as file:
            data: bytes = file.read()
            return data
    except FileNotFoundError:  # deleted meanwhile
        return None


def find_version() -> str:
    """The version that answers now; empty where it cannot be told, as without the fusion."""
    try:
        return get_detector().version
    except (OSError, ValueError):
        return ""


def _find_weights() -> tuple[WeightsDigest, ...]:
    """The folders of weights that ship, and the weights that members of methods use instead."""
    folders = [FUSION, *(folder for spec in METHODS.values() for folder in spec.weights)]
    shipped = [WeightsDigest(name, folder_state(WEIGHTS_DIR / name)) for name in folders]
    members = (member for key in METHODS for member in find_members(key))
    own = [WeightsDigest(each["source"], each["digest"]) for each in members if each["digest"]]
    return tuple(dict.fromkeys(filter(lambda weights: weights.digest, [*shipped, *own])))
