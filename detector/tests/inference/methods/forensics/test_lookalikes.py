"""Method 3 on words and settings of other trades: nothing there claims more than weakly."""

from __future__ import annotations

import json

import pytest

from detector.tests.factories.carriers import PLACES
from detector.tests.factories.marked_files import UUID, ask, claims, exif, png, with_exif

SIZE, SEED = "Size: 20x30", "Seed: 12"
TEXTS = {
    "fitness": f"Steps: 10432, Distance: 7 km, {SIZE}, {SEED}, Model: Garmin",
    "a short walk": f"Steps: 432, Sampler: wrist, {SIZE}, {SEED}, Model: Garmin, Version: 1.9",
    "more steps than any sampler takes": f"Steps: 10432, CFG scale: 7, {SEED}, {SIZE}",
    "steps without a number": f"Steps: many, CFG scale: 7, {SEED}, {SIZE}, Model: x",
    "cooking": f"Steps: 3, mix flour, CFG scale: none, {SEED}, {SIZE}, Model: Kitchen",
    "tasting": f"Steps: 12, Sampler: chef Karras, {SEED}, {SIZE}, Model: wine",
    "knitting": f"Steps: 40, {SEED}, {SIZE}, Sampler: Aran, Scheduler: rows, Model: shawl",
    "milling": f"Steps: 200, {SEED}, Size: 300x200, Scheduler: G-code, Model: MK3, Clip: 2",
    "a game": "Seed: 123456789, Size: 64x64, Steps: 100, Model: voxel, Version: v1.20.1",
    "gardening": "Steps: 5, Seed: 24, Sampler: soil corer, Size: 40x60, Model: raised bed",
    "a camera": "Steps: 3, Sampler: Bayer, Model: EOS R5, Size: 6000x4000, Seed: 0",
    "music": "Steps: 16, Sampler: MPC60, Seed: 808, Size: 16x16, Model: TR-808, Scale: 7",
    "statistics": "Steps: 1000, Sampler: NUTS, Seed: 42, Model: hierarchical, Size: 100x20",
    "chains": "Steps: 500; Sampler: Gibbs; Seed: 42; Model: Ising; Size: 64x64",
    "equations": "Steps: 500, Sampler: Euler, Seed: 3, Size: 64x64, Model: Lorenz",
    "equations, one per line": "Steps: 500\nSampler: Heun\nSeed: 3\nSize: 64x64\nModel: Lorenz",
    "training": "Steps: 900, Seed: 4, Scheduler: cosine, Model hash: deadbeef, Size: 224x224",
    "a lattice": "Steps: 99 | Seed: 4 | Model: random walk | Size: 512x512 | Sampler: Metropolis",
    "chess": "Seed: 2, Steps: 40, Model: Stockfish 16, Size: 8x8, Sampler: opening book",
    "a slicer": '"model.stl" -s 5 -S 12 -o part.gcode',
    "a shop's job": "Poster A2, matt. Job ID: 1234-5678",
    "a job in the middle": f"Job ID: {UUID} was printed",
    "steps in words": "Steps: open the door. Sampler: none. Seed: none. CFG scale: high.",
    "a line like imaginAIry's": '"x" seed:4 steps:5 speed:7',
    "a chunk in a comment": 'tEXtprompt\0{"1":{"class_type":"KSampler"}}',
    "nothing disclosed": "ai_disclosed: none; ai_used: false; AI: none",
    "a program's name": "Firefly Camera FW 1.2",
}
OBJECTS = {
    "a form": {"prompt": "Enter your name", "steps": 3, "model": "form"},
    "a language model": {"prompt": "a", "model": "gpt-4", "temperature": 0.7, "seed": 5,
                         "max_tokens": 9, "steps": 1},
    "a trial of psychology": {"prompt": "Press a key", "negative_prompt": "Wrong!", "seed": 4,
                              "steps": 12, "sampler": "latin square"},
    "a training": {"seed": 1, "steps": 1000, "scheduler": "cosine", "model": "resnet",
                   "guidance": 0.1},
    "a simulation": {"c": "red", "seed": 1, "steps": 5, "scale": 3, "model": "m",
                     "sampler": "grid"},
    "a chess engine": {"prompt": "e4 e5", "seed": 4, "steps": 30, "sampler": "beam"},
    "a game's world": {"seed": 42, "width": 64, "height": 64, "steps": 9, "version": "1.20"},
    "a picture's settings": {"image": {"width": 9, "height": 9, "steps": 3, "seed": 4}},
    "a knitting machine": {"steps": 40, "seed": 3, "scale": 7, "prompt": "cast on", "model": "x"},
    "nodes and edges": {"nodes": [{"id": "1", "type": "input", "data": {"label": "denoise"}}],
                        "edges": [{"source": "1", "target": "2"}]},
    "a photo editor's graph": {"nodes": {"a": {"type": "denoise"}, "b": {"type": "wavelet_denoise"},
                                         "c": {"type": "export"}}, "edges": []},
    "a label of another kind": {"Label": "1", "ContentProducer": "x"},
    "a version": {"version": "Fooled 1", "prompt": "a", "seed": 1, "steps": 2, "sampler": "x"},
}  # fmt: skip
WEAK = {
    "a synthesizer": {"nodes": [{"id": 1, "type": "audio/sampler"}, {"id": 2, "type": "out"}],
                      "links": [[1, 1, 0, 2, 0, "audio"]]},
    "a shader": {"nodes": [{"id": 1, "type": "TextureSampler2D"}, {"id": 2, "type": "Output"}],
                 "links": [[1, 1, 0, 2, 0, "vec4"]]},
    "physics": {"nodes": [{"id": 1, "type": "HeatFlux"}, {"id": 2, "type": "SavePlot"}],
                "links": [[1, 1, 0, 2, 0, "*"]]},
}  # fmt: skip
SOME_PLACES = (
    "JPEG comment", "GIF comment", "EXIF ImageDescription", "EXIF XPComment", "XMP d:description",
    "IPTC 120", "PNG tEXt Comment", "PNG iTXt prompt",
)  # fmt: skip
ALL = TEXTS | {name: json.dumps(data) for name, data in OBJECTS.items()}


@pytest.mark.slow
@pytest.mark.parametrize("name", ALL)
def test_the_words_of_other_trades_claim_nothing(name: str) -> None:
    for place in SOME_PLACES:
        answer = ask(PLACES[place](ALL[name]))
        assert claims(answer) == {}, place
    assert claims(ask(png({"parameters": ALL[name]}))) == {}
    assert claims(ask(with_exif("JPEG", exif(UserComment=ALL[name])))) == {}


@pytest.mark.parametrize("name", WEAK)
def test_the_graphs_of_other_programs_decide_nothing(name: str) -> None:
    for key in ("workflow", "any name"):
        answer = ask(png({key: json.dumps(WEAK[name])}))
        assert set(claims(answer).values()) <= {"weak"}


@pytest.mark.parametrize("name", ["fitness", "music", "statistics", "equations"])
def test_a_camera_beside_other_words_stays_a_camera(name: str) -> None:
    data = exif(Make="Canon", Model="EOS R5", Software="Firefly Camera FW 1.2")
    data.get_ifd(0x8769).update({0x829A: 0.01, 0x829D: 2.8})
    data.get_ifd(0x8769)[0x9286] = b"ASCII\0\0\0" + TEXTS[name].encode()
    answer = ask(with_exif("JPEG", data))
    assert claims(answer) == {}
    assert any(finding.claim == "capture" for finding in answer.findings)
