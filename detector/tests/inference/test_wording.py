"""The catalogue of sentences: codes and parameters become English in one place."""

from __future__ import annotations

import ast
import string
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

import detector
from detector.inference import wording
from detector.inference.methods import METHODS
from detector.inference.methods.forensics.c2pa.actions import STEPS
from detector.inference.methods.forensics.c2pa.manifest import ERRORS
from detector.inference.methods.forensics.c2pa.signer import DOUBTS
from detector.inference.methods.forensics.c2pa.validation import FAULTS, UNCHECKED
from detector.inference.methods.forensics.claims.ai_fields import FIELDS
from detector.inference.methods.forensics.claims.declarations import AI_SOURCES, OTHER_SOURCES
from detector.inference.methods.forensics.evidence import settings_in
from detector.inference.methods.forensics.structure import quantisation
from detector.inference.methods.forensics.watermarks.dwt_dct import LARGE_NUMBERS
from detector.inference.methods.statistical.features import feature_groups
from detector.inference.pixels import jpeg_quality
from detector.inference.pixels.conditions import RESHIPPED
from detector.inference.pixels.kind import KINDS
from detector.inference.pixels.likeness import LOOKED_UP, SIZES
from detector.inference.results import Finding, Note
from detector.inference.wording import SENTENCES, TABLES, Plural, say, words
from detector.inference.wording.refusals import SENTENCES as REFUSALS
from detector.inference.wording.verdict import LEANS, OUTCOMES

ROOT = Path(detector.__file__).parent
SOURCES = [path for path in ROOT.rglob("*.py") if not {"tests", "wording"} & set(path.parts)]
# What makes a sentence: the code comes first, the parameters second.
MAKERS = {
    "Finding", "Note", "Statement", "MethodUnavailable", "ai_claim", "capture_claim", "context",
    "tell", "say",
}  # fmt: skip
# Parameters that functions of their own make: by the name of the function.
MADE_BY = {"settings_in": set(settings_in(())), "_camera_details": {"lens", "date", "note_bytes"},
           "_odds": {"odds", "one_in"}, "_signature": {"signature", "fault"}}  # fmt: skip
# What a claim of Content Credentials adds to each of their statements.
ADDED = {"relation", "signature", "fault"}
# The values for which each table must have words.
VALUES = {
    "source_type": {*AI_SOURCES, *OTHER_SOURCES},
    "iptc_ai_field": set(FIELDS) - {"AISystemVersionUsed"},
    "feature_group": set(feature_groups()),
    "jpeg_tables": {jpeg_quality.STANDARD, jpeg_quality.MOZJPEG, jpeg_quality.OWN},
    "jpeg_coding": set(quantisation.FRAMES.values()),
    "jpeg_sampling": {*quantisation.SAMPLINGS.values(), "grey", "unusual", "components"},
    "jpeg_saver": {"photoshop", "save_for_web"},
    "odds": {"thousand_trillion", *(name for _, name in LARGE_NUMBERS)},
    "c2pa_step": set(STEPS),
    "c2pa_trust": {"unknown", "yes", "worthless", *DOUBTS},
    "c2pa_distrust": set(DOUBTS),
    "c2pa_fault": {fault.name for fault in (*FAULTS, UNCHECKED)},
    "c2pa_signature": {"valid", "invalid", "tampered", "unchecked"},
    "c2pa_doubt": {"valid", "invalid", "tampered", "unchecked"},
    "c2pa_signer": {"valid", "invalid", "tampered", "unchecked"},
    "c2pa_relation": {"itself", "made_from", "contains"},
    "kind_of_picture": {"ai", "real"},
    "kind_of_pictures": {"ai", "real"},
    "kinds": {*KINDS, "any"},
    "short_side": set(SIZES),
    "measured_as": {"clean", *LOOKED_UP},
    "reshipping": set(RESHIPPED),
    "standing": {"unsigned", "unchecked", "invalid", "valid", "trusted", "distrusted"},
    "region_place": {f"{row}_{column}" for row in range(3) for column in range(3)},
    "model_state": {"FINE-TUNED", "pre-trained", "bundled"},
    "outcome": set(OUTCOMES),
    "lean": set(LEANS),
    "method_named": {"title", "number"},
    "method_name": set(METHODS),
    "method_reads": set(METHODS),
    "method_idea": set(METHODS),
    "file_parts": {
        "blocks",
        "boxes",
        "chunks",
        "many_tiles",
        "scans",
        "segments",
        "strips",
        "tags",
        "tiles",
    },
    "refusal": {code.removeprefix("refusal.") for code in REFUSALS if code.startswith("refusal.")},
    "method_used": {"deep_learning", "statistical"},
}


@cache
def trees() -> list[ast.Module]:
    """All sources, which are only parsed where a test asks."""
    return [ast.parse(path.read_text()) for path in SOURCES]


def called(node: ast.AST) -> str:
    """The name of the function that a node calls, "" for anything else."""
    function = node.func if isinstance(node, ast.Call) else None
    return getattr(function, "id", "") or getattr(function, "attr", "")


def calls(tree: ast.AST, names: set[str]) -> Iterator[ast.Call]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and called(node) in names:
            yield node


def texts(node: ast.AST) -> set[str]:
    """The texts that stand in an expression."""
    found = (one.value for one in ast.walk(node) if isinstance(one, ast.Constant))
    return {text for text in found if isinstance(text, str)}


# Codes of sentences; the others are words for values, in tables.
TABLE_OF = {code: next((t for t in VALUES if code.startswith(f"{t}.")), "") for code in SENTENCES}
WHOLE = {c for c, table in TABLE_OF.items() if not table and not c.startswith("cannot_read.")}


def templates(code: str) -> list[str]:
    entry = SENTENCES[code]
    return [entry.one, entry.other] if isinstance(entry, Plural) else [entry]


def placeholders(code: str) -> set[str]:
    """The parameters of a sentence, with those of the words that it takes from tables."""
    found = set[str]()
    for template in templates(code):
        for _, name, spec, _ in string.Formatter().parse(template):
            found |= {name} if name else set()
            if spec in TABLES:
                inner = (c for c in SENTENCES if c.startswith(f"{spec}."))
                found |= set[str]().union(*map(placeholders, inner))
    return found


def scopes() -> Iterator[ast.AST]:
    """Every function of the sources."""
    for tree in trees():
        yield from (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))


def assigned(scope: ast.AST, name: str) -> ast.AST | None:
    """What a name within a function is set to, if that happens once."""
    found = list[ast.AST]()
    for node in ast.walk(scope):
        if isinstance(node, (ast.Assign, ast.AnnAssign)) and node.value:
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            found += [node.value for target in targets if getattr(target, "id", "") == name]
    return found[0] if len(found) == 1 else None


def keys(node: ast.AST | None, scope: ast.AST) -> set[str] | None:
    """The names of the parameters in an expression; None where it cannot be told."""
    if node is None:
        return set()
    if isinstance(node, ast.Name) and (value := assigned(scope, node.id)):
        return keys(value, scope)
    if called(node) in MADE_BY:
        return MADE_BY[called(node)]
    if not isinstance(node, ast.Dict):
        return None
    found = set[str]()
    for key, value in zip(node.keys, node.values, strict=True):
        inner = keys(value, scope) if key is None else {str(getattr(key, "value", ""))}
        if inner is None:
            return None
        found |= inner
    return found


def codes(call: ast.Call) -> set[str]:
    """The codes that a call gives as they stand, or one of two."""
    first = call.args[0] if call.args else None
    return texts(first) if isinstance(first, (ast.Constant, ast.IfExp)) else set()


def uses() -> Iterator[tuple[str, set[str]]]:
    """(code, names of its parameters) of each use that can be read off the sources."""
    for scope in scopes():
        for call in calls(scope, MAKERS):
            names = keys(call.args[1] if len(call.args) > 1 else None, scope)
            if names is not None:
                added = ADDED if called(call) == "Statement" else set[str]()
                yield from ((code, names | added) for code in codes(call) & WHOLE)


@pytest.mark.slow
def test_every_code_of_the_sources_is_in_the_catalogue() -> None:
    given = set[str]()
    for tree in trees():
        for call in calls(tree, MAKERS - {"say"}):
            given |= codes(call)
    assert len(given) > 50 and given <= set(SENTENCES)


@pytest.mark.slow
def test_no_sentence_is_unused() -> None:
    assert set().union(*map(texts, trees())) >= WHOLE


@pytest.mark.parametrize("table", VALUES)
def test_a_table_has_words_for_all_values_and_for_nothing_else(table: str) -> None:
    held = {code.removeprefix(f"{table}.") for code, of in TABLE_OF.items() if of == table}
    assert held == VALUES[table]


@pytest.mark.slow
def test_there_are_words_for_all_that_cannot_be_read_and_for_nothing_else() -> None:
    reasons = {c.removeprefix("cannot_read.") for c in SENTENCES if c.startswith("cannot_read.")}
    unreadable = {
        text
        for tree in trees()
        for call in calls(tree, {"Unreadable", "TablesDamaged"})
        for text in texts(call)
    }
    assert reasons == unreadable - {"error", "damaged"} | {
        "damaged", "reader_failed", *ERRORS.values()
    }  # fmt: skip


@pytest.mark.slow
def test_the_parameters_of_each_use_are_those_of_its_sentence() -> None:
    found = list(uses())
    assert len({code for code, _ in found}) > 45
    for code, names in found:
        assert names == placeholders(code), code


def test_every_table_that_a_sentence_names_is_there() -> None:
    for code in SENTENCES:
        for template in templates(code):
            for _, _, spec, _ in string.Formatter().parse(template):
                assert not spec or spec in TABLES | {
                    "and",
                    "or",
                    ",",
                    ".0%",
                    ".1f",
                    ".1%",
                    ".3f",
                    ".4f",
                }, code


def test_no_code_stands_in_two_subjects() -> None:
    subjects = wording._SUBJECTS
    assert sum(len(subject.SENTENCES) for subject in subjects) == len(SENTENCES)


def test_sentences_are_whole_and_without_words_of_the_laboratory() -> None:
    for code in WHOLE:
        for template in templates(code):
            assert template[0].isupper() or template[0] == "{", code
            assert template.rstrip("]").endswith((".", "}")), code
            for word in ("log-odds", "payload", "luma", "chroma", "anew", "logit"):
                assert word not in template, code


def test_a_part_is_left_out_where_its_parameter_is_empty() -> None:
    settings: dict[str, Any] = {"steps": "", "sampler": "", "model": ""}
    plain = say("comfyui.graph", settings)
    assert plain.endswith("generated a picture.")
    assert say("comfyui.graph", settings | {"steps": "30"}) == f"{plain} Number of steps: 30."


def test_texts_of_a_file_are_no_templates() -> None:
    given = "{steps} [{x}] {0}"
    assert f'"{given}"' in say("software.name", {"name": given})


def test_lists_numbers_and_plurals_are_put_in_as_people_write_them() -> None:
    sizes: dict[str, Any] = {"longest": 1080, "platforms": ["Instagram", "WeChat"]}
    assert "Instagram or WeChat saved" in say("platform.size", sizes)
    one, two = (say("picture.broken_lines", {"lines": n, "height": 9}) for n in (1, 2))
    assert one == "1 of the 9 lines of this fax is broken."
    assert two == "2 of the 9 lines of this fax are broken."
    groups = {"side": "ai", "for_ai": ["compression", "grid peaks"], "against_ai": []}
    assert say("statistical.patterns", groups).endswith("for AI: compression, regular grids.")


def test_a_value_without_words_stands_in_quotation_marks() -> None:
    assert words("c2pa_step", "com.example.step") == '"com.example.step"'


def test_what_is_missing_is_named() -> None:
    with pytest.raises(KeyError, match="no.such"):
        say("no.such", {})
    with pytest.raises(KeyError, match="name"):
        say("software.name", {})


def test_a_finding_gives_code_parameters_and_sentence() -> None:
    given = Finding("blind.tiny", {"width": 9, "height": 8, "least": 64}, where="pixels").to_dict()
    assert given["code"] == "blind.tiny" and given["params"]["least"] == 64
    assert given["text"] == say("blind.tiny", given["params"]) and given["where"] == "pixels"
    assert Note("blind.drawn").to_dict().keys() == {"code", "params", "text"}
