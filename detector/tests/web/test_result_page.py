"""The page of a result: the order of its parts, the outcome, and what it rests on."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from detector.inference.results import (
    Exhibit,
    ExpectedErrors,
    Note,
    Stability,
)
from detector.inference.wording.verdict import OUTCOMES
from detector.models import Upload
from detector.reports.words import percent
from detector.tests.factories.pages import assert_well_formed, get_html
from detector.tests.factories.results import (
    FIRST,
    HEAT,
    READS_FILE,
    STATED,
)
from detector.tests.factories.sentences import note, said

pytestmark = pytest.mark.django_db

Show = Callable[..., str]
MakeUpload = Callable[..., Upload]

# Order and outcome


@pytest.mark.slow
def test_the_parts_come_in_the_order_in_which_they_are_needed(show: Show):
    heat = {FIRST: {"exhibits": (Exhibit("heat_map", HEAT),)}}
    moves = {"intercept": 0.3, FIRST: 2.0}
    html = show(methods=heat, contributions=moves, advice=(note("Ask."),))
    marks = [
        "<h1",
        "What this rests on",
        "What to do next",
        "Download as JSON",
        "Multi-Model Comparison Analysis",
        "finds its evidence",
        "How the chance came about",
        "What the file says</h2>",
        "Details</h2>",
    ]
    assert [html.count(mark) for mark in marks] == [1] * len(marks)
    assert sorted(marks, key=html.index) == marks


@pytest.mark.slow
@pytest.mark.parametrize(
    ("outcome", "label", "score", "basis"),
    [
        ("ai", "ai", 0.93, "pixels"),
        ("ai_edited", "uncertain", 0.52, "file"),
        ("captured", "real", 0.01, "trusted_signature"),
        ("no_sign", "real", 0.05, "pixels"),
        ("uncertain", "uncertain", 0.7, "pixels"),
        ("not_assessed", "uncertain", None, "nothing"),
    ],
)
def test_the_outcome_is_said_in_words_with_its_own_icon(
    show: Show, outcome: str, label: str, score: float | None, basis: str
):
    html = show(label, score, outcome=outcome, basis=basis)
    heading = re.search(r"<h1.*?</h1>", html, re.DOTALL)
    assert heading and OUTCOMES[outcome] in heading[0] and f"#{outcome}" in heading[0]
    # A number only where its zone on the scale is the outcome.
    assert ('class="scale"' in html) == (basis == "pixels") == ("<strong>" in html)


@pytest.mark.slow
def test_a_painting_gets_no_camera(show: Show):
    assert "#captured" not in show("real", 0.05)
    sprite = (settings.BASE_DIR / "static" / "icons" / "sprite.svg").read_text("utf-8")
    assert set(OUTCOMES) <= set(re.findall(r'id="(\w+)"', sprite))


def test_the_scale_names_its_three_zones(show: Show):
    html = show("uncertain", 0.7, lean="ai").replace("&lt;", "<")
    for text in (
        f"No sign of AI found: up to {percent(0.23)}",
        "Cannot tell: in between",
        f"Likely made by AI: from {percent(0.81)}",
        "It leans towards AI.",
    ):
        assert html.count(text) == 1


@pytest.mark.slow
@pytest.mark.parametrize("score", [0.5, 0.9])
def test_a_number_that_did_not_give_the_outcome_is_not_shown(show: Show, score: float):
    """A contradiction in the file makes any score uncertain."""
    conflict = Note("conflict.file", {"ai": "A.", "camera": "B."})
    html = show("uncertain", score, basis="file", conflict=conflict)
    assert f"{score:.0%}</strong>" not in html and 'class="scale"' not in html


# What it rests on


def test_declarations_come_first_whatever_the_pixels_say(show: Show):
    html = show("uncertain", 0.52, outcome="ai_edited", basis="file", declarations=(STATED,))
    card = html[html.index("What this rests on") : html.index("What to do next")]
    assert "an AI changed a part of the picture (program: Firefly)" in card
    assert "Adobe Inc." in card and "Validly signed" in card
    assert "Because of the noise." not in html


def test_errors_and_advice_stand_in_the_card(show: Show):
    params = {"n": 321, "wrong": 2, "low": 0.002, "high": 0.022, "kind": "photograph"}
    errors = ExpectedErrors(
        "expected.ai", params | {"condition": "clean", "size": "", "asked": ""}, n=321, wrong=2
    )
    html = show(expected_errors=errors, advice=(note("Ask the maker."), note("Do not accuse.")))
    assert "Of 321 real photographs" in html and "2 were called" in html
    assert "<li>Ask the maker.</li><li>Do not accuse.</li>" in html


def test_a_sentence_stands_once(show: Show):
    finding = said("Settings of a generator.", kind="generator", claim="ai", strength="decisive")
    html = show(
        basis="file",
        decided_by=READS_FILE,
        moved_most=READS_FILE,
        reason="Settings of a generator. This decides.",
        notes=(note("This decides."), note("Only one frame.")),
        methods={READS_FILE: {"findings": (finding,), "role": "decides"}},
    )
    assert html.count("Settings of a generator.") == 1
    assert html.count("This decides.") == html.count("Only one frame.") == 1
    assert "quoted at the top" in html


def test_the_contradiction_and_the_stability_are_not_in_the_reason_again(show: Show):
    conflict = Note("conflict.file", {"ai": "A prompt.", "camera": "A camera."})
    stability = Stability("stability.impossible", {}, holds=False)
    reason = f"{conflict.text} We take no side. {stability.text}"
    html = show(
        "uncertain", 0.5, basis="file", conflict=conflict, stability=stability, reason=reason
    )
    assert html.count(conflict.text) == html.count(stability.text) == 1
    assert html.count("We take no side.") == 1


def test_the_scores_of_copies_are_shown(show: Show):
    scores = {"JPEG 85": 0.97, "half size": 0.08}
    changes = {"ai": [], "no_sign": ["half size"], "uncertain": [], "left_out": []}
    stability = Stability("stability.crosses", changes, scores=scores, holds=False)
    html = show("uncertain", 0.95, stability=stability)
    assert "<dd>97%" in html and "<dd>8%" in html and "saving as JPEG of quality 85" in html
    assert "95%</strong>" not in html


# The person's own mark and note


def test_a_mark_and_a_note_are_kept_as_in_a_batch(client: Client, make_upload: MakeUpload):
    upload = make_upload()
    fields = {f"mark-{upload.pk}": "question", f"note-{upload.pk}": "Ask <Ann>."}
    page = reverse("detector:note", args=[upload.pk])
    html = get_html(client.post(page, fields, follow=True))
    assert_well_formed(html)
    assert 'value="question" selected' in html and 'value="Ask &lt;Ann&gt;."' in html
    assert "Your mark and your note are kept." in html
    report = get_html(client.get(reverse("detector:report", args=[upload.pk])))
    assert "Ask &lt;Ann&gt;." in report
