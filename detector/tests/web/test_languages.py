"""The pages in other languages: complete, chosen by the visitor, and English for programs."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from dataclasses import replace
from html import unescape
from io import BytesIO
from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse
from pypdf import PdfReader

from detector.inference.results import Agreement, Declaration, Finding, Note, Verdict
from detector.inference.verdict.combine import combine
from detector.inference.wording import ENGLISH, SENTENCES, Plural, say
from detector.models import Upload
from detector.tests.factories.explained import EXPLAINED, MOVES
from detector.tests.factories.pages import get_html
from detector.tests.factories.translations import (
    FORMS,
    LANGUAGES,
    Message,
    po_file,
    read_po,
)
from detector.tests.factories.verdicts import FUSION, result
from detector.tests.factories.wrapping import TEMPLATES, bare_texts, marked_texts, templates

MakeUpload = Callable[..., Upload]
MakeVerdict = Callable[..., Verdict]

# Parameters of Python, and of the scripts.
PERCENT = re.compile(r"%\((\w+)\)([sd])|\{(\w+)\}")
TAGS = re.compile(r"</?(\w+)")
# Marks of languages that these texts share, and texts that are names.
SAME = 24
# Decimal commas in numbers of SVG: no browser reads them.
COMMA = re.compile(r'\b(?:x|y|x1|x2|y1|y2|cx|cy|width|height|fill-opacity)="-?\d+,\d')


# The files of the translators


@pytest.fixture(params=LANGUAGES)
def messages(request: pytest.FixtureRequest) -> list[Message]:
    return read_po(po_file(request.param, "django"))


@pytest.mark.slow
@pytest.mark.parametrize("path", templates(), ids=lambda path: str(path.relative_to(TEMPLATES)))
def test_every_text_of_a_template_is_marked_for_translation(path: Path) -> None:
    assert bare_texts(path.read_text()) == []


def test_bare_texts_are_found_wherever_they_stand() -> None:
    source = '<p title="Say this">{% translate "Done" %} <b>{{ x }}</b> Not done</p>'
    assert bare_texts(f"{source}{{% if x %}}Or{{% endif %}}") == ["Say this", "Not done", "Or"]
    assert bare_texts('<p data-busy="Please wait now">{% translate "a" %}</p>') == [
        "Please wait now"
    ]
    assert bare_texts("<title>AI Image Detector</title><code>manage.py</code>") == []


@pytest.mark.slow
def test_every_marked_text_is_in_the_files_of_the_translators(messages: list[Message]) -> None:
    """Otherwise: make messages."""
    assert {text.replace("%%", "%") for text in marked_texts()} == {
        one.text.replace("%%", "%") for one in messages
    }


def test_every_text_is_translated(messages: list[Message]) -> None:
    for one in messages:
        assert not one.fuzzy, one.text
        assert len(one.translations) == (FORMS if one.plural else 1), one.text
        assert all(text.strip() for text in one.translations.values()), one.text


def test_translations_have_the_parameters_and_the_elements_of_the_english(
    messages: list[Message],
) -> None:
    for one in messages:
        for form, translation in one.translations.items():
            english = one.plural if form else one.text
            assert set(PERCENT.findall(translation)) == set(PERCENT.findall(english)), one.text
            assert sorted(TAGS.findall(translation)) == sorted(TAGS.findall(english)), one.text


# The pages


@pytest.fixture
def shown(make_upload: MakeUpload, verdict: MakeVerdict) -> Upload:
    """A result that shows most of what a page can show, made by the rules themselves."""
    finding = Finding("statistical.balanced", {"side": "ai"})
    methods = {key: {**given, "findings": (finding,)} for key, given in EXPLAINED.items()}
    reasons = combine((result("a", 0.9), result("b", 0.1)), FUSION).reasons
    return make_upload(
        replace(
            verdict(methods=methods, contributions=MOVES),
            reason=" ".join(note.english for note in reasons),
            reasons=reasons,
            agreement=Agreement.of(4, 0, 0),
            advice=(Note("advice.do_not_accuse"), Note("advice.check_source")),
            notes=(Note("picture.no_end_marker"),),
            declarations=(
                Declaration(
                    "declared.ai_by",
                    {"tool": "Firefly"},
                    trust_note=say("standing.unsigned", {}, ENGLISH),
                ),
            ),
        )
    )


def paths(upload: Upload) -> dict[str, str]:
    of_result = ("result", "report", "share", "makers", "feedback")
    names = {name: reverse(f"detector:{name}", args=[upload.pk]) for name in of_result}
    return names | {
        "home": "/",
        "methods": "/methods/",
        "models": "/models/",
        "nowhere": "/nowhere/",
    }


def english_texts(language: str) -> set[str]:
    """Whole texts of pages and sentences that would be English on a page of this language."""
    found = set[str]()
    for one in read_po(po_file(language, "django")):
        if one.translations[0] != one.text and not {"%", "<", "&"} & set(one.text):
            found.add(one.text)
    for entry in SENTENCES.values():
        text = entry.other if isinstance(entry, Plural) else entry
        found |= set(re.split(r"\{[^}]*\}|[\[\]]", text))
    return {text.strip() for text in found if len(text.strip()) > SAME}


@pytest.mark.slow
@pytest.mark.django_db
@pytest.mark.parametrize("language", LANGUAGES)
def test_each_page_answers_in_each_language_without_english(
    client: Client, shown: Upload, language: str
) -> None:
    for name, path in paths(shown).items():
        response = client.get(path, headers={"Accept-Language": language})
        html = unescape(get_html(response))
        assert f'<html lang="{language}" dir="ltr">' in html, name
        assert response.headers["Content-Language"] == language
        assert "Accept-Language" in response.headers["Vary"]
        left = [text for text in english_texts(language) if text in html]
        assert left == [], name
        assert not COMMA.search(html), name


@pytest.mark.django_db
def test_a_result_is_told_in_the_language_of_the_visitor(client: Client, shown: Upload) -> None:
    html = unescape(get_html(client.get(f"{shown.get_absolute_url()}?language=de")))
    assert "Wahrscheinlich von einer KI erzeugt" in html
    assert "Beschuldigen Sie niemanden" in html
    assert "Nicht signiert: Jeder kann das in eine Datei schreiben" in html
    assert "Methode 1: Deep-Learning-Modell" in html
    assert "93\N{NO-BREAK SPACE}%" in html


@pytest.mark.django_db
def test_a_stored_result_is_english_whatever_the_visitor_speaks(
    client: Client, shown: Upload
) -> None:
    path = reverse("detector:json", args=[shown.pk])
    german = client.get(path, headers={"Accept-Language": "de"}).json()
    assert german == client.get(path).json()
    assert german["verdict"]["reasons"][0]["text"] in german["verdict"]["reason"]
    assert german["methods"][0]["name"] == "Deep Learning Model"


@pytest.mark.slow
@pytest.mark.django_db
def test_the_report_is_in_the_language_that_was_asked_for(client: Client, shown: Upload) -> None:
    path = reverse("detector:report-pdf", args=[shown.pk])
    texts = []
    for address in (path, f"{path}?language=fi"):
        response = client.get(address)
        assert response.status_code == 200
        pages = PdfReader(BytesIO(response.content)).pages
        texts.append(" ".join(" ".join(page.extract_text().split()) for page in pages))
    assert "What to do next" in texts[0] and "Mitä tehdä seuraavaksi" not in texts[0]
    assert "Mitä tehdä seuraavaksi" in texts[1] and "What to do next" not in texts[1]


# Choosing


@pytest.mark.slow
@pytest.mark.django_db
def test_the_choice_of_a_visitor_is_kept_and_stronger_than_the_browser(client: Client) -> None:
    answer = client.post(
        reverse("detector:language"),
        {"language": "fi", "next": "/methods/"},
        headers={"Accept-Language": "de"},
    )
    assert (answer.status_code, answer["Location"]) == (302, "/methods/")
    html = get_html(client.get("/methods/", headers={"Accept-Language": "de"}))
    assert '<html lang="fi"' in html
    assert re.search(r'value="fi" lang="fi" aria-current="true">Suomi', html)


@pytest.mark.django_db
def test_a_choice_leads_to_no_other_site_and_an_unknown_one_changes_nothing() -> None:
    client = Client(enforce_csrf_checks=True)
    path = reverse("detector:language")
    answer = client.post(path, {"language": "xx", "next": "https://elsewhere.example/"})
    assert answer["Location"] == "/"
    assert '<html lang="en-gb"' in get_html(client.get("/methods/"))


@pytest.mark.slow
@pytest.mark.django_db
def test_a_language_that_is_not_there_gives_english(client: Client) -> None:
    for asked in ("ja", "en-US,en;q=0.5", "*", "nonsense;;"):
        html = get_html(client.get("/methods/", headers={"Accept-Language": asked}))
        assert '<html lang="en-gb" dir="ltr">' in html
    assert '<html lang="en-gb"' in get_html(client.get("/methods/?language=xx"))


@pytest.mark.django_db
def test_the_api_speaks_english(client: Client) -> None:
    path = f"/api/v1/detections/{uuid.uuid4()}"
    answers = [client.get(path, headers={"Accept-Language": asked}) for asked in ("de", "en")]
    assert answers[0].content == answers[1].content
    assert "Content-Language" not in answers[0].headers


@pytest.mark.django_db
def test_a_language_from_right_to_left_turns_the_page(client: Client, settings) -> None:
    settings.LANGUAGES = [*settings.LANGUAGES, ("ar", "العربية")]
    html = get_html(client.get("/methods/?language=ar"))
    assert '<html lang="ar" dir="rtl">' in html
