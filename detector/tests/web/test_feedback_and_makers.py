"""Was this right, and ask the maker: what people say is kept, and changes no verdict."""

from __future__ import annotations

import csv
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from detector.inference.formats import SUFFIXES
from detector.models import Analysis, Feedback, MakerAnswer, Upload
from detector.reports.makers import MAKERS
from detector.sweep import sweep
from detector.tests.factories.pages import Response, assert_well_formed, get_html

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

SAID = {"truth": "real", "reason": "I took it."}


@pytest.fixture
def upload(make_upload: Callable[..., Upload]) -> Upload:
    return make_upload()


def page(name: str, upload: Upload) -> str:
    return reverse(f"detector:{name}", args=[upload.pk])


def say(client: Client, upload: Upload, **more: object) -> Response:
    return client.post(page("feedback", upload), SAID | more)


def file(data: bytes) -> SimpleUploadedFile:
    return SimpleUploadedFile("again.jpg", data, "image/jpeg")


# Was this right?


def test_the_form_says_what_is_kept(client: Client, upload: Upload):
    html = get_html(client.get(page("feedback", upload)))
    assert_well_formed(html)
    assert "Likely made by AI" in html and "deleted with the result, unless" in html


def test_what_is_said_is_kept_and_changes_no_verdict(client: Client, upload: Upload):
    before = client.get(page("json", upload)).content
    assert say(client, upload).status_code == 302
    row = Feedback.objects.get()
    assert (row.truth, row.reason, row.was_right) == ("real", "I took it.", False)
    assert (row.outcome, row.sha256) == ("ai", upload.analysis.sha256) and not row.picture
    assert client.get(page("json", upload)).content == before
    html = get_html(client.get(page("feedback", upload)))
    assert_well_formed(html)
    assert "I took it." in html and "The picture is not kept." in html


@pytest.mark.parametrize(
    ("outcome", "right"),
    [("no_sign", True), ("captured", True), ("ai_edited", False), ("uncertain", None)],
)
def test_an_outcome_was_right_if_it_took_that_side(outcome: str, right: bool | None):
    assert Feedback(outcome=outcome, truth="real").was_right is right


def test_the_second_time_takes_the_place_of_the_first(
    client: Client, upload: Upload, jpeg: bytes, media: Path
):
    say(client, upload, agreed="on", file=file(jpeg))
    say(client, upload, truth="ai")
    assert Feedback.objects.get().truth == "ai"
    assert not list(media.glob("feedback/*"))


@pytest.mark.parametrize("missing", ["truth", "reason"])
def test_truth_and_reason_are_needed(client: Client, upload: Upload, missing: str):
    data = {key: value for key, value in SAID.items() if key != missing}
    response = client.post(page("feedback", upload), data)
    assert response.status_code == 400 and not Feedback.objects.exists()
    assert_well_formed(get_html(response))
    assert 'role="alert"' in get_html(response)


def test_the_picture_is_kept_only_if_the_person_agrees(
    client: Client, upload: Upload, jpeg: bytes, media: Path
):
    say(client, upload, file=file(jpeg))
    assert not Feedback.objects.get().picture and not list(media.glob("feedback/*"))
    say(client, upload, agreed="on", file=file(jpeg))
    row = Feedback.objects.get()
    assert row.picture.read() == jpeg and row.format == "JPEG"


def test_the_picture_must_be_the_one_that_was_analysed(client: Client, upload: Upload, jpeg: bytes):
    response = say(client, upload, agreed="on", file=file(jpeg + b" "))
    assert response.status_code == 400 and "not the file that was analysed" in get_html(response)
    response = say(client, upload, agreed="on")
    assert response.status_code == 400 and "Choose the file once more" in get_html(response)
    assert not Feedback.objects.exists()


def test_feedback_goes_with_the_upload(client: Client, upload: Upload):
    say(client, upload)
    Upload.objects.filter(pk=upload.pk).delete_with_files()
    assert not Feedback.objects.exists()


def test_feedback_with_a_picture_stays_as_agreed(client: Client, upload: Upload, jpeg: bytes):
    say(client, upload, agreed="on", file=file(jpeg))
    Upload.objects.filter(pk=upload.pk).delete_with_files()
    row = Feedback.objects.get()
    assert row.upload is None and row.picture.read() == jpeg


def test_what_was_said_can_be_taken_back(client: Client, upload: Upload, jpeg: bytes, media: Path):
    say(client, upload, agreed="on", file=file(jpeg))
    html = get_html(client.post(page("withdraw-feedback", upload), follow=True))
    assert "was deleted" in html
    assert not Feedback.objects.exists() and not list(media.glob("feedback/*"))


# Ask the maker


def test_the_panel_warns_and_links_plainly(client: Client, upload: Upload):
    html = get_html(client.get(page("makers", upload)))
    assert_well_formed(html)
    assert "The picture leaves this machine." in html
    for maker in MAKERS.values():
        assert maker.address.startswith("https://")
        assert f'href="{maker.address}" rel="noreferrer noopener external"' in html
    assert str(upload.pk) not in "".join(maker.address for maker in MAKERS.values())


def test_an_answer_is_noted_as_reported_by_you(client: Client, upload: Upload):
    client.post(page("makers", upload), {"maker": "openai", "answer": "Detected: <i>SynthID</i>"})
    html = get_html(client.get(page("makers", upload)))
    assert_well_formed(html)
    assert "as reported by you: “Detected: &lt;i&gt;SynthID" in html
    report = get_html(client.get(page("report", upload)))
    assert "Reported by you" in report and "OpenAI: Verify" in report


def test_an_answer_is_replaced_and_taken_back(client: Client, upload: Upload):
    for answer in ("Nothing found.", "Found."):
        client.post(page("makers", upload), {"maker": "google", "answer": answer})
    assert MakerAnswer.objects.get().answer == "Found."
    client.post(page("makers", upload), {"maker": "google", "answer": ""})
    assert not MakerAnswer.objects.exists()


@pytest.mark.parametrize(
    "data", [{"maker": "nobody", "answer": "x"}, {"maker": "google", "answer": "x" * 501}]
)
def test_an_answer_that_is_not_accepted_is_refused(
    client: Client, upload: Upload, data: dict[str, str]
):
    response = client.post(page("makers", upload), data)
    assert response.status_code == 400 and not MakerAnswer.objects.exists()
    assert_well_formed(get_html(response))


# The operator


@pytest.fixture
def said(
    client: Client, upload: Upload, jpeg: bytes, make_upload: Callable[..., Upload]
) -> Feedback:
    """One with a picture, beside one without about another picture."""
    other = make_upload()
    Analysis.objects.filter(pk=other.analysis_id).update(sha256="0" * 64)
    say(client, other, truth="ai", reason="=HYPERLINK(1)\nnext")
    say(client, upload, agreed="on", file=file(jpeg))
    return Feedback.objects.get(upload=upload)


def test_feedback_is_exported_as_folders_of_training(
    said: Feedback, jpeg: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    for _ in range(2):  # the second time writes no picture again, and the same table
        call_command("export_feedback", str(tmp_path / "out"))
        assert "Wrote 2 statements and 1 pictures to" in capsys.readouterr().out
    pictures = list((tmp_path / "out").glob("*_images/*"))
    assert [path.parent.name for path in pictures] == ["real_images"]
    assert pictures[0].read_bytes() == jpeg and pictures[0].suffix in SUFFIXES
    with (tmp_path / "out" / "feedback.csv").open(newline="") as table:
        rows = {row["truth"]: row for row in csv.DictReader(table)}
    assert rows["real"]["file"] == f"real_images/{pictures[0].name}"
    assert rows["real"]["was_right"] == "no" and rows["ai"]["was_right"] == "yes"
    assert rows["ai"]["reason"] == "'=HYPERLINK(1) next" and not rows["ai"]["file"]


def test_what_was_taken_back_goes_from_the_folder_as_well(
    said: Feedback, tmp_path: Path, client: Client, upload: Upload
):
    own = tmp_path / "real_images" / "own.jpg"
    call_command("export_feedback", str(tmp_path))
    own.touch()
    client.post(page("withdraw-feedback", upload))
    call_command("export_feedback", str(tmp_path))
    assert list(tmp_path.glob("*_images/*")) == [own]


def test_a_picture_that_is_disputed_is_left_out(
    said: Feedback, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    call_command("export_feedback", str(tmp_path))
    Feedback.objects.create(truth="ai", reason="No!", outcome="ai", sha256=said.sha256, version="1")
    call_command("export_feedback", str(tmp_path))
    assert not list(tmp_path.glob("*_images/*"))
    assert "contradict each other: 1 pictures" in capsys.readouterr().out


def test_a_picture_that_is_gone_is_told_without_it(said: Feedback, tmp_path: Path):
    said.picture.storage.delete(str(said.picture.name))
    call_command("export_feedback", str(tmp_path / "out"))
    assert not list((tmp_path / "out").glob("*_images/*"))


def test_a_folder_that_cannot_be_made_is_named(said: Feedback, tmp_path: Path):
    (tmp_path / "file").touch()
    with pytest.raises(CommandError, match="file"):
        call_command("export_feedback", str(tmp_path / "file"))


def test_the_sweep_leaves_what_was_agreed_and_takes_what_is_nobodys(
    said: Feedback, media: Path, client: Client
):
    orphan = media / "feedback" / "nobodys"
    orphan.write_bytes(b"x")
    os.utime(orphan, (0, 0))
    sweep()
    assert said.picture.storage.exists(str(said.picture.name)) and not orphan.exists()
