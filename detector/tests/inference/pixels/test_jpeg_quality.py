"""One estimate of JPEG quality, on files of every kind that encoders write."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from detector.inference.images import open_image
from detector.inference.methods.forensics.structure.quantisation import describe, read_compression
from detector.inference.pixels.blind_spots import about_compression
from detector.inference.pixels.jpeg_quality import (
    MAX_WIDE_STEP,
    MOZJPEG,
    OWN,
    STANDARD,
    JpegQuality,
    TablesDamaged,
    jpeg_quality,
    quality_of,
    read_tables,
    scaled_tables,
)
from detector.tests.factories.pictures import encode, noise
from detector.training.genimage.reading import Facts, read_facts

# The tables of brightness and colour of a camera: even over the frequencies, unlike the standard.
CAMERA = [[3 + step // 12 for step in range(64)], [4 + step // 8 for step in range(64)]]
COARSE_CAMERA = [[20 + 2 * step for step in range(64)], [30 + 3 * step for step in range(64)]]
KINDS = {
    "4:4:4": {"subsampling": 0},
    "4:2:2": {"subsampling": 1},
    "4:2:0": {"subsampling": 2},
    "progressive": {"progressive": True},
    "restarts": {"restart_marker_rows": 1},
    "RGB": {"keep_rgb": True, "subsampling": 0},
}


def tables(names: tuple[str, ...], quality: int, most: int = 255) -> list[list[int]]:
    return [scaled_tables(name, most)[quality - 1].tolist() for name in names]


@pytest.mark.slow
@pytest.mark.parametrize("quality", range(1, 101))
def test_every_standard_quality_is_exact(quality: int) -> None:
    for image in (noise(), noise(mode="L")):
        assert jpeg_quality(encode(image, "JPEG", quality=quality)) == JpegQuality(
            quality, STANDARD
        )


@pytest.mark.parametrize("options", KINDS.values(), ids=KINDS.keys())
@pytest.mark.parametrize("quality", [1, 12, 50, 88, 100])
def test_the_quality_is_that_of_the_tables_whatever_the_coding(
    options: dict[str, int], quality: int
) -> None:
    data = encode(noise(64, 64), "JPEG", quality=quality, **options)
    assert jpeg_quality(data) == JpegQuality(quality, STANDARD)


@pytest.mark.parametrize("quality", [1, 30, 95, 100])
def test_four_colours_have_a_quality(quality: int) -> None:
    data = encode(noise(mode="CMYK"), "JPEG", quality=quality)
    assert jpeg_quality(data) == JpegQuality(quality, STANDARD)


@pytest.mark.parametrize("quality", [*range(1, 24), 24, 25, 60])
def test_steps_of_two_bytes_are_told_apart(quality: int) -> None:
    """libjpeg writes them at low quality unless it is told to stay with a baseline file."""
    data = encode(noise(), "JPEG", qtables=tables(("luma", "chroma"), quality, MAX_WIDE_STEP))
    assert (data[data.index(b"\xff\xdb") + 4] >> 4 == 1) == (quality < 24)
    assert jpeg_quality(data) == JpegQuality(quality, STANDARD)


@pytest.mark.parametrize("quality", [4, 20, 49, 75, 99])
@pytest.mark.parametrize("most", [255, MAX_WIDE_STEP])
def test_mozjpegs_tables_are_known(quality: int, most: int) -> None:
    (table,) = tables(("robidoux",), quality, most)
    data = encode(noise(), "JPEG", qtables=[table, table])
    assert jpeg_quality(data) == JpegQuality(quality, MOZJPEG)


@pytest.mark.parametrize("quality", range(3, 98, 5))
def test_tables_near_the_standard_get_its_quality(quality: int) -> None:
    (table,) = tables(("luma",), quality)
    near = [min(255, step + n % 2) for n, step in enumerate(table)]
    found = jpeg_quality(encode(noise(), "JPEG", qtables=[near, near]))
    assert found is not None and found.tables == OWN
    assert abs(found.value - quality) <= 6


def test_colours_of_another_quality_are_tables_of_its_own() -> None:
    data = encode(noise(), "JPEG", qtables=[*tables(("luma",), 85), *tables(("chroma",), 61)])
    assert jpeg_quality(data) == JpegQuality(85, OWN)


CASES = {
    **{f"quality {quality}": {"quality": quality} for quality in (*range(1, 50, 4), 49, 50, 100)},
    "camera": {"qtables": CAMERA},
    "coarse camera": {"qtables": COARSE_CAMERA},
    "mozjpeg": {"qtables": tables(("robidoux",), 33) * 2},
    "two bytes": {"qtables": tables(("luma", "chroma"), 7, MAX_WIDE_STEP)},
    "progressive": {"quality": 9, "progressive": True},
}


@pytest.mark.parametrize("options", CASES.values(), ids=CASES.keys())
def test_a_page_and_a_training_set_never_say_two_qualities(
    options: dict[str, int], tmp_path: Path
) -> None:
    (tmp_path / "x.jpg").write_bytes(encode(noise(), "JPEG", **options))
    image, facts = open_image(tmp_path / "x.jpg"), read_facts(tmp_path / "x.jpg")
    code, params = describe(read_compression(image.data))
    note = about_compression(image)
    assert note is None or note.params["quality"] == params["quality"]
    assert isinstance(facts, Facts) and facts.quality == params["quality"]
    assert bool(note) == (facts.quality < 50)
    assert (code == "compression.own") == (params["tables"] == OWN)


# Where the tables stand.


def dqt(number: int, table: list[int]) -> bytes:
    """A segment with a table of one byte a step; in these tests all steps of a table are equal."""
    return b"\xff\xdb" + struct.pack(">HB", 67, number) + bytes(table)


def sof(*components: tuple[int, int]) -> bytes:
    body = b"".join(bytes([name, 0x11, number]) for name, number in components)
    head = struct.pack(">HBHHB", 8 + len(body), 8, 16, 16, len(components))
    return b"\xff\xc0" + head + body


def sos(*names: int) -> bytes:
    body = bytes([len(names)]) + b"".join(bytes([name, 0]) for name in names) + b"\0\x3f\0"
    return b"\xff\xda" + struct.pack(">H", len(body) + 2) + body + b"\x12\x34\xff\0\x56"


def steps(*parts: bytes) -> list[int]:
    return [int(table[0]) for table in read_tables(b"\xff\xd8" + b"".join(parts) + b"\xff\xd9")]


def flat(step: int) -> list[int]:
    return [step] * 64


def test_the_last_table_before_the_scan_counts() -> None:
    assert steps(dqt(0, flat(3)), sof((1, 0)), dqt(0, flat(5)), sos(1)) == [5]


def test_a_table_after_the_scan_does_not_count() -> None:
    assert steps(dqt(0, flat(3)), sof((1, 0)), sos(1), dqt(0, flat(5))) == [3]


def test_colours_in_scans_of_their_own_may_get_their_table_late() -> None:
    parts = (dqt(0, flat(3)), sof((1, 0), (2, 0)), sos(1), dqt(0, flat(5)), sos(2))
    assert steps(*parts) == [3, 5]


def test_a_later_scan_of_the_same_colour_changes_nothing() -> None:
    parts = (dqt(0, flat(3)), sof((1, 0), (2, 0)), sos(1), dqt(0, flat(5)), sos(1), sos(2))
    assert steps(*parts) == [3, 5]


def test_the_first_frame_counts() -> None:
    parts = (dqt(0, flat(3)), dqt(1, flat(5)), sof((1, 0)), sof((1, 1)), sos(1))
    assert steps(*parts) == [3]


def test_a_header_alone_has_its_tables() -> None:
    assert steps(sof((1, 2), (2, 0)), dqt(0, flat(3)), dqt(2, flat(5))) == [5, 3]


def test_what_a_preview_holds_is_not_looked_at() -> None:
    preview = encode(noise(16, 16), "JPEG", quality=20)
    block = b"\xff\xe1" + struct.pack(">H", len(preview) + 8) + b"Exif\0\0" + preview
    data = encode(noise(), "JPEG", quality=90)
    assert jpeg_quality(data[:2] + block + data[2:]) == JpegQuality(90, STANDARD)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (dqt(0, flat(0)) + sof((1, 0)) + sos(1), "table_zero"),
        (dqt(1, flat(1)) + sof((1, 0)) + sos(1), "table_missing"),
        (sof((1, 0)) + sos(1) + dqt(0, flat(1)), "table_missing"),
        (dqt(0, flat(1)), "table_missing"),
        (dqt(4, flat(1)) + sof((1, 0)), "table_damaged"),
        (dqt(0x20, flat(1)) + sof((1, 0)), "damaged"),
        (dqt(0x10, flat(1)) + sof((1, 0)), "damaged"),
        (dqt(0, flat(1)) * 65 + sof((1, 0)), "tables_many"),
        (dqt(0, flat(1)) + b"\xff\xc0\0\x0a\x08\0\x10\0\x10\x09\1\x11", "frame_cut_off"),
        (b"\xff\xfe\0\2" * 20_001, "damaged"),
        (b"", "table_missing"),
    ],
)
def test_damaged_tables_have_no_quality(data: bytes, reason: str) -> None:
    whole = b"\xff\xd8" + data + b"\xff\xd9\0\0"
    with pytest.raises(TablesDamaged, match=reason):
        quality_of(read_tables(whole))
    assert jpeg_quality(whole) is None


@pytest.mark.parametrize("data", [b"", b"\xff\xd8", b"text", b"\xff\xda\0\2"])
def test_what_is_no_jpeg_has_no_quality(data: bytes) -> None:
    assert jpeg_quality(data) is None


def test_the_distance_to_own_tables_is_that_of_logarithms() -> None:
    """By the plain difference, which counts the coarse steps most, it would be 39."""
    assert jpeg_quality(encode(noise(), "JPEG", qtables=COARSE_CAMERA)) == JpegQuality(34, OWN)
