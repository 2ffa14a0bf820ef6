"""Method 3: payloads in the lowest bits, embedded here as the public scheme describes it."""

from __future__ import annotations

import gzip
import io
import json
from typing import Any

import numpy as np
import pytest
from PIL import Image

from detector.inference.images import open_image
from detector.inference.methods.forensics.containers.metadata import Metadata
from detector.inference.methods.forensics.containers.png import first_pixels
from detector.inference.methods.forensics.watermarks.stealth import add_stealth
from detector.tests.factories.hostile import problems
from detector.tests.factories.marked_files import COMFYUI, NOVELAI, PARAMETERS, SWARMUI, ask, claims
from detector.tests.factories.pictures import encode, noise, raw_png
from detector.tests.factories.stealth import MAGICS, canvas, embed

MB = 2**20


def hidden(magic: str, text: str, format: str = "PNG", mode: str = "RGBA") -> bytes:
    payload = gzip.compress(text.encode()) if magic.endswith("comp") else text.encode()
    options = {"lossless": True, "exact": True} if format == "WEBP" else {}
    return encode(embed(canvas(mode), magic, payload), format, **options)


LOSSLESSLY: dict[str, dict[str, Any]] = {
    "WEBP": {"lossless": True, "exact": True},
    "AVIF": {"quality": 100, "subsampling": "4:4:4"},
    "HEIF": {"quality": -1, "chroma": 444, "matrix_coefficients": 0},
}
PAYLOADS = {
    "a1111": PARAMETERS,
    "comfyui": json.dumps({"prompt": json.loads(COMFYUI)}),
    "swarmui": SWARMUI,
    "novelai": json.dumps(
        {"Description": "a cat", "Software": "NovelAI", "Source": "Stable Diffusion XL 7BCCAA2C",
         "Generation time": "4.5", "Comment": NOVELAI}
    ),
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("format", ["PNG", "WEBP"])
@pytest.mark.parametrize("magic", MAGICS)
@pytest.mark.parametrize("kind", PAYLOADS)
def test_a_hidden_payload_is_read_like_an_open_one(kind: str, magic: str, format: str) -> None:
    answer = ask(hidden(magic, PAYLOADS[kind], format))
    assert claims(answer)[kind] == "decisive"
    assert claims(answer)["stealth"] == "medium"
    assert all(magic in finding.where for finding in answer.findings if finding.kind == kind)
    assert magic in answer.used


@pytest.mark.parametrize("format", ["PNG", "WEBP", "BMP", "TIFF"])
def test_a_picture_without_alpha_can_hide_it_in_its_colours(format: str) -> None:
    answer = ask(hidden("stealth_rgbcomp", PARAMETERS, format, "RGB"))
    assert claims(answer) == {"a1111": "decisive", "stealth": "medium"}


@pytest.mark.slow
@pytest.mark.parametrize("format", ["PNG", "WEBP", "TIFF"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_bits_count_as_stored_however_the_picture_is_shown(
    orientation: int, format: str
) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    picture = embed(canvas("RGB"), "stealth_rgbcomp", gzip.compress(PARAMETERS.encode()))
    data = encode(picture, format, exif=exif, **LOSSLESSLY.get(format, {}))
    assert claims(ask(data)) == {"a1111": "decisive", "stealth": "medium"}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("format", "magic"),
    [("HEIF", "stealth_rgbcomp"), ("HEIF", "stealth_pngcomp"), ("AVIF", "stealth_pngcomp"),
     ("TIFF", "stealth_pngcomp")],
)  # fmt: skip
def test_every_format_that_can_be_lossless_can_hide_it(format: str, magic: str) -> None:
    """Pillow's AVIF keeps alpha without loss, but not the colours."""
    picture = embed(canvas(), magic, gzip.compress(PARAMETERS.encode()))
    data = encode(picture, format, **LOSSLESSLY.get(format, {}))
    assert claims(ask(data)) == {"a1111": "decisive", "stealth": "medium"}


def test_alpha_survives_where_the_colours_are_lossy() -> None:
    picture = embed(canvas(), "stealth_pngcomp", gzip.compress(PARAMETERS.encode()))
    assert claims(ask(encode(picture, "WEBP", quality=80)))["a1111"] == "decisive"


def test_the_picture_may_be_low_and_wide() -> None:
    picture = embed(canvas(width=900, height=7), "stealth_pnginfo", PARAMETERS.encode())
    assert claims(ask(encode(picture, "PNG")))["a1111"] == "decisive"


def test_another_programs_name_does_not_hide_the_payload() -> None:
    exif = Image.Exif()
    exif[0x0131] = "Adobe Photoshop 25.0"
    picture = embed(canvas(), "stealth_pngcomp", gzip.compress(PAYLOADS["novelai"].encode()))
    assert claims(ask(encode(picture, "PNG", exif=exif)))["novelai"] == "decisive"


@pytest.mark.slow
@pytest.mark.parametrize("magic", MAGICS)
@pytest.mark.parametrize(
    ("said", "payload", "bits"),
    [
        ("length_impossible", b"", None),
        ("length_impossible", b"abc", 23),
        ("length_impossible", b"abc", 2**32 - 8),
        ("more_bits", b"abc", 8 * 90_000),
    ],
)
def test_lying_lengths_are_reported(
    magic: str, said: str, payload: bytes, bits: int | None
) -> None:
    answer = ask(encode(embed(canvas(), magic, payload, bits), "PNG"))
    assert said in problems(answer)
    assert claims(answer) == {"stealth": "medium"}  # chance writes no magic word


@pytest.mark.slow
@pytest.mark.parametrize("magic", ["stealth_pngcomp", "stealth_rgbcomp"])
@pytest.mark.parametrize(
    ("said", "payload"),
    [
        ("inflated_long", gzip.compress(bytes(17 * MB), mtime=0)),
        ("compression_cut_off", gzip.compress(PARAMETERS.encode(), mtime=0)[:-12]),
        ("compression_damaged", PARAMETERS.encode()),
        ("not_text", gzip.compress(b"\xff\xfe\xfd", mtime=0)),
    ],
)
def test_a_damaged_payload_is_reported(magic: str, said: str, payload: bytes) -> None:
    answer = ask(encode(embed(canvas(width=2200), magic, payload), "PNG"))
    assert said in problems(answer)
    assert claims(answer) == {"stealth": "medium"}  # chance writes no magic word


@pytest.mark.parametrize("magic", MAGICS)
def test_a_picture_too_small_for_its_payload_is_reported(magic: str) -> None:
    side = 11 if "png" in magic else 6
    answer = ask(encode(embed(canvas("RGBA", side, side + 1), magic, b"x" * 90), "PNG"))
    assert "length_no_room" in problems(answer)


@pytest.mark.parametrize(
    ("magic", "text"),
    [
        ("stealth_pnginfo", "hello"),
        ("stealth_pngcomp", '{"prompt": "a cat"}'),
        ("stealth_rgbinfo", '["Steps: 20"]'),
    ],
)
def test_a_hidden_text_that_is_no_payload_does_not_decide(magic: str, text: str) -> None:
    assert claims(ask(hidden(magic, text))) == {"stealth": "medium"}


@pytest.mark.parametrize(
    ("magic", "mode"),
    [("stealth_pnginf0", "RGBA"), ("STEALTH_PNGINFO", "RGBA"), ("stealth_rgbinf0", "RGB")],
)
def test_another_magic_word_is_no_evidence(magic: str, mode: str) -> None:
    answer = ask(encode(embed(canvas(mode), magic, PARAMETERS.encode()), "PNG"))
    assert claims(answer) == {}
    assert problems(answer) == ""


def test_bits_in_the_wrong_channels_are_no_evidence() -> None:
    picture = embed(canvas(), "stealth_pnginfo", PARAMETERS.encode())
    red, green, blue, alpha = picture.split()
    assert claims(ask(encode(Image.merge("RGBA", (alpha, green, blue, red)), "PNG"))) == {}


@pytest.mark.parametrize("mode", ["L", "LA", "P", "1", "RGB", "RGBA"])
def test_a_plain_picture_of_any_mode_is_silent(mode: str) -> None:
    answer = ask(encode(noise(mode=mode), "PNG"))
    assert claims(answer) == {}
    assert problems(answer) == ""


@pytest.mark.parametrize(("format", "limit"), [("PNG", "MAX_PIXELS"), ("WEBP", "MAX_WEBP_PIXELS")])
def test_a_picture_beyond_the_limit_is_not_decoded_again(
    monkeypatch: pytest.MonkeyPatch, format: str, limit: str
) -> None:
    data = hidden("stealth_pnginfo", PARAMETERS, format)
    monkeypatch.setattr(
        f"detector.inference.methods.forensics.watermarks.stealth.{limit}", 96 * 80 - 1
    )
    assert open_image(data).width == 96
    assert claims(ask(data)) == {}


@pytest.mark.parametrize("filter_", range(5))
def test_the_first_column_is_read_through_every_filter(filter_: int) -> None:
    """The filters are applied here by the formulas of the PNG standard, all pixels of all rows."""
    pixels = np.array(noise(5, 130, "RGBA")).astype(int)
    pixels[..., 3] = np.arange(130 * 5).reshape(130, 5) * 7 % 256
    left, above, corner = np.zeros((3, 130, 5, 4), int)
    left[:, 1:], above[1:], corner[1:, 1:] = pixels[:, :-1], pixels[:-1], pixels[:-1, :-1]
    guess = left + above - corner
    distances = np.abs(np.stack([left, above, corner]) - guess)
    paeth = np.choose(distances.argmin(0), [left, above, corner])
    predicted = [0 * left, left, above, (left + above) // 2, paeth][filter_]
    rows = ((pixels - predicted) % 256).astype(np.uint8).reshape(130, -1)
    data = raw_png(5, 130, b"".join(bytes([filter_]) + row.tobytes() for row in rows), colour=6)
    assert np.array_equal(np.array(Image.open(io.BytesIO(data))), pixels)
    assert first_pixels(data, 5, 120) == [bytes(p) for p in pixels[:120, 0].astype(np.uint8)]


@pytest.mark.slow
@pytest.mark.parametrize("magic", MAGICS)
@pytest.mark.parametrize("height", [39, 40, 119, 120, 121, 300])
def test_a_payload_is_found_at_any_height(magic: str, height: int) -> None:
    payload = PARAMETERS.encode()
    payload = gzip.compress(payload) if magic.endswith("comp") else payload
    picture = embed(canvas("RGBA", 200, height), magic, payload)
    assert claims(ask(encode(picture, "PNG")))["a1111"] == "decisive"


def test_a_large_plain_picture_with_alpha_is_not_decoded_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    image = open_image(encode(noise(300, 300, "RGBA"), "PNG"))
    monkeypatch.setattr(Image, "open", lambda *args, **options: pytest.fail("decoded again"))
    metadata = Metadata()
    add_stealth(image, metadata)
    assert metadata.problems == {}
