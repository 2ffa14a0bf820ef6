"""Names of generators: one list, whichever way a name is spelled and wherever it stands."""

from __future__ import annotations

import pytest

from detector.inference.methods.forensics.claims.generator_names import (
    is_generator,
    is_name,
    names_program,
)
from detector.tests.factories.marked_files import ask, exif, with_exif

SPELLINGS = [
    "DALL-E 3", "dalle3", "DALL·E", "dall.e", "dall e",
    "Stable Diffusion XL", "stable-diffusion", "StableDiffusion", "stable_diffusion",
    "AUTOMATIC1111", "automatic 1111", "InvokeAI_1", "Leonardo.ai", "Leonardo AI", "gpt-image-1",
]  # fmt: skip


@pytest.mark.parametrize("name", SPELLINGS)
def test_a_name_is_known_however_it_is_spelled(name: str) -> None:
    assert names_program(name) and is_name(name) and is_generator(f"{name} for Windows")
    findings = ask(with_exif("JPEG", exif(Software=f"{name} for Windows"))).findings
    assert "software" in [finding.kind for finding in findings]


@pytest.mark.parametrize("name", ["Firefly", "Imagen", "Gemini", "Flux", "GPT", "Niji"])
def test_a_name_that_means_something_else_too_counts_alone(name: str) -> None:
    assert is_name(name) and is_generator(f"{name} 2") and not names_program(name)
    assert not is_generator(f"{name} Media Server")


@pytest.mark.parametrize("name", ["Leonardo", "Adobe Photoshop", "GIMP 2.10", "Stable", "Draw", ""])
def test_other_programs_are_no_generators(name: str) -> None:
    assert not is_generator(name) and not names_program(name)
