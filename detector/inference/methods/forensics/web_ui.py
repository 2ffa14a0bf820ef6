"""The `parameters` text of AUTOMATIC1111's Stable Diffusion web UI, Forge, SD.Next and Fooocus.

A prompt, "Negative prompt: ...", and a line of settings, "Steps: 20, Sampler: Euler a, ...". The
text counts only if that line parses: a prompt alone, or the word "Steps", is no evidence.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from .evidence import Evidence, ai_claim, make_rows, summary
from .metadata import Metadata

CARRIERS = ("parameters", "UserComment", "GIF comment")
MAX_SETTINGS = 100_000

_SETTINGS = re.compile(r"(?:^|\s)(?=Steps: ?\d{1,5}\s*,)")
_PAIR = re.compile(r'([A-Za-z][\w \-/]{0,40}):\s*("(?:\\.|[^"\\])*"|[^,]*)(?:,|$)')
_NEGATIVE = re.compile(r"(?:^|\s)Negative prompt: ?")

# What the settings must look like; besides the steps, three of them make the grammar.
_SHAPES = {
    "Sampler": r"\w[\w +.\-/()]{1,60}",
    "Scheduler": r"\w[\w +.\-/()]{1,60}",
    "CFG scale": r"\d+(\.\d+)?",
    "Seed": r"-?\d{1,20}",
    "Size": r"\d{2,5}x\d{2,5}",
    "Model hash": r"[0-9a-fA-F]{6,64}",
    "Model": r".{1,300}",
}
_LEAST = 3
_SHOWN = {
    "Model": "model",
    "Seed": "seed",
    "Steps": "steps",
    "Sampler": "sampler",
    "CFG scale": "CFG scale",
    "Size": "size",
    "Version": "version",
}


def read_web_ui(metadata: Metadata) -> Iterator[Evidence]:
    """The settings of a Stable Diffusion web UI, wherever a picture carries them."""
    for text in metadata.carriers(*CARRIERS):
        settings = parse_settings(text.value)
        if settings:
            rows = make_rows(settings)
            fooocus = dict(rows).get("version", "").startswith("Fooocus")
            writers = "Fooocus writes" if fooocus else "Stable Diffusion web UIs write"
            said = f"The file holds the generation parameters that {writers}{summary(rows)}."
            yield ai_claim(said, "fooocus" if fooocus else "a1111", text.where, rows=rows)


def parse_settings(text: str) -> list[tuple[str, str]]:
    """(name, value) of prompt and settings; empty if the grammar does not hold."""
    starts = [match.end() for match in _SETTINGS.finditer(text)]
    if not starts:
        return []
    line = text[starts[-1] : starts[-1] + MAX_SETTINGS].partition("\n")[0]
    settings = {key.strip(): value.strip().strip('"') for key, value in _PAIR.findall(line)}
    held = [key for key, shape in _SHAPES.items() if re.fullmatch(shape, settings.get(key, ""))]
    if len(held) < _LEAST or not {"Seed", "Sampler"} & set(held):
        return []
    prompt, *negative = _NEGATIVE.split(text[: starts[-1]], maxsplit=1)
    found = [("prompt", prompt), ("negative prompt", negative[0] if negative else "")]
    return found + [(name, settings[key]) for key, name in _SHOWN.items() if key in settings]
