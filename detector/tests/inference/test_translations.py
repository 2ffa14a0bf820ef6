"""The catalogue in other languages: complete, and with the parameters of the English."""

from __future__ import annotations

import re
import string
from collections import Counter
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest

from detector.inference import wording
from detector.inference.results import Finding, InvalidResult, Note, Verdict
from detector.inference.results.agreement import Agreement
from detector.inference.results.finding import OLD_SENTENCE
from detector.inference.wording import SENTENCES, TABLES, Plural, retell, say, words
from detector.inference.wording.language import CUSTOMS, DOMAIN, ENGLISH
from detector.management.catalogue import write_template
from detector.tests.conftest import make_verdict
from detector.tests.factories.translations import (
    FORMS,
    LANGUAGES,
    Message,
    as_mo,
    po_file,
    read_mo,
    read_po,
)

OPTIONAL = re.compile(r"\[[^\[\]]*\]")
# A value for each format that a template may ask for; a text where it asks for none.
VALUES = {
    ",": 1234,
    ".0%": 0.5,
    ".1%": 0.512,
    ".1f": 1.5,
    ".3f": 0.25,
    ".4f": 0.25,
    "and": ["x"],
    "or": ["x"],
}


@pytest.fixture(params=LANGUAGES)
def messages(request: pytest.FixtureRequest) -> list[Message]:
    return read_po(po_file(request.param, DOMAIN))


def parts(template: str) -> Counter[tuple[str, str]]:
    """The parameters of a template with their formats."""
    return Counter(
        (name, spec or "") for _, name, spec, _ in string.Formatter().parse(template) if name
    )


def optional_parts(template: str) -> list[tuple[tuple[str, str], ...]]:
    """The parameters of each part that may be left out."""
    return sorted(tuple(sorted(parts(part))) for part in OPTIONAL.findall(template))


def templates(message: Message) -> Iterator[tuple[str, str]]:
    """The English and the translation of each form."""
    for form, translation in message.translations.items():
        yield (message.plural if form else message.text), translation


def test_every_entry_is_translated_and_none_is_of_a_code_that_is_gone(
    messages: list[Message],
) -> None:
    assert {one.context for one in messages} == {code for code, text in SENTENCES.items() if text}
    for one in messages:
        entry = SENTENCES[one.context]
        english = entry[1:] if isinstance(entry, Plural) else (entry, "")
        assert (one.text, one.plural) == english, f"{one.context} has changed: make messages"
        assert not one.fuzzy, one.context
        assert len(one.translations) == (FORMS if one.plural else 1), one.context
        assert all(text.strip() for text in one.translations.values()), one.context


def test_translations_have_the_parameters_and_the_optional_parts_of_the_english(
    messages: list[Message],
) -> None:
    for one in messages:
        for english, translation in templates(one):
            assert set(parts(translation)) == set(parts(english)), one.context
            assert optional_parts(translation) == optional_parts(english), one.context
            assert translation.count("[") == translation.count("]") == english.count("[")


def test_translations_keep_the_spaces_and_the_stop_at_their_ends(messages: list[Message]) -> None:
    for one in messages:
        for english, translation in templates(one):
            assert translation[0].isspace() == english[0].isspace(), one.context
            # Of these, what follows may be a sentence of its own in another language.
            if not one.context.startswith("c2pa_relation."):
                assert translation[-1].isspace() == english[-1].isspace(), one.context
            if english.endswith("."):
                assert translation.rstrip("]").endswith("."), one.context


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_compiled_files_are_those_of_the_translators(language: str) -> None:
    for file in po_file(language, DOMAIN).parent.glob("*.po"):
        compiled = read_mo(file.with_suffix(".mo"))
        assert compiled == as_mo(read_po(file)), f"{file.name} has changed: make messages"


def values_of(template: str, seen: tuple[str, ...] = ()) -> dict[str, Any]:
    """Parameters with which a template, and the words that it takes from tables, can be told."""
    found: dict[str, Any] = {}
    for name, spec in parts(template):
        if spec in TABLES:
            code = next(code for code in SENTENCES if code.startswith(f"{spec}."))
            found |= {name: code.removeprefix(f"{spec}.")}
            inner = (code for code in SENTENCES if code.startswith(f"{spec}."))
            for one in inner:
                entry = SENTENCES[one]
                if isinstance(entry, str) and one not in seen:
                    found = values_of(entry, (*seen, one)) | found
        else:
            found.setdefault(name, VALUES.get(spec, "x"))
    return found


@pytest.mark.parametrize("language", [ENGLISH, *LANGUAGES])
def test_every_sentence_can_be_told(language: str) -> None:
    for code, entry in SENTENCES.items():
        for template in entry[1:] if isinstance(entry, Plural) else (entry,):
            for count in (1, 7):
                params = values_of(template)
                if isinstance(entry, Plural):
                    params[entry.number] = count
                told = say(code, params, language)
                assert "{" not in told and "[" not in told, code


def test_the_collected_entries_are_those_of_the_catalogue() -> None:
    template = write_template()
    assert template.count("msgctxt") == sum(1 for text in SENTENCES.values() if text)
    assert 'msgctxt "advice.scene"\nmsgid "The signature' in template
    assert 'msgid_plural "{lines} of the {height} lines of this fax are' in template


@pytest.fixture
def german() -> Iterator[None]:
    before = wording.language._sources.copy()
    wording.follow(lambda: "de")
    yield
    wording.language._sources[:] = before


@pytest.mark.usefixtures("german")
def test_sentences_numbers_and_lists_follow_the_language() -> None:
    assert Note("blind.blank").text == "Das Bild ist leer. Es gibt nichts zu beurteilen."
    sizes: dict[str, Any] = {"longest": 1080, "platforms": ["Instagram", "WeChat"]}
    assert "Instagram oder WeChat" in say("platform.size", sizes)
    assert wording.write_number(1234.5, ",.1f") == "1.234,5"
    assert wording.write_number(0.123, ".1%") == "12,3\N{NO-BREAK SPACE}%"
    one, two = (say("picture.broken_lines", {"lines": n, "height": 9}) for n in (1, 2))
    assert "ist beschädigt" in one and "sind beschädigt" in two
    assert words("kinds", "photograph") == "Fotos"


@pytest.mark.usefixtures("german")
def test_what_is_stored_is_english_whatever_language_is_spoken() -> None:
    finding = Finding("blind.blank")
    assert finding.to_dict()["text"] == say("blind.blank", {}, ENGLISH) != finding.text
    assert Agreement.of(2, 0, 0).text == "All 2 methods that count lean towards AI."


@pytest.mark.usefixtures("german")
def test_a_sentence_within_a_sentence_is_told_in_the_same_language() -> None:
    evidence = Note("declared.ai_by", {"tool": "Firefly"})
    note = Note("reason.file_decides", {"evidence": evidence.nested()})
    assert "Laut der Datei hat eine KI das Bild erzeugt (Programm: Firefly)." in note.text
    assert "The file states that an AI made the picture (program: Firefly)." in note.english


@pytest.mark.usefixtures("german")
def test_the_agreement_is_told_again_unless_another_version_worded_it() -> None:
    assert Agreement.of(2, 0, 0).sentence == "Alle 2 Methoden, die zählen, neigen zu KI."
    assert Agreement(2, 0, 0, "They agree.").sentence == "They agree."


def test_languages_that_the_catalogue_lacks_get_english() -> None:
    before = wording.language._sources.copy()
    try:
        for language in ("ar", None, "en-gb", "xx"):
            wording.follow(partial(str, language) if language else lambda: None)
            assert wording.current_language() == ENGLISH
        wording.follow(lambda: "de-at")
        assert wording.current_language() == "de"
    finally:
        wording.language._sources[:] = before


@pytest.mark.usefixtures("german")
@pytest.mark.parametrize(
    ("code", "params"),
    [
        ("standing.unsigned", {}),
        ("standing.trusted", {"list": "C2PA list of 2026-08-21"}),
        ("standing.invalid", {"fault": "revoked"}),
        ("standing.distrusted", {"doubt": "too_late", "ended": "2026-01-01"}),
        ("method_used.statistical", {"count": 124}),
        ("c2pa_step.c2pa.cropped", {}),
        ("refusal.large", {"size": 1234.5, "limit": 32}),
        ("refusal.parts", {"count": 20000, "parts": "tiles", "limit": 1234}),
        ("refusal.memory_limit", {"megabytes": 512}),
        ("refusal.memory_of_analysis", {}),
    ],
)
def test_a_stored_english_text_is_told_in_another_language(
    code: str, params: dict[str, Any]
) -> None:
    english, table = say(code, params, ENGLISH), code.partition(".")[0]
    assert retell(english, table) == say(code, params, "de") != english


@pytest.mark.usefixtures("german")
def test_a_text_of_no_code_stays_as_it_is() -> None:
    assert retell("something else", "standing") == "something else"
    assert retell("invalid: for no reason that is known", "standing") == (
        "invalid: for no reason that is known"
    )


def test_every_language_has_the_same_joins() -> None:
    for customs in CUSTOMS.values():
        assert customs.joins.keys() == CUSTOMS[ENGLISH].joins.keys()


# Results of other versions


def test_a_result_without_reasons_can_be_read_and_keeps_its_english_reason() -> None:
    stored = make_verdict(reason="Because of the noise.").to_dict()
    del stored["verdict"]["reasons"]
    assert Verdict.from_dict(stored).why == "Because of the noise."


def test_a_note_whose_code_is_gone_keeps_its_sentence() -> None:
    stored = make_verdict(notes=(Note("blind.blank"),)).to_dict()
    stored["notes"][0] |= {"code": "blind.gone", "text": "It is gone."}
    (note,) = Verdict.from_dict(stored).notes
    assert (note.code, note.text) == (OLD_SENTENCE, "It is gone.")
    del stored["notes"][0]["text"]
    with pytest.raises((KeyError, InvalidResult)):
        _ = Verdict.from_dict(stored).notes[0].text
