"""The twin: one form, signed, the same for two runs, and no byte of it can be changed."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from detector.inference.results import Verdict
from detector.reports.twin import NotGenuine, Twin, read_twin, read_verdict, to_bytes, write_twin
from detector.tests.factories.reporting import ANSWERED, FILE, KEY, MOMENT, VERSION, subject

PUBLIC = KEY.public_key()


def test_a_twin_is_read_back_with_its_key(twin: Twin):
    assert read_twin(to_bytes(twin), PUBLIC) == twin
    assert twin["author"] == ANSWERED.author
    assert twin["reported_by_you"][0]["answer"] == "It has a SynthID."
    assert twin["analysed"] == "2026-11-28T01:02:03+00:00" and twin["time_zone"] == "UTC"
    assert read_verdict(twin).file == FILE


def test_two_runs_have_the_same_twin_but_for_the_date(verdict: Callable[..., Verdict]):
    first = verdict(file=FILE, elapsed_ms=12.0, id="one", **VERSION)
    slower = tuple(replace(method, elapsed_ms=99.0) for method in first.methods)
    again = replace(first, elapsed_ms=80.0, id="two", created="2020-01-01", methods=slower)
    assert write_twin(subject(first), KEY) == write_twin(subject(again), KEY)
    later = write_twin(subject(first, analysed=MOMENT.replace(year=2027)), KEY)
    changed = {
        name for name, value in write_twin(subject(first), KEY).items() if later[name] != value
    }
    assert changed == {"analysed", "signature", "result"}
    assert later["result"]["created"] == later["analysed"]


def test_no_byte_can_be_changed(twin: Twin):
    data = to_bytes(twin)
    signature = data.index(b'"signature"')
    for place in [*range(0, signature, 13), *range(signature, len(data))]:
        changed = bytearray(data)
        changed[place] ^= 0x20 if chr(changed[place]).isalpha() else 1  # capitals are bytes, too
        with pytest.raises(NotGenuine):
            read_twin(bytes(changed), PUBLIC)


@pytest.mark.parametrize("added", [b" ", b"\n", b"{}"])
def test_nothing_can_be_added(twin: Twin, added: bytes):
    with pytest.raises(NotGenuine):
        read_twin(to_bytes(twin) + added, PUBLIC)


def test_another_key_is_named(twin: Twin):
    other = Ed25519PrivateKey.generate()
    with pytest.raises(NotGenuine, match="another key"):
        read_twin(to_bytes(twin), other.public_key())
    forged = {name: value for name, value in twin.items() if name != "signature"}
    forged["signature"] = twin["signature"] | {"value": other.sign(to_bytes(forged)).hex()}
    with pytest.raises(NotGenuine, match="changed after it was signed"):
        read_twin(to_bytes(forged), PUBLIC)


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"%!", "no JSON"),
        (b"[]", "no report of this program"),
        (b"[" * 100_000, "no JSON"),
        (json.dumps({"document": "AI Image Detector report", "schema": 9}).encode(), "schema 9"),
        (json.dumps({"document": "AI Image Detector report", "schema": 1}).encode(), "no Ed25519"),
    ],
)
def test_what_is_no_report_is_refused_with_a_sentence(data: bytes, sentence: str):
    with pytest.raises(NotGenuine, match=sentence):
        read_twin(data, PUBLIC)
