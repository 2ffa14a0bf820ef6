"""The page of a result: the comparison table, the exhibits, and what the file says."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from detector.inference.methods import METHODS
from detector.inference.results import (
    Exhibit,
    MethodResult,
)
from detector.models import Analysis, Upload
from detector.tests.factories.pages import assert_well_formed, get_html
from detector.tests.factories.results import (
    FIRST,
    GROUPS,
    HEAT,
    LEVELS,
    MEMBERS,
    READS_FILE,
    STATED,
)
from detector.tests.factories.sentences import said

pytestmark = pytest.mark.django_db

Show = Callable[..., str]


def table_of(html: str) -> str:
    return html[html.index('aria-labelledby="comparison-heading"') : html.index("</table>")]


# The table


def test_every_method_has_a_row(show: Show):
    table = table_of(show())
    assert all(spec.title in table for spec in METHODS.values())
    assert "Chance of AI</th>" in table and "Confidence" not in table
    assert "Second opinions" not in table


def test_second_opinions_stand_apart_in_grey(show: Show):
    last = list(METHODS)[-1]
    second = {FIRST: {"role": "second_opinion", "weight": 0.0, "score": 0.99}}
    table = table_of(show("real", 0.05, methods=second, moved_most=last))
    before, _, after = table.partition("Second opinions: shown for comparison, they do not count")
    assert METHODS[FIRST].title in after and METHODS[FIRST].title not in before
    assert '<tbody role="rowgroup" class="method apart">' in after
    assert "highlighted" in before and "highlighted" not in after
    assert before.count("Moved the result most") == 1


def test_where_the_file_speaks_no_other_score_counts(show: Show):
    table = table_of(show(basis="file", decided_by=READS_FILE, moved_most=READS_FILE))
    before, _, after = table.partition("these scores do not count")
    assert METHODS[READS_FILE].title in before and "The result rests on this" in before
    assert after.count("method apart") == len(METHODS) - 1


def test_scores_of_a_picture_without_anything_to_judge_are_folded_away(show: Show):
    html = show(
        "uncertain", None, outcome="not_assessed", basis="nothing", methods={FIRST: {"score": 0.01}}
    )
    assert "none of these scores counts" in html and "nothing here counts" in html
    assert html.count("method apart") == len(METHODS) and "<strong>" not in html


def test_a_tiny_picture_has_a_sentence_and_no_empty_rows(show: Show):
    silent = {key: {"status": "abstained", "score": None} for key in METHODS}
    html = show("uncertain", None, outcome="not_assessed", basis="nothing", methods=silent)
    assert "<tbody" not in html and "no method gave a score" in html


@pytest.mark.slow
@pytest.mark.parametrize("status", ["unavailable", "error"])
def test_what_concerns_the_operator_is_for_staff_alone(show: Show, client: Client, status: str):
    silent = {"status": status, "score": None, "findings": (said("Run make models."),)}
    given = {
        FIRST: silent,
        list(METHODS)[-1]: {"exhibits": (Exhibit("members", {"members": MEMBERS}),)},
    }
    html = show(methods=given)
    assert "Run make models." not in html and "Swin" not in html
    assert '<span class="state fine-tuned">FINE-TUNED</span>' in html and "Accuracy: 95%" in html
    client.force_login(User.objects.create_user("operator", is_staff=True))
    session = client.session
    session["owner"] = str(Upload.objects.get().owner)
    session.save()
    html = get_html(client.get(Upload.objects.get().get_absolute_url()))
    assert html.count("Run make models.") == 2 and "Swin" in html


def test_a_method_that_abstains_says_why(show: Show):
    silent = {"status": "abstained", "score": None, "findings": (said("It is too small."),)}
    html = show(methods={FIRST: silent})
    assert "Abstained</span>" in html and "It is too small." in html and "no score" in html


# Exhibits


def test_a_made_up_method_with_exhibits_is_shown_like_any_other(show: Show):
    exhibits = (
        Exhibit("heat_map", HEAT),
        Exhibit("feature_groups", {"groups": GROUPS}),
        Exhibit("spectrum", {"side": 64, "levels": LEVELS}),
        Exhibit("parameters", {"rows": [["Seed", "314"]]}),
        Exhibit("credentials", {"manifest": "remote", "where": "XMP"}),
        Exhibit("members", {"members": MEMBERS}),
    )
    new = MethodResult("of_tomorrow", 9, "Tea Leaves", "ok", 0.9, exhibits=exhibits, role="counts")
    html = show(change=lambda v: replace(v, methods=(*v.methods, new)))
    assert "Method 9: Tea Leaves" in html and "Where method 9 finds its evidence" in html
    cells = re.findall(r'<rect class="(ai|real)" x="(\d)" y="(\d)"', html)
    assert cells == [("ai", "0", "0"), ("real", "2", "0"), ("ai", "0", "1")]
    bars = re.search(r'<ul class="groups">(.*?)</ul>', html, re.DOTALL)
    assert (
        bars
        and bars[1].count("<rect") == len(GROUPS)
        and "Patterns in the noise of the brightness" in bars[1]
    )
    assert 'src="data:image/png;base64,' in html
    assert "<dt>Seed</dt><dd>314</dd>" in html and 'data-copy="parameters-9" hidden' in html
    assert "On a website; it was not downloaded" in html and "FINE-TUNED" in html


@pytest.mark.slow
def test_a_map_that_did_not_count_says_so(show: Show):
    given = {FIRST: {"exhibits": (Exhibit("heat_map", HEAT),)}}
    sentence = "This map did not count"
    assert sentence not in show(methods=given)
    second = {FIRST: given[FIRST] | {"role": "second_opinion"}}
    assert sentence in show(methods=second)
    assert sentence in show(methods=given, basis="file", moved_most=READS_FILE)


def test_no_code_of_the_page_names_a_method():
    folders = [settings.BASE_DIR / "templates", settings.BASE_DIR / "detector" / "web"]
    files = [p for f in folders for p in f.rglob("*.*") if p.suffix in (".py", ".html")]
    found = [p.name for p in files if any(key in p.read_text("utf-8") for key in METHODS)]
    assert len(files) > 40 and not found


@pytest.mark.slow
@pytest.mark.parametrize(
    ("moves", "shown"), [({FIRST: 2.0}, False), ({"intercept": 0.5, FIRST: 1.0}, True)]
)
def test_steps_are_shown_from_two_up(show: Show, moves: dict[str, float], shown: bool):
    html = show(score=0.85, contributions=moves)
    assert ("How the chance came about" in html) == shown


def test_the_steps_name_every_method_that_moved_the_chance(show: Show):
    moves = {"intercept": -0.4, FIRST: 2.0, list(METHODS)[1]: -1.0}
    html = show("uncertain", 0.6457, contributions=moves)
    table = re.search(r'class="waterfall".*?</table>', html, re.DOTALL)
    assert table
    chances = re.findall(r'<td role="cell" class="chance">(.*?)</td>', table[0])
    assert chances == ["50%", "40%", "83%", "65%", "65%"]
    assert METHODS[FIRST].title in table[0] and "Cannot tell" in table[0]


# What the file says


def test_what_the_file_says_is_told_in_the_order_of_its_life(show: Show):
    findings = (
        said("Settings.", "comfyui", "ai", "PNG tEXt prompt", "decisive"),
        said("Filled in.", "c2pa", "ai", "C2PA manifest", "strong", partial=True),
        said("Saved at 90.", "compression"),
        said("A camera.", "camera", "capture", "EXIF Make"),
        said("Cut off.", "unreadable"),
        said("Of a kind to come.", "new"),
    )
    html = show(methods={READS_FILE: {"findings": findings}})
    story = html[html.index('class="timeline"') :]
    assert re.findall(r"<h3>(.*?)</h3>", story) == [
        "Camera",
        "Generator",
        "Saving and sharing",
        "Content Credentials",
        "Also noted",
        "Could not be read",
        "What cannot be checked here",
    ]
    assert "Decides by itself, unless the file contradicts it (for AI)" in story
    assert "Strong evidence (for an edit by AI)" in story
    assert story.count("Context only</span>") == 3 and story.count("contradicts a generator") == 1
    assert all(name in story for name in ("SynthID", "Meta", "Digimarc", "Tree-Ring"))
    assert "<code>EXIF Make</code>" in story
    assert all(html.count(finding.text) == 1 for finding in findings)


@pytest.mark.slow
@pytest.mark.parametrize("status", ["unavailable", "error"])
def test_without_an_answer_about_the_file_there_is_no_story(show: Show, status: str):
    failed = {"status": status, "score": None, "findings": (said("It failed."),)}
    assert 'class="timeline"' not in show(methods={READS_FILE: failed})


def test_error_levels_are_shown_where_they_were_kept(show: Show, client: Client):
    html, detection = show(), Upload.objects.get()
    page = reverse("detector:error-levels", args=[detection.pk])
    assert f'src="{page}"' in html
    Analysis.objects.update(error_levels="")  # a result of an earlier version
    assert page not in get_html(client.get(detection.get_absolute_url()))
    assert client.get(page).status_code == 404


def test_text_from_files_is_escaped(show: Show, client: Client):
    attack = "<script>alert(1)</script>"
    exhibits = (
        Exhibit("parameters", {"rows": [[attack, attack]]}),
        Exhibit("members", {"members": [MEMBERS[0] | {"title": attack, "state": attack}]}),
        Exhibit("credentials", {"manifest": "embedded", "where": attack, "signer": attack}),
    )
    stated = replace(STATED, params={"tool": attack}, who=attack, trust_note=attack, when=attack)
    findings = (said(attack, where=attack, strength="weak"),)
    given = {READS_FILE: {"findings": findings, "used": attack, "exhibits": exhibits}}
    html = show(methods=given, declarations=(stated,), reason=attack, basis="file")
    for page in (html, get_html(client.get("/"))):
        assert_well_formed(page)
        assert attack not in page
    assert "&lt;script&gt;" in html
