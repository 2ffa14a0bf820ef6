"""The pages, with results put in as rows: no model is loaded here."""

from __future__ import annotations

import base64
import io
import re
import uuid
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client, RequestFactory
from django.urls import reverse
from django.utils import timezone
from django.views.defaults import permission_denied, server_error
from PIL import Image

from ai_image_detector.server import REFUSED
from detector.inference.methods import METHODS
from detector.inference.results import Finding, Verdict
from detector.models import Detection
from detector.tests.factories.pages import Response, assert_well_formed, get_html
from detector.web.templatetags.detector_extras import ago, grey_picture, percent

pytestmark = pytest.mark.django_db


MakeDetection = Callable[..., Detection]
MakeVerdict = Callable[..., Verdict]


def get_result(client: Client, detection: Detection) -> str:
    return get_html(client.get(detection.get_absolute_url()))


def post_text_as_jpeg(client: Client) -> Response:
    return client.post("/", {"image": SimpleUploadedFile("essay.jpg", b"just text", "image/jpeg")})


# Home


def test_home_says_what_is_accepted_and_what_happens_to_the_picture(client: Client, settings):
    settings.MAX_UPLOAD_MB, settings.MAX_MEGAPIXELS, settings.RETENTION_HOURS = 7, 55, 1
    html = get_html(client.get("/"))
    assert_well_formed(html)
    assert "up to 7 MB and 55 million pixels" in html and "HEIC" in html
    assert f'data-max-bytes="{7 * 2**20}"' in html
    assert "after 1 hour," in html and "the original file is not kept" in html
    assert all(spec.title in html for spec in METHODS.values())


def test_home_without_pictures_says_so(client: Client):
    assert "None yet." in get_html(client.get("/"))


def test_home_lists_own_pictures_only(client: Client, make_detection: MakeDetection):
    mine = make_detection(filename="mine.jpg")
    make_detection(filename="theirs.jpg", owner=uuid.uuid4())
    html = get_html(client.get("/"))
    assert_well_formed(html)
    assert "mine.jpg" in html and "Likely AI" in html and "just now" in html
    assert reverse("detector:preview", args=[mine.pk]) in html
    assert "theirs.jpg" not in html and "None yet." not in html


def test_an_unreadable_file_gives_a_sentence_and_keeps_the_form(client: Client):
    response = post_text_as_jpeg(client)
    html = get_html(response)
    assert response.status_code == 400
    assert_well_formed(html)
    assert re.search(r'role="alert"[^>]*>[A-Z][^<]+\.</p>', html)
    assert 'aria-describedby="id_image_error"' in html and 'type="file"' in html


def test_no_file_gives_a_sentence(client: Client):
    assert "Choose a picture first." in get_html(client.post("/"))


# Result


@pytest.mark.parametrize(
    ("label", "word"), [("ai", "Likely AI"), ("real", "Likely real"), ("uncertain", "Uncertain")]
)
def test_result_says_the_verdict_in_words(
    client: Client, make_detection: MakeDetection, verdict: MakeVerdict, label: str, word: str
):
    html = get_result(client, make_detection(verdict(label, 0.42, notes=("Only one frame.",))))
    assert_well_formed(html)
    assert re.search(rf"<h1[^>]*>.*{word}</h1>", html, re.DOTALL)
    assert "<strong>42%</strong>" in html
    assert "Because of the noise." in html and "Only one frame." in html
    assert "512 × 512" in html and "JPEG" in html


def test_result_compares_every_method(client: Client, make_detection: MakeDetection):
    html = get_result(client, make_detection())
    assert "Multi-Model Comparison Analysis</h2>" in html
    assert html.count("<tbody") == html.count("<summary>W") == len(METHODS)
    assert all(spec.title in html for spec in METHODS.values())
    highlighted = sum(spec.highlighted for spec in METHODS.values())
    assert len(re.findall(r"<tbody[^>]*highlighted", html)) == highlighted


def test_scale_shows_the_thresholds_of_the_verdict(client: Client, make_detection: MakeDetection):
    thresholds = make_detection().result["verdict"]["thresholds"]
    html = get_result(client, make_detection())
    assert f"Likely AI: from {percent(thresholds['ai'])}" in html
    assert f"Likely real: up to {percent(thresholds['real'])}" in html.replace("&lt;", "<")


@pytest.mark.parametrize(
    ("status", "word"),
    [("abstained", "Abstained"), ("unavailable", "Unavailable"), ("error", "Failed")],
)
def test_a_method_without_a_score_says_why(
    client: Client, make_detection: MakeDetection, verdict: MakeVerdict, status: str, word: str
):
    silent = {"status": status, "score": None, "findings": (Finding("Its weights are away."),)}
    html = get_result(client, make_detection(verdict(methods={next(iter(METHODS)): silent})))
    assert f"</svg>\n{word}</span>" in html
    assert html.count("no score") == 2  # beside the bar and in the summary of the findings
    assert "Its weights are away." in html


def test_without_any_score_no_number_is_shown(
    client: Client, make_detection: MakeDetection, verdict: MakeVerdict
):
    silent = {key: {"status": "unavailable", "score": None} for key in METHODS}
    html = get_result(client, make_detection(verdict("uncertain", 0.5, methods=silent)))
    assert "calibrated chance" not in html and "50%</" not in html


def test_evidence_that_decides_is_open_and_says_so(
    client: Client, make_detection: MakeDetection, verdict: MakeVerdict
):
    finding = Finding("A prompt is in it.", "generator", "ai", "PNG tEXt: prompt", "decisive")
    decided = verdict(methods={"forensics": {"findings": (finding,)}}, decided_by="forensics")
    html = get_result(client, make_detection(decided))
    assert html.count("<details open") == html.count("Decides the verdict") == 1
    assert "Decisive evidence for AI" in html and "<code>PNG tEXt: prompt</code>" in html


def test_what_the_file_says_is_told_in_the_order_of_its_life(
    client: Client, make_detection: MakeDetection, verdict: MakeVerdict
):
    findings = (
        Finding("Settings.", "comfyui", "ai", "PNG tEXt prompt", "decisive"),
        Finding("Saved at 90.", "compression"),
        Finding("A camera.", "camera", "capture", "EXIF Make"),
        Finding("Cut off.", "unreadable"),
        Finding("Of a kind to come.", "new"),
    )
    said = {"findings": findings, "details": {"table": [["Seed", "314"], ["Prompt", "a cat"]]}}
    html = get_result(client, make_detection(verdict(methods={"forensics": said})))
    assert_well_formed(html)
    story = html[html.index('class="timeline"') :]
    assert re.findall(r"<h3>(.*?)</h3>", story) == [
        "Camera",
        "Generator",
        "Saving and sharing",
        "Also noted",
        "Could not be read",
        "What cannot be checked here",
    ]
    assert "Sets the verdict by itself, unless the file contradicts it (for AI)" in story
    assert story.count("Worth knowing, moves nothing") == 3
    assert story.count("contradicts a generator") == 1
    assert "SynthID" in story and "<code>EXIF Make</code>" in story
    assert "<dt>Seed</dt><dd>314</dd>" in story and 'data-copy="parameters" hidden' in story
    # The table has the first alone.
    assert html[: html.index('class="timeline"')].count("Saved at 90.") == 0


def test_error_levels_are_shown_where_they_were_kept(client: Client, make_detection: MakeDetection):
    detection = make_detection()
    page = reverse("detector:error-levels", args=[detection.pk])
    assert f'src="{page}"' in get_result(client, detection)
    Detection.objects.update(error_levels="")  # a result of an earlier version
    assert page not in get_result(client, detection)
    assert client.get(page).status_code == 404


@pytest.mark.parametrize("status", ["unavailable", "error"])
def test_without_an_answer_of_method_3_there_is_no_timeline(
    client: Client, make_detection: MakeDetection, verdict: MakeVerdict, status: str
):
    failed = {"status": status, "score": None, "findings": (Finding("It failed."),)}
    html = get_result(client, make_detection(verdict(methods={"forensics": failed})))
    assert 'class="timeline"' not in html and "It failed." in html


def test_members_show_their_state(
    client: Client, make_detection: MakeDetection, verdict: MakeVerdict
):
    members = [
        {"name": "a", "title": "Own ViT", "state": "FINE-TUNED", "source": "models/a",
         "score": 0.9, "reason": "", "accuracy": "95%"},
        {"name": "b", "title": "Swin", "state": "unavailable", "source": "",
         "score": None, "reason": "Not in the cache.", "accuracy": None},
    ]  # fmt: skip
    with_members = verdict(methods={"huggingface": {"details": {"members": members}}})
    html = get_result(client, make_detection(with_members))
    assert '<span class="state fine-tuned">FINE-TUNED</span>' in html
    assert '<span class="state unavailable">unavailable</span>' in html
    assert "Accuracy: 95%." in html and "Not in the cache." in html


def test_text_from_files_is_escaped(
    client: Client, make_detection: MakeDetection, verdict: MakeVerdict
):
    attack = "<script>alert(1)</script>"
    said = {
        "findings": (Finding(attack, where=attack, strength="weak"),),
        "used": attack,
        "details": {
            "table": [[attack, attack]],
            "members": [{"title": attack, "state": attack, "source": attack, "score": 0.5}],
        },
    }
    detection = make_detection(verdict(methods={"forensics": said}), filename=f"{attack}.jpg")
    for html in (get_result(client, detection), get_html(client.get("/"))):
        assert_well_formed(html)
        assert attack not in html and "&lt;script&gt;" in html


def test_a_result_of_a_method_that_left_the_table_is_still_shown(
    client: Client, make_detection: MakeDetection
):
    detection = make_detection()
    detection.result["methods"][0] |= {"key": "gone", "title": "Method of old"}
    detection.save()
    assert "Method of old" in get_result(client, detection)


# Charts


HEAT = {"rows": 2, "columns": 3, "log_odds": [[3.0, 0.0, -1.0], [0.5, 0.0, 0.0]]}
GROUPS = [{"name": "noise patterns", "log_odds": 1.5}, {"name": "baseline", "log_odds": -0.2}]
SPECTRUM = base64.b64encode(bytes(range(256)) * 16).decode()
EXPLAINED = {
    "deep_learning": {"details": {"heat_map": HEAT}},
    "statistical": {"details": {"groups": GROUPS, "spectrum": SPECTRUM}},
}


def test_the_heat_map_lies_over_the_picture(
    client: Client, make_detection: MakeDetection, verdict: MakeVerdict
):
    html = get_result(client, make_detection(verdict(methods=EXPLAINED)))
    assert_well_formed(html)
    assert 'viewBox="0 0 3 2"' in html
    cells = re.findall(r'<rect class="(ai|real)" x="(\d)" y="(\d)"', html)
    assert cells == [("ai", "0", "0"), ("real", "2", "0"), ("ai", "0", "1")]
    assert 'type="checkbox" id="heat-switch"' in html
    assert "strongest evidence for AI lies at the upper left" in html
    assert "Orange argues for AI" in html and "not where something was edited" in html


def test_the_statistics_are_explained(
    client: Client, make_detection: MakeDetection, verdict: MakeVerdict
):
    html = get_result(client, make_detection(verdict(methods=EXPLAINED)))
    bars = re.search(r'<ul class="groups">(.*?)</ul>', html, re.DOTALL)
    assert bars and bars[1].count("<rect") == len(GROUPS)
    assert "Noise patterns" in bars[1] and "strongly towards AI" in bars[1]
    assert "Starting point of every picture" in bars[1] and "slightly towards real" in bars[1]
    assert 'src="data:image/png;base64,' in html and "8-pixel blocks of JPEG" in html


def test_the_waterfall_names_every_step(
    client: Client, make_detection: MakeDetection, verdict: MakeVerdict
):
    moves = {"intercept": -0.4, "deep_learning": 2.0, "statistical": -1.0}
    html = get_result(client, make_detection(verdict(score=0.6457, contributions=moves)))
    assert_well_formed(html)
    table = re.search(r'<table role="table" class="waterfall".*?</table>', html, re.DOTALL)
    assert table
    chances = re.findall(r'<td role="cell" class="chance">(.*?)</td>', table[0])
    assert chances == ["50%", "40%", "83%", "65%", "65%"]
    assert "Method 1: Deep Learning Model" in table[0] and "Correction" in table[0]
    assert "Method 3" not in table[0] and "Likely AI" in table[0]


def test_a_verdict_by_evidence_has_a_sentence_instead_of_steps(
    client: Client, make_detection: MakeDetection, verdict: MakeVerdict
):
    html = get_result(client, make_detection(verdict(decided_by="forensics")))
    assert_well_formed(html)
    assert "Evidence in the file decided by itself" in html and "waterfall" not in html


def test_a_result_without_details_shows_no_charts(client: Client, make_detection: MakeDetection):
    html = get_result(client, make_detection())
    for part in (
        "heat-switch",
        'class="heat"',
        'class="statistics"',
        "data:image",
        "waterfall",
        "steps",
    ):
        assert part not in html


def test_grey_levels_become_a_picture_of_their_size():
    uri = grey_picture(SPECTRUM)
    with Image.open(io.BytesIO(base64.b64decode(uri.partition(",")[2]))) as image:
        assert (image.mode, image.size, image.getpixel((5, 4))) == ("L", (64, 64), 5)


# What belongs to a result


def test_json_is_a_download_of_the_result(client: Client, make_detection: MakeDetection):
    detection = make_detection()
    response = client.get(reverse("detector:json", args=[detection.pk]))
    assert response.json() == detection.to_dict()
    assert response.headers["Content-Disposition"].startswith('attachment; filename="detection-')


@pytest.mark.parametrize("name", ["preview", "error-levels"])
def test_kept_pictures_are_private_webps(client: Client, make_detection: MakeDetection, name: str):
    response: Response = client.get(reverse(f"detector:{name}", args=[make_detection().pk]))
    assert response.headers["Content-Type"] == "image/webp"
    assert "private" in response.headers["Cache-Control"]
    assert b"".join(response.streaming_content)[8:12] == b"WEBP"


@pytest.mark.parametrize("name", ["result", "preview", "error-levels", "json"])
def test_pictures_of_others_do_not_exist(client: Client, make_detection: MakeDetection, name: str):
    theirs = make_detection(owner=uuid.uuid4())
    response = client.get(reverse(f"detector:{name}", args=[theirs.pk]))
    assert response.status_code == 404
    assert theirs.filename not in get_html(response)


def test_delete_removes_row_and_file_and_says_so(
    client: Client, make_detection: MakeDetection, media: Path
):
    detection = make_detection()
    assert list(media.rglob("*.webp"))
    response = client.post(reverse("detector:delete", args=[detection.pk]), follow=True)
    assert "were deleted" in get_html(response)
    assert not Detection.objects.exists() and not list(media.rglob("*.webp"))


def test_delete_leaves_the_pictures_of_others(client: Client, make_detection: MakeDetection):
    theirs = make_detection(owner=uuid.uuid4())
    response = client.post(reverse("detector:delete", args=[theirs.pk]), follow=True)
    assert "were deleted" not in get_html(response)
    assert Detection.objects.filter(pk=theirs.pk).exists()


def test_delete_needs_a_post(client: Client, make_detection: MakeDetection):
    assert client.get(reverse("detector:delete", args=[make_detection().pk])).status_code == 405


# Error pages


def test_error_pages_are_friendly(client: Client):
    refused: dict[str, Any] = {REFUSED: 503}
    responses: dict[int, Response] = {
        404: client.get("/nowhere"),
        400: client.get("/", headers={"host": "evil.example"}),
        403: Client(enforce_csrf_checks=True).post("/"),
        405: client.put("/methods/"),
        503: client.get("/", **refused),
        500: server_error(RequestFactory().get("/")),
    }
    for status, response in responses.items():
        assert response.status_code == status
        assert_well_formed(get_html(response))
        assert "Analyse a picture" in get_html(response)
    assert "ALLOWED_HOSTS" in responses[400].text
    assert responses[405].headers["Allow"] == "GET, HEAD"


def test_a_page_that_is_not_allowed_says_what_to_do(client: Client):
    page = permission_denied(RequestFactory().get("/"), PermissionDenied())
    assert page.status_code == 403 and "does not let you do that" in page.text
    assert_well_formed(page.text)


# Words and numbers


@pytest.mark.parametrize(
    ("score", "text"), [(0, "<1%"), (0.01, "1%"), (0.5, "50%"), (0.99, "99%"), (0.997, ">99%")]
)
def test_percent_is_never_quite_sure(score: float, text: str):
    assert percent(score) == text


def test_ago_uses_one_unit():
    now = timezone.now()
    assert ago(now) == "just now"
    assert ago(now - timedelta(hours=2, minutes=9)).replace("\xa0", " ") == "2 hours ago"
