"""Content Credentials in every kind of file: found, judged by their signature, never believed."""

from __future__ import annotations

import json
import os
import random
import time
from pathlib import Path
from typing import Any

import pytest

from detector.inference.images import open_image
from detector.inference.methods.forensics import Forensics
from detector.inference.methods.forensics.c2pa import credentials
from detector.inference.methods.forensics.c2pa.jumbf import find_manifest
from detector.inference.methods.forensics.c2pa.manifest import Credentials, interpret
from detector.inference.results import Finding
from detector.inference.runtime import Runtime
from detector.tests.factories.credentials import (
    AI,
    CAPTURED,
    FILLED,
    OPENED,
    PARTS,
    PHOTO,
    PICTURES,
    TRAINED,
    ask,
    claims,
    part,
    said,
    shown,
)
from detector.tests.factories.marked_files import png, with_xmp, xmp
from detector.tests.factories.pictures import encode, noise
from detector.tests.factories.signing import LISTED, MIME, TERM, action, identity, sign
from detector.tests.factories.work import little_work

SIGNED = {format: sign(data, format, AI) for format, data in PICTURES.items()}


@pytest.mark.slow
@pytest.mark.parametrize("format", MIME)
def test_a_signed_claim_of_ai_is_found_in_every_kind_of_file(format: str) -> None:
    image = open_image(SIGNED[format])
    assert image.format == format
    answer = Forensics(Runtime(Path(), Path())).predict(image)
    assert claims(answer) == [("ai", "decisive")]
    found = shown(answer)
    assert (found["manifest"], found["signature"], found["trusted"]) == ("embedded", "valid", None)
    assert found["source_types"] == (TRAINED,)
    assert found["actions"][0]["agent"] == "Test Painter"
    assert (found["signer"], found["issuer"]) == ("Test Camera", "Test Pictures Ltd")
    assert found["generator"] == "Test Studio 1.2"
    assert "not checked" in said(answer)


@pytest.mark.parametrize("format", MIME)
def test_a_changed_picture_is_told(format: str) -> None:
    data = bytearray(SIGNED[format])
    # Where the pixels are: Pillow writes those of TIFF first, and WebP has its manifest at the end.
    data[{"TIFF": 20, "WEBP": 60}.get(format, -20)] ^= 1
    answer = ask(bytes(data), format)
    assert shown(answer)["signature"] == "tampered"
    assert claims(answer) == [("ai", "medium")]
    assert "changed after it was signed" in said(answer)


def test_a_manifest_moved_to_another_picture_is_told() -> None:
    other = encode(noise(64, 64), "JPEG")
    start = SIGNED["JPEG"].index(b"\xff\xeb")
    length = 2 + int.from_bytes(SIGNED["JPEG"][start + 2 : start + 4], "big")
    moved = other[:2] + SIGNED["JPEG"][start : start + length] + other[2:]
    answer = ask(moved)
    assert shown(answer)["signature"] == "tampered"
    assert claims(answer) == [("ai", "medium")]


STORE = SIGNED["JPEG"][SIGNED["JPEG"].index(b"\xff\xeb") + 4 :][:400]
DECOYS = {
    "the words in a JPEG comment": ("JPEG", encode(noise(), "JPEG", comment=f"c2pa jumb {TERM}")),
    "the boxes in a JPEG comment": ("JPEG", encode(noise(), "JPEG", comment=STORE)),
    "the boxes after the end": ("JPEG", PHOTO + SIGNED["JPEG"]),
    "another APP11": ("JPEG", PHOTO[:2] + b"\xff\xeb\0\x0ac2pajumb" + PHOTO[2:]),
    "another use of JUMBF": (
        "JPEG",
        PHOTO[:2]
        + b"\xff\xeb\0\x2aJP\0\1\0\0\0\1\0\0\0\x20jumb\0\0\0\x18jumd"
        + bytes(16)
        + PHOTO[2:],
    ),
    "the words in a PNG text": ("PNG", png({"caBX": "c2pa jumb", "Comment": TERM + TRAINED})),
    "a chunk after the end": ("PNG", PICTURES["PNG"] + b"\0\0\0\0caBX\0\0\0\0"),
    "the words in a WebP": ("WEBP", with_xmp("WEBP", xmp('d:title="C2PA c2pa jumb"'))),
    "the words in a GIF comment": ("GIF", encode(noise(), "GIF", comment=b"!\xff\x0bC2PA_GIF")),
    "the box in an AVIF's pixels": (
        "AVIF",
        PICTURES["AVIF"] + b"\0\0\0\x18free" + bytes.fromhex("d8fec3d61b0e483c92975828877ec481"),
    ),
    "the tag's number in a TIFF": ("TIFF", encode(noise(), "TIFF", tiffinfo={270: "\xcd\x41c2pa"})),
    "a provenance that is no address": (
        "JPEG",
        with_xmp("JPEG", xmp('xmlns:q="http://purl.org/dc/terms/" q:provenance="self#jumbf=c2pa"')),
    ),
    **{f"a plain {format}": (format, data) for format, data in PICTURES.items()},
    "a BMP": ("BMP", encode(noise(), "BMP")),
}


@pytest.mark.parametrize("decoy", DECOYS)
def test_what_only_looks_like_a_manifest_is_not_even_read(
    decoy: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(credentials, "PROCESS", None)
    format, data = DECOYS[decoy]
    answer = ask(data, format)
    assert answer.exhibit("credentials") is None
    assert not claims(answer)


def test_trust_is_the_operator_s_choice(anchors: Path, tmp_path: Path) -> None:
    other = tmp_path / "others.pem"
    other.write_text(identity("Somebody").anchor)
    empty = tmp_path / "empty.pem"
    empty.write_text("# nobody")
    states = {
        anchors: (True, "trusted: it is on the list of this installation"),
        other: (False, "is not on the list of this installation"),
        empty: (None, "not checked"),
        tmp_path / "missing.pem": (None, "not checked"),
    }
    for path, (trusted, words) in states.items():
        answer = ask(SIGNED["JPEG"], anchors=path)
        assert shown(answer)["trusted"] is trusted
        assert shown(answer)["signature"] == "valid"
        assert words in said(answer)
        assert claims(answer) == [("ai", "decisive")]


@pytest.mark.parametrize("term", ["digitalCapture", "computationalCapture"])
def test_a_camera_is_believed_only_if_its_signer_is_trusted(term: str, anchors: Path) -> None:
    data = sign(PHOTO, "JPEG", action("c2pa.created", term))
    assert claims(ask(data, anchors=anchors)) == [("real", "decisive")]
    doubtful = ask(data)
    assert not claims(doubtful)
    assert "was taken by a" in said(doubtful) and "camera" in said(doubtful)


def test_a_trusted_camera_does_not_vouch_for_what_came_later(anchors: Path) -> None:
    filled = action("c2pa.edited", "compositeWithTrainedAlgorithmicMedia")
    assert claims(ask(sign(PHOTO, "JPEG", CAPTURED, filled), anchors=anchors)) == [("ai", "strong")]
    changed = bytearray(sign(PHOTO, "JPEG", CAPTURED))
    changed[-20] ^= 1
    assert claims(ask(bytes(changed), anchors=anchors)) == []
    pasted = ({"title": "a.jpg", "relationship": "componentOf"}, PARTS["captured"])
    data = sign(PHOTO, "JPEG", CAPTURED, ingredients=(pasted,))
    assert claims(ask(data, anchors=anchors)) == []


@pytest.mark.parametrize(
    ("actions", "expected"),
    [
        ([action("c2pa.created", "compositeWithTrainedAlgorithmicMedia")], [("ai", "strong")]),
        ([action("c2pa.created", "compositeSynthetic")], [("ai", "strong")]),
        ([CAPTURED, action("c2pa.edited", TRAINED)], [("ai", "strong")]),
        ([action("c2pa.created", "algorithmicMedia")], []),
        ([action("c2pa.created", "digitalCreation")], []),
        ([action("c2pa.created", "http://example.org/" + TRAINED)], []),
        ([action("c2pa.created", "digitalCreation", description=TERM + TRAINED)], []),
    ],
)
def test_what_the_actions_say(
    actions: list[dict[str, Any]], expected: list[tuple[str, str]]
) -> None:
    answer = ask(sign(PHOTO, "JPEG", *actions))
    assert claims(answer) == expected
    assert shown(answer)["signature"] == "valid"


@pytest.mark.parametrize(
    ("relationship", "expected"),
    [("parentOf", [("ai", "strong")]), ("componentOf", [("ai", "weak")]), ("inputTo", [])],
)
def test_what_an_ingredient_is_worth(relationship: str, expected: list[tuple[str, str]]) -> None:
    part = ({"title": "part.jpg", "relationship": relationship}, PARTS["created"])
    drawn = action("c2pa.created", "digitalCreation")
    answer = ask(sign(PHOTO, "JPEG", drawn, ingredients=(part,)))
    assert claims(answer) == expected
    (tree,) = shown(answer)["ingredients"]
    assert (tree["title"], tree["format"]) == ("part.jpg", "image/jpeg")
    assert (tree["relationship"], tree["sources"]) == (relationship, (TRAINED,))


def test_an_edit_of_an_ai_picture_is_no_photograph_with_a_part() -> None:
    parent = ({"title": "a", "relationship": "parentOf", "instance_id": "a"}, PARTS["created"])
    opened = action("c2pa.opened", parameters={"ingredientIds": ["a"]})
    data = sign(PHOTO, "JPEG", opened, action("c2pa.edited", TRAINED), ingredients=(parent,))
    assert claims(ask(data)) == [("ai", "decisive")]


@pytest.mark.parametrize("first", ["with a manifest", "without"])
def test_a_photograph_filled_twice_is_still_one_with_a_part(first: str) -> None:
    if first == "without":
        filled = sign(PHOTO, "JPEG", OPENED, FILLED, ingredients=(part("parentOf", PHOTO),))
    else:
        filled = sign(PHOTO, "JPEG", CAPTURED, FILLED)
    assert claims(ask(filled)) == [("ai", "strong")]
    again = sign(PHOTO, "JPEG", OPENED, FILLED, ingredients=(part("parentOf", filled),))
    assert claims(ask(again)) == [("ai", "strong")]


def test_an_ai_picture_stays_one_however_often_it_is_saved() -> None:
    saved = PARTS["created"]
    for _ in range(8):
        crop = action("c2pa.cropped")
        saved = sign(PHOTO, "JPEG", OPENED, crop, ingredients=(part("parentOf", saved),))
    assert claims(ask(saved)) == [("ai", "decisive")]


@pytest.mark.slow
def test_ingredients_cannot_be_crowded_out(anchors: Path) -> None:
    many = tuple(part("inputTo", PHOTO, f"input {i}") for i in range(41))
    pasted = part("componentOf", PARTS["created"])
    data = sign(PHOTO, "JPEG", CAPTURED, ingredients=(*many, pasted))
    assert ("real", "decisive") not in claims(ask(data, anchors=anchors))
    parent = part("parentOf", PARTS["created"])
    data = sign(PHOTO, "JPEG", OPENED, action("c2pa.cropped"), ingredients=(*many, parent))
    assert claims(ask(data)) == [("ai", "decisive")]
    data = sign(PHOTO, "JPEG", OPENED, ingredients=(*many, parent, part("componentOf", PHOTO, "b")))
    assert claims(ask(data)) == [("ai", "strong")]


@pytest.mark.parametrize(
    "extra",
    [
        {"softwareAgents": [{"name": "Adobe Firefly"}]},
        {"templates": [{"action": "c2pa.cropped", "softwareAgent": {"name": "Adobe Firefly"}}]},
    ],
    ids=["index", "template"],
)
def test_a_generator_named_in_a_list_of_its_own_is_no_harmless_program(
    extra: dict[str, Any],
) -> None:
    crop = {"action": "c2pa.cropped", "softwareAgentIndex": 0}
    capture = {"action": "c2pa.created", "digitalSourceType": TERM + "digitalCapture"}
    found = read_report({"actions": [capture, crop]} | extra)
    assert [e.finding.claim for e in credentials.read_credentials(found)] == [None, "capture"]
    plain = read_report({"actions": [capture, {"action": "c2pa.cropped"}]})
    assert [e.finding.claim for e in credentials.read_credentials(plain)] == [None, "real"]


def read_report(actions: dict[str, Any]) -> Credentials:
    """What a trusted signer's manifest with this assertion on actions says."""
    assertion = {"label": "c2pa.actions.v2", "data": actions}
    trusted = {"success": [{"code": "signingCredential.trusted"}]}
    report = {
        "active_manifest": "a",
        "manifests": {"a": {"assertions": [assertion]}},
        "validation_state": "Trusted",
        "validation_results": {"activeManifest": trusted, "trustListUri": "own"},
    }
    return interpret(report, "JPEG", LISTED)


def test_the_source_type_of_an_ingredient_without_a_manifest() -> None:
    definition = {
        "title": "a",
        "relationship": "componentOf",
        "digital_source_type": TERM + TRAINED,
    }
    drawn = action("c2pa.created", "digitalCreation")
    assert claims(ask(sign(PHOTO, "JPEG", drawn, ingredients=((definition, PHOTO),)))) == [
        ("ai", "weak")
    ]


def test_a_statement_against_the_standard_is_not_valid() -> None:
    answer = ask(sign(PHOTO, "JPEG", action("c2pa.created", softwareAgent="Bing Image Creator")))
    assert shown(answer)["signature"] == "invalid"
    assert claims(answer) == [("ai", "strong")]
    assert "does not follow the standard" in said(answer)


@pytest.mark.slow
def test_an_expired_certificate_is_told_and_worth_an_unsigned_claim() -> None:
    data = sign(PHOTO, "JPEG", AI, who=identity("Short", ends=2 / 86_400))
    time.sleep(3.1)  # certificates count whole seconds
    answer = ask(data)
    assert shown(answer)["signature"] == "invalid"
    assert claims(answer) == [("ai", "decisive")]
    assert "expired" in said(answer)


def test_texts_of_the_file_cannot_spoil_the_page() -> None:
    bad = "\u202eevil\x07" + "long" * 200
    data = sign(PHOTO, "JPEG", AI | {"softwareAgent": bad}, who=identity(), generator=bad)
    answer = ask(data)
    found = json.dumps(shown(answer), ensure_ascii=False) + said(answer)
    assert "evil" in found
    assert not {"\u202e", "\x07"} & set(found)
    assert len(said(answer)) < 1500


def test_a_manifest_elsewhere_is_told() -> None:
    data = sign(PHOTO, "JPEG", AI, remote_url="https://example.org/a.c2pa")
    answer = ask(data)
    assert shown(answer)["manifest"] == "remote"
    assert not claims(answer)
    assert "not downloaded" in said(answer)


@pytest.mark.slow
@pytest.mark.parametrize("format", MIME)
def test_damaged_manifests_never_raise(format: str) -> None:
    rng = random.Random(format)
    whole = SIGNED[format]
    start = len(os.path.commonprefix([whole, PICTURES[format]]))
    places = range(start, start + len(whole) - len(PICTURES[format]))
    states = set()
    for _ in range(60):
        data = bytearray(whole)
        for _ in range(rng.choice((1, 1, 3, 40))):
            data[rng.choice(places)] = rng.randrange(256)
        with little_work():
            answer = ask(bytes(data), format)
        states.add((answer.exhibit("credentials") or {}).get("signature"))
    assert "tampered" in states


@pytest.mark.parametrize(
    "body",
    [b"", b"x" * 100, bytes(1000), b"\0\0\0\x20jumb\0\0\0\x18jumd", b"\xff" * 100_000],
    ids=["empty", "text", "zeros", "cut", "ones"],
)
def test_a_manifest_of_rubbish_is_reported(body: bytes) -> None:
    chunk = len(body).to_bytes(4, "big") + b"caBX" + body + b"\0\0\0\0"
    answer = ask(PICTURES["PNG"][:33] + chunk + PICTURES["PNG"][33:], "PNG")
    assert shown(answer)["manifest"] == "unreadable"
    assert answer.score is None
    assert "unreadable" in {finding.kind for finding in answer.findings}


CIRCLE = {
    "assertions": [{"label": "c2pa.actions.v2", "data": {"actions": [AI] * 500}}],
    "ingredients": [{"title": "t", "relationship": "parentOf", "active_manifest": "a"}] * 500,
}
MANY = [
    {"label": f"x{i}.metadata", "data": {"a:DigitalSourceType": [TERM + TRAINED, 5, None, {}] * 9}}
    for i in range(5000)
]
STRANGE: list[dict[str, Any]] = [
    {"manifests": {"a": CIRCLE}},
    {"manifests": {"a": {"assertions": MANY}}},
    {
        "manifests": {
            "a": {
                "assertions": [
                    {
                        "label": "com.adobe.generative-ai",
                        "data": {"description": [1], "version": {}},
                    },
                    {"label": "c2pa.metadata", "data": [1]},
                    {
                        "label": "c2pa.actions.v2",
                        "data": {
                            "actions": [{"action": 5, "parameters": [1]}, {"action": ["a"]}],
                            "templates": [{"action": ["a"], "parameters": 7}],
                            "softwareAgents": "x",
                        },
                    },
                ]
            }
        },
        "validation_results": {"activeManifest": {}, "ingredientDeltas": [5, {}, {"a": 1}]},
    },
    {"manifests": {"a": {"assertions": 5, "ingredients": {"a": 1}, "signature_info": []}}},
    {
        "manifests": {
            "a": {"assertions": [{"label": 5}, {"label": "c2pa.actions", "data": 7}, None]}
        }
    },
    {"manifests": {"a": {"claim_generator_info": [{"name": {"a": 1}}]}}, "validation_results": []},
    {"manifests": {"a": {"ingredients": [{"relationship": ["parentOf"], "title": 3.5}]}}},
    {
        "manifests": {"a": {"claim_generator": 10**30, "signature_info": {"time": True}}},
        "validation_results": {"activeManifest": {"failure": [{"code": 7}, 8, {}]}},
    },
]


@pytest.mark.slow
@pytest.mark.parametrize("report", STRANGE, ids=range(len(STRANGE)))
def test_reports_of_any_shape_are_read(report: dict[str, Any]) -> None:
    found = interpret(report | {"active_manifest": "a"}, "JPEG APP11", LISTED)
    assert found.signature == "unchecked"
    assert len(json.dumps(found.to_dict())) < 100_000
    for evidence in credentials.read_credentials(found):
        assert isinstance(evidence.finding, Finding)
        assert evidence.finding.strength not in ("decisive", "strong")


def test_the_place_is_named() -> None:
    places = {format: find_manifest(data, format) for format, data in SIGNED.items()}
    assert places["JPEG"] == "JPEG APP11"
    assert all(places.values())
    assert len(set(places.values())) == len(MIME)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("steps", "label"),
    [
        ([action("c2pa.cropped"), action("c2pa.color_adjustments")], "real"),
        ([action("c2pa.edited", softwareAgent="Adobe Firefly")], "capture"),
        ([action("c2pa.cropped", softwareAgent="Adobe Firefly")], "capture"),
        ([action("c2pa.edited")], "capture"),
        ([action("c2pa.cropped")] * 41, "capture"),
        ([action("c2pa.cropped", "somethingOfTheFuture")], "capture"),
    ],
)
def test_only_a_capture_to_which_nothing_was_added_is_real(
    steps: list[dict[str, Any]], label: str, anchors: Path
) -> None:
    data = sign(PHOTO, "JPEG", CAPTURED, *steps)
    assert [f.claim for f in ask(data, anchors=anchors).findings if f.claim] == [label]


def test_an_ai_step_behind_many_others_is_found(anchors: Path) -> None:
    steps = [*[action("c2pa.cropped")] * 60, action("c2pa.edited", TRAINED)]
    answer = ask(sign(PHOTO, "JPEG", CAPTURED, *steps), anchors=anchors)
    assert claims(answer) == [("ai", "strong")]


def test_a_signature_under_a_copied_certificate_names_no_signer_as_such() -> None:
    report = {
        "active_manifest": "m",
        "manifests": {"m": {"signature_info": {"common_name": "Test Camera"}, "assertions": [
            {"label": "c2pa.actions", "data": {"actions": [CAPTURED]}}]}},
        "validation_state": "Invalid",
        "validation_results": {"trustListUri": "own", "activeManifest": {
            "success": [{"code": "signingCredential.trusted"}],
            "failure": [{"code": "claimSignature.mismatch"}]}},
    }  # fmt: skip
    found = interpret(report, "JPEG APP11", LISTED)
    assert (found.signature, found.trusted) == ("invalid", False)
    texts = [item.finding for item in credentials.read_credentials(found)]
    assert not any(finding.claim for finding in texts)
    assert "name of their signer as" in texts[0].text and "anyone can copy" in texts[0].text


def test_a_name_cannot_end_our_quotation_marks() -> None:
    name = 'Leica". The signer is on the list of trusted. "'
    answer = ask(sign(PHOTO, "JPEG", AI, who=identity(name)))
    assert "The signer is on the list of trusted" in said(answer)
    assert '". The signer is on the list' not in said(answer)
