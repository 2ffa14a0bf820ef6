"""The PDF as pypdf reads it back: its words, its twin, its paper, and its seal."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace

import pypdf
import pytest

from detector.inference.methods import METHODS
from detector.inference.results import Declaration, Finding, Verdict
from detector.reports.content import compose
from detector.reports.paper import TWIN_NAME
from detector.reports.pdf import draw
from detector.reports.sealing import open_sealed, seal
from detector.reports.twin import NotGenuine, Twin, to_bytes, write_twin
from detector.tests.factories.pages_of_pdf import read_text
from detector.tests.factories.reporting import ANSWERED, FILE, KEY, VERSION, subject
from detector.tests.factories.results import FACTS

pytestmark = pytest.mark.slow

PUBLIC = KEY.public_key()
SIZES = {"a4": (595, 842), "letter": (612, 792)}


def drawn(twin: Twin, picture: bytes | None = None, paper: str = "a4") -> bytes:
    return draw(compose(twin), picture, to_bytes(twin), paper)


def test_the_document_says_all_that_the_issue_asks_for(twin: Twin, sealed: bytes):
    text = read_text(sealed)
    assert "Likely made by AI" in text and "93% estimated chance" in text
    assert FILE.name in text and FILE.sha256 in text
    assert all(spec.title in text for spec in METHODS.values())
    for part in ("Multi-Model Comparison Analysis", "What this does and does not tell you", "Note"):
        assert part in text
    assert "It is not a proof" in text and "28 Nov 2026, 01:02:03 UTC" in text
    assert all(value in text for value in VERSION.values()) and "ef" * 32 in text
    assert "0.23" in text and "0.81" in text
    assert "run by Ada Lovelace" in text and "Seen on a forum." in text
    assert "Reported by you" in text and "It has a SynthID." in text
    assert twin["signature"]["public_key"][:32] in text


def test_methods_that_gave_no_answer_stand_apart(verdict: Callable[..., Verdict]):
    first, second, *_ = METHODS
    failed = {"status": "error", "score": None, "findings": (Finding("method.failed"),)}
    away = {"status": "unavailable", "score": None, "findings": ()}
    given = verdict(methods={first: failed, second: away}, file=FILE, **VERSION)
    content = compose(write_twin(subject(given), KEY))
    assert [row.prediction for row in content.missing] == ["Failed", "Unavailable"]
    assert len(content.ran) == len(METHODS) - 2
    text = read_text(drawn(write_twin(subject(given), KEY)))
    assert "Methods that gave no answer" in text and "This method failed" in text


def test_declarations_and_evidence_of_the_file_are_in_it(verdict: Callable[..., Verdict]):
    declared = Declaration("declared.edited_by", {"tool": "Firefly"}, **FACTS)
    found = Finding("declared.ai", kind="iptc", claim="ai", where="XMP", strength="strong")
    forensics = next(key for key, spec in METHODS.items() if spec.about == "file")
    given = verdict(
        methods={forensics: {"findings": (found,)}}, declarations=(declared,), file=FILE, **VERSION
    )
    text = read_text(drawn(write_twin(subject(given), KEY)))
    assert "Firefly" in text and "Adobe Inc." in text
    assert "Evidence in the file" in text and "Strong evidence (for AI), in XMP" in text


def test_the_twin_is_attached_as_it_is(twin: Twin, sealed: bytes):
    attached = pypdf.PdfReader(io.BytesIO(sealed)).attachments
    assert attached[TWIN_NAME] == [to_bytes(twin)]


@pytest.mark.parametrize(("paper", "size"), SIZES.items())
def test_paper_of_both_sizes(twin: Twin, jpeg: bytes, paper: str, size: tuple[int, int]):
    pages = pypdf.PdfReader(io.BytesIO(drawn(twin, jpeg, paper))).pages
    assert {(round(page.mediabox.width), round(page.mediabox.height)) for page in pages} == {size}
    assert len(pages[0].images) == 1


def test_another_paper_is_refused(twin: Twin):
    with pytest.raises(ValueError, match="'a5'; accepted are a4 and letter"):
        drawn(twin, paper="a5")


def test_two_runs_give_the_same_bytes(twin: Twin, jpeg: bytes):
    assert drawn(twin, jpeg) == drawn(twin, jpeg)


def test_names_of_all_scripts_and_none(verdict: Callable[..., Verdict]):
    name = "Ελλάδα Привет שלום 写真 \x1b[1m.jpg"
    given = verdict(file=replace(FILE, name=name), **VERSION)
    text = read_text(drawn(write_twin(subject(given), KEY)))
    assert "Ελλάδα Привет" in text and "□□" in text and "\x1b" not in text and "\\x1b" in text
    assert "does not have" in text


def test_long_texts_go_on_to_further_pages(verdict: Callable[..., Verdict]):
    long = replace(ANSWERED, note="A long note. " * 900)
    twin = write_twin(subject(verdict(file=FILE, **VERSION), additions=long), KEY)
    pages = pypdf.PdfReader(io.BytesIO(drawn(twin))).pages
    assert len(pages) > 2 and f"{len(pages)} / {len(pages)}" in pages[-1].extract_text()


def test_the_seal_holds_every_byte(twin: Twin, sealed: bytes):
    assert open_sealed(sealed, PUBLIC) == to_bytes(twin)
    for place in range(0, len(sealed), len(sealed) // 150):
        changed = bytearray(sealed)
        changed[place] ^= 1
        with pytest.raises(NotGenuine, match="not as it was written"):
            open_sealed(bytes(changed), PUBLIC)


def test_a_pdf_that_was_saved_again_says_what_to_do(sealed: bytes):
    writer = pypdf.PdfWriter(clone_from=io.BytesIO(sealed))
    buffer = io.BytesIO()
    writer.write(buffer)
    with pytest.raises(NotGenuine, match=r"report\.json can be checked by itself"):
        open_sealed(buffer.getvalue(), PUBLIC)


def test_a_sealed_pdf_of_something_else_is_no_report(sealed: bytes):
    with pytest.raises(NotGenuine, match=r"holds no report\.json"):
        open_sealed(seal(b"%PDF-1.4\n", KEY), PUBLIC)
