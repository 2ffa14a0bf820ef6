"""The command that checks a report: sentences and exit statuses."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from detector.inference.results import Verdict
from detector.inference.version import without_context
from detector.installation import get_detector
from detector.models import Upload
from detector.reports.keys import get_signing_key, write_public_key
from detector.reports.twin import to_bytes
from detector.reports.writing import find_version, make_pdf, make_twin
from detector.tests.factories.reporting import KEY, VERSION

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

Paths = tuple[Path, Path]


def check(*given: object) -> str:
    out = io.StringIO()
    call_command("verify_report", *map(str, given), stdout=out)
    return out.getvalue()


def change(upload: Upload, fields: dict[str, str]) -> None:
    assert upload.analysis.result
    upload.analysis.result.update(fields)


@pytest.fixture
def upload(make_upload: Callable[..., Upload], verdict: Callable[..., Verdict]) -> Upload:
    return make_upload(verdict(**VERSION))


@pytest.fixture
def paths(upload: Upload, jpeg: bytes, tmp_path: Path) -> Paths:
    """The PDF and the picture that it is about."""
    report, picture = tmp_path / "report.pdf", tmp_path / "picture.jpg"
    report.write_bytes(make_pdf(upload))
    picture.write_bytes(jpeg)
    return report, picture


def test_picture_report_and_version_belong_together(paths: Paths):
    text = check(paths[0], "--picture", paths[1])
    assert "Nobody has changed the PDF" in text and "byte for byte" in text
    assert f"written by version {VERSION['version']}" in text and find_version() in text


def test_the_version_in_use_is_named(upload: Upload, tmp_path: Path):
    detector = get_detector()
    now = {"version": detector.version, "code": detector.code_digest}
    change(upload, now | {"weights": detector.weights_digest})
    path = tmp_path / "report.json"
    path.write_bytes(to_bytes(make_twin(upload)))
    text = check(path)
    assert f"the one in use here: {detector.version}" in text and "no picture was given" in text


def test_of_other_figures_beside_it_is_said_that_results_are_equal(upload: Upload, tmp_path: Path):
    detector = get_detector()
    written = f"{without_context(detector.version)}.0f0f0f0f"
    now = {"version": written, "code": detector.code_digest, "weights": detector.weights_digest}
    change(upload, now)
    path = tmp_path / "report.json"
    path.write_bytes(to_bytes(make_twin(upload)))
    text = check(path)
    assert written in text and detector.version in text and "the same result" in text


def test_another_picture_fails(paths: Paths):
    paths[1].write_bytes(paths[1].read_bytes() + b" ")
    with pytest.raises(CommandError, match="The picture is another one"):
        check(paths[0], "--picture", paths[1])


def test_a_changed_report_fails(paths: Paths):
    data = paths[0].read_bytes()
    assert b'"score": 0.93' in data
    paths[0].write_bytes(data.replace(b'"score": 0.93', b'"score": 0.13'))
    with pytest.raises(CommandError, match="changed after it was signed"):
        check(paths[0])
    paths[0].write_bytes(data.replace(b"/Producer", b"/Produced"))
    with pytest.raises(CommandError, match="not as it was written"):
        check(paths[0])


def test_a_version_that_does_not_belong_to_its_digests_fails(upload: Upload, tmp_path: Path):
    change(upload, {"version": "9.9+12345678.12345678"})
    path = tmp_path / "report.json"
    path.write_bytes(to_bytes(make_twin(upload)))
    with pytest.raises(CommandError, match="does not belong to the digests"):
        check(path)


def test_the_key_of_another_installation(paths: Paths):
    own, other = get_signing_key().public_key(), KEY.public_key()
    assert check(paths[0], "--key", write_public_key(own))
    with pytest.raises(CommandError, match="signed with another key"):
        check(paths[0], "--key", write_public_key(other))
    with pytest.raises(CommandError, match="'xyz'; accepted are 64"):
        check(paths[0], "--key", "xyz")


def test_files_that_are_not_there_and_are_no_reports(paths: Paths, tmp_path: Path):
    with pytest.raises(CommandError, match=r"nowhere\.pdf cannot be read"):
        check(tmp_path / "nowhere.pdf")
    with pytest.raises(CommandError, match=r"nowhere\.jpg cannot be read"):
        check(paths[0], "--picture", tmp_path / "nowhere.jpg")
    with pytest.raises(CommandError, match="no report: it is no JSON"):
        check(paths[1])


def test_an_installation_without_a_key_says_so(paths: Paths, settings: Settings, tmp_path: Path):
    settings.REPORT_KEY = tmp_path / "none.pem"
    with pytest.raises(CommandError, match="no report yet"):
        check(paths[0])
