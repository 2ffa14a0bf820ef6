"""Camera RAW files are told from TIFF and HEIC, checked before they are developed, and upright."""

from __future__ import annotations

import numpy as np
import pytest
import rawpy
from PIL import Image

from detector.inference.decoding.raw import is_raw
from detector.inference.images import ImageError, Limits, open_image
from detector.inference.methods.forensics.containers.walk import read_metadata
from detector.inference.pixels.abstention import reason_to_abstain
from detector.lab.comparison.scenes import make_scene
from detector.tests.factories.pictures import encode
from detector.tests.factories.raw import make_cr3_head, make_dng


def correlate(first: Image.Image, second: Image.Image) -> float:
    one, other = (np.asarray(each.convert("L"), float).ravel() for each in (first, second))
    return float(np.corrcoef(one, other)[0, 1])


@pytest.mark.parametrize(("turn", "quarters"), [(1, 0), (3, 2), (6, 3), (8, 1)])
def test_a_dng_is_developed_upright(turn: int, quarters: int) -> None:
    scene = make_scene(90, 60)
    image = open_image(make_dng(scene, turn=turn))
    shown = scene.rotate(90 * quarters, expand=True)
    assert image.format == "RAW" and image.rgb.size == shown.size
    assert correlate(image.rgb, shown) > 0.98
    assert [note.code for note in image.notes] == ["picture.raw_developed"]


@pytest.mark.slow
def test_other_files_are_no_raw_files() -> None:
    scene = make_scene(40, 30)
    for name in ("TIFF", "HEIF", "JPEG", "PNG"):
        assert not is_raw(encode(scene, name))
        assert open_image(encode(scene, name)).format == name
    assert not is_raw(b"") and not is_raw(b"II*\0") and not is_raw(b"II*\0\xff\xff\xff\xff")


def test_the_size_of_the_sensor_is_checked_before_it_is_developed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    data = make_dng(make_scene(90, 60))

    class Watched(rawpy.RawPy):
        def unpack(self) -> None:
            pytest.fail("The sensor was decoded.")

    monkeypatch.setattr(rawpy, "RawPy", Watched)
    with pytest.raises(ImageError, match="180 x 120 pixels"):
        open_image(data, Limits(max_pixels=20_000))
    with pytest.raises(ImageError, match="GB of memory"):
        open_image(data, Limits(max_memory=100_000))


@pytest.mark.parametrize("share", [0.03, 0.5, 0.99])
def test_a_raw_file_that_is_cut_off_is_refused(share: float) -> None:
    data = make_dng(make_scene(90, 60))
    with pytest.raises(ImageError, match="damaged"):
        open_image(data[: int(len(data) * share)])


def test_an_unknown_raw_file_is_refused_with_what_to_do() -> None:
    with pytest.raises(ImageError, match="Convert it to DNG"):
        open_image(make_cr3_head())


def test_where_the_sensor_cannot_be_decoded_the_preview_is_shown_and_a_note_says_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    scene = make_scene(160, 120)
    preview = rawpy.Thumbnail(rawpy.ThumbFormat.JPEG, encode(scene, "JPEG"))

    class Undecodable(rawpy.RawPy):
        def unpack(self) -> None:
            raise rawpy.LibRawFileUnsupportedError

        def extract_thumb(self) -> rawpy.Thumbnail:
            return preview

    monkeypatch.setattr(rawpy, "RawPy", Undecodable)
    image = open_image(make_dng(make_scene(90, 60), turn=6))
    assert image.rgb.size == (120, 160)
    assert correlate(image.rgb, scene.rotate(-90, expand=True)) > 0.98
    assert [note.code for note in image.notes] == ["picture.raw_preview"]


def test_the_camera_is_read_from_a_dng_and_from_a_cr3() -> None:
    for data in (make_dng(make_scene(40, 30)), make_cr3_head()):
        metadata = read_metadata(data, "RAW")
        assert metadata.camera["ExposureTime"] == "1/250 s" and not metadata.problems
        assert metadata.value("Make") in ("Testmake", "Canon")


def test_the_methods_do_not_judge_the_pixels_of_a_raw_file() -> None:
    reason = reason_to_abstain(open_image(make_dng(make_scene(90, 60))))
    assert reason is not None and reason.code == "blind.raw"
