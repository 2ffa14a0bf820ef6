"""Reports of uploads: from the row to the PDF, and many in a ZIP."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import pypdf
import pytest

from detector.inference.results import Verdict
from detector.models import State, Upload
from detector.reports.keys import get_signing_key
from detector.reports.verifying import verify
from detector.reports.writing import find_version, make_content, make_pdf, name_of, zip_reports
from detector.tests.factories.pages_of_pdf import read_text
from detector.tests.factories.reporting import VERSION

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

MakeUpload = Callable[..., Upload]


@pytest.fixture
def upload(make_upload: MakeUpload, verdict: Callable[..., Verdict]) -> Upload:
    return make_upload(verdict(**VERSION), filename="am Strand/ö:1.jpg")


def test_a_report_of_an_upload_is_genuine(upload: Upload):
    checked = verify(
        make_pdf(upload), get_signing_key().public_key(), picture=upload.analysis.sha256
    )
    assert checked.twin["result"]["file"]["name"] == upload.filename
    assert "byte for byte" in checked.sentences[1] and "Likely made by AI" in checked.sentences[3]


def test_what_the_owner_added_is_in_the_report_but_in_no_shared_one(upload: Upload):
    upload.author = "Ada Lovelace"
    upload.maker_answers.create(maker="google", answer="It has a SynthID.")
    upload.maker_answers.create(maker="gone", answer="An earlier version knew it.")
    own = make_content(upload)
    assert own.author == "Ada Lovelace"
    assert [(each.maker, each.answer) for each in own.answers] == [
        ("Google: SynthID Detector", "It has a SynthID.")
    ]
    shared = make_content(upload, shared=True)
    assert not shared.author and not shared.answers


def test_a_report_without_the_picture_does_not_name_the_file(upload: Upload):
    pdf = make_pdf(upload, shared=True, with_picture=False)
    assert "Strand" not in read_text(pdf) and upload.analysis.sha256 in read_text(pdf)
    assert not pypdf.PdfReader(io.BytesIO(pdf)).pages[0].images
    assert b"Strand" not in pdf


def test_two_uploads_of_one_analysis_give_the_same_document(upload: Upload):
    twice = Upload.objects.create(
        owner=upload.owner, filename=upload.filename, analysis=upload.analysis
    )
    assert make_pdf(upload) == make_pdf(twice)


def test_the_digests_of_weights_are_those_of_the_analysis(upload: Upload):
    assert "not known" in make_content(upload).weights_note  # another version answers now
    assert upload.analysis.result
    upload.analysis.result["version"] = find_version()
    names = [name for name, _ in make_content(upload).weights]
    assert names[0] == "fusion" and "statistical" in names and len(names) == len(set(names))


def test_a_report_needs_no_preview(upload: Upload, media: Path):
    for path in media.rglob("*.webp"):
        path.unlink()
    assert "am Strand" in read_text(make_pdf(upload))


def test_the_note_of_the_owner_is_in_the_report(upload: Upload):
    upload.note = "Asked the photographer."
    assert make_content(upload).note == upload.note
    assert make_content(upload, shared=True).note == ""


def test_an_upload_that_waits_has_no_report(upload: Upload):
    upload.analysis.result = None
    with pytest.raises(ValueError, match=str(upload.pk)):
        make_pdf(upload)


def test_a_zip_holds_the_reports_of_all_that_are_done(upload: Upload, make_upload: MakeUpload):
    waiting = make_upload()
    waiting.analysis.state = State.QUEUED
    pieces = list(zip_reports([upload, waiting, upload]))
    archive = zipfile.ZipFile(io.BytesIO(b"".join(pieces)))
    assert len(pieces) == 3 and archive.testzip() is None  # one a report, and the list of them
    assert archive.namelist() == [f"001-{name_of(upload)}", f"002-{name_of(upload)}"]
    assert archive.read(archive.namelist()[1]) == make_pdf(upload)


def test_a_name_has_no_characters_that_a_system_refuses(upload: Upload):
    assert name_of(upload) == f"report-am-Strand-ö-1.jpg-{upload.analysis.sha256[:8]}.pdf"
    upload.filename = "../" + "a" * 200
    assert len(name_of(upload)) < 90 and "/" not in name_of(upload) and ".." not in name_of(upload)
