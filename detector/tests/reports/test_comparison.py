"""The report of a comparison: its twin, what it says, its PDF, and the check of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from detector.comparison.result import VIEWS, ComparisonResult
from detector.inference.results import Finding, Verdict
from detector.reports.comparison import Copy, compose_comparison, write_comparison_twin
from detector.reports.comparison_pdf import draw_comparison
from detector.reports.sealing import seal
from detector.reports.twin import NotGenuine, Twin, to_bytes
from detector.reports.verifying import verify
from detector.tests.factories.desk import PAIR, PLAIN_FILE
from detector.tests.factories.pages_of_pdf import read_text
from detector.tests.factories.pictures import encode, noise
from detector.tests.factories.reporting import FILE, KEY, MOMENT, VERSION
from detector.tests.factories.results import READS_FILE

pytestmark = pytest.mark.slow

PUBLIC = KEY.public_key()
OTHER = replace(FILE, name="from a chat.jpg", sha256="f" * 64)
RESULT = ComparisonResult((PLAIN_FILE, PLAIN_FILE), 0, (PAIR,)).to_dict()


@pytest.fixture
def make_twin(verdict: Callable[..., Verdict]) -> Callable[..., Twin]:
    """The twin of two copies: of a camera's file, and of one without a verdict if `failed`."""

    def make(*, failed: bool = False, elapsed_ms: float = 1.0, preview: bool = False) -> Twin:
        camera = {"camera": "Testmake One", "lens": "", "date": "", "note_bytes": 4000}
        exposure = Finding("camera.exposure", {"exposure": "1/250 s"} | camera)
        given = verdict(
            methods={READS_FILE: {"findings": (exposure,)}},
            file=FILE,
            elapsed_ms=elapsed_ms,
            **VERSION,
        )
        second = verdict("real", 0.05, file=OTHER, **VERSION).to_dict()
        result, error = (None, "It is damaged.") if failed else (second, "")
        copies = [
            Copy(FILE, given.to_dict(), note="Sent by Ann."),
            Copy(OTHER, result, error, from_preview=preview),
        ]
        return write_comparison_twin(copies, RESULT, MOMENT, KEY)

    return make


def to_pdf(twin: Twin, paper: str = "a4") -> bytes:
    picture = encode(noise(160, 120), "PNG")
    views = {1: dict.fromkeys(VIEWS, picture)}
    content = compose_comparison(twin)
    drawn = draw_comparison(content, {1: picture, 2: picture}, views, to_bytes(twin), paper)
    return seal(drawn, KEY)


def test_it_says_what_the_page_says(make_twin: Callable[..., Twin]) -> None:
    text = read_text(to_pdf(make_twin()))
    assert "The same picture, 2 copies" in text and "Copy 1 (reference)" in text
    for file in (FILE, OTHER):
        assert file.name in text and file.sha256 in text.replace(" ", "")  # on two lines
    assert "Copy 1 is clearly the nearest to the camera" in text
    assert "Likely made by AI" in text and "No sign of AI found" in text
    assert "Copy 2 against copy 1" in text and "Map of differences" in text
    assert "Sent by Ann." in text and VERSION["version"] in text
    assert "It is not a proof" in text and "Signed with the Ed25519 key" in text


def test_a_copy_without_a_verdict_says_why(make_twin: Callable[..., Twin]) -> None:
    content = compose_comparison(make_twin(failed=True))
    assert [copy.outcome for copy in content.copies] == ["Likely made by AI", ""]
    assert "It is damaged." in content.copies[1].why and content.verdicts == ""
    assert "It is damaged." in read_text(to_pdf(make_twin(failed=True)))


def test_a_preview_is_called_one(make_twin: Callable[..., Twin]) -> None:
    said = compose_comparison(make_twin(preview=True)).pairs[0].sentences
    assert any(sentence.startswith("Of copy 2, only a preview") for sentence in said)


def test_two_runs_have_the_same_twin(make_twin: Callable[..., Twin]) -> None:
    assert make_twin(elapsed_ms=5.0) == make_twin(elapsed_ms=99.0)


def test_an_untouched_report_is_genuine(make_twin: Callable[..., Twin]) -> None:
    for report in (to_pdf(make_twin()), to_pdf(make_twin(), "letter"), to_bytes(make_twin())):
        said = " ".join(verify(report, PUBLIC, picture=OTHER.sha256).sentences)
        assert "Nobody has changed" in said and "The picture is copy 2, byte for byte." in said
        assert "Copy 1: Likely made by AI." in said
    assert "compares 2 files" in " ".join(verify(to_pdf(make_twin()), PUBLIC).sentences)


def test_another_picture_is_named(make_twin: Callable[..., Twin]) -> None:
    with pytest.raises(NotGenuine, match="none of the copies"):
        verify(to_pdf(make_twin()), PUBLIC, picture="0" * 64)


def test_a_changed_word_is_noticed(make_twin: Callable[..., Twin]) -> None:
    pdf = to_pdf(make_twin())
    for changed in (pdf.replace(b"Ann", b"Bob"), pdf.replace(b"%PDF-1", b"%PDF-2"), pdf[:-40]):
        assert changed != pdf
        with pytest.raises(NotGenuine):
            verify(changed, PUBLIC)


def test_a_result_of_another_schema_is_refused(make_twin: Callable[..., Twin]) -> None:
    with pytest.raises(NotGenuine, match="another version"):
        compose_comparison(make_twin() | {"comparison": {"schema": 99}})
