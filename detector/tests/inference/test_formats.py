"""The one table of file formats: every row is whole, and no table of functions forgot one."""

from __future__ import annotations

import mimetypes

import c2pa
import pytest

from detector.inference.decoding.prepare import OPENERS
from detector.inference.formats import (
    CAMERA_RAW,
    FORMAT_NAMES,
    FORMATS,
    RAW,
    SEVERAL_JPEGS,
    SUFFIXES,
    family,
    format_of,
)
from detector.inference.images import ImageError, open_image
from detector.inference.methods.forensics.c2pa.jumbf import FINDERS
from detector.inference.methods.forensics.containers.walk import WALKERS, read_metadata
from detector.inference.methods.forensics.watermarks.stealth import SAYS_ALPHA
from detector.tests.factories.pictures import encode, noise
from detector.tests.factories.raw import make_dng
from detector.training.genimage.reading import ACCEPTED_FORMATS, ACCEPTED_NAMES


def test_no_table_of_functions_forgot_a_format() -> None:
    assert OPENERS.keys() == FORMATS.keys()
    assert WALKERS.keys() == FORMATS.keys() | {RAW}
    assert FINDERS.keys() == {name for name, row in FORMATS.items() if row.c2pa} | {RAW}
    assert SAYS_ALPHA.keys() == {name for name, row in FORMATS.items() if row.keeps != "never"}


@pytest.mark.slow
@pytest.mark.parametrize("name", FORMATS)
def test_a_file_of_each_format_is_opened_as_that_format(name: str) -> None:
    row, data = FORMATS[name], encode(noise(), name)
    assert open_image(data).format == name
    assert row.signature.match(data[:12])
    assert [other for other, r in FORMATS.items() if r.signature.match(data[:12])] in (
        [name],
        ["HEIF", "AVIF"],
    )
    assert read_metadata(data, name).containers[0] == row.container


@pytest.mark.slow
@pytest.mark.parametrize("name", FORMATS)
def test_white_space_in_front_is_passed_over_where_the_row_says_so(name: str) -> None:
    data = b" \n" + encode(noise(), name)
    if FORMATS[name].behind_space:
        assert open_image(data).format == name
    else:
        with pytest.raises(ImageError):
            open_image(data)


def test_names_suffixes_and_media_types_are_of_one_format_each() -> None:
    rows = [*FORMATS.values(), CAMERA_RAW]
    assert sum(len(row.suffixes) for row in rows) == len(SUFFIXES)
    assert len({row.title for row in rows}) == len({row.mime for row in rows}) == len(rows)
    assert FORMAT_NAMES == "JPEG, PNG, WebP, GIF, BMP, TIFF, HEIC, AVIF or camera RAW"
    for row in FORMATS.values():
        known = {mimetypes.guess_type(f"x{suffix}")[0] for suffix in row.suffixes}
        assert row.mime in known or known == {None}


@pytest.mark.parametrize("name", FORMATS)
def test_the_library_of_c2pa_takes_the_media_type_where_c2pa_has_a_place(name: str) -> None:
    row = FORMATS[name]
    assert (row.mime in c2pa.Reader.get_supported_mime_types()) == bool(row.c2pa)


def test_a_raw_file_has_a_row_of_its_own() -> None:
    data = make_dng(noise(32))
    assert open_image(data).format == RAW and format_of(RAW) is CAMERA_RAW
    assert CAMERA_RAW.signature.match(data[:12])
    assert CAMERA_RAW.mime in c2pa.Reader.get_supported_mime_types()
    assert read_metadata(data, RAW).containers[0] == CAMERA_RAW.container


def test_several_jpegs_in_a_file_are_a_jpeg() -> None:
    assert family(SEVERAL_JPEGS) == "JPEG" and format_of(SEVERAL_JPEGS) is FORMATS["JPEG"]
    assert all(family(name) == name for name in FORMATS)
    with pytest.raises(KeyError):
        format_of("PSD")


def test_what_is_learnt_from_has_more_than_256_colours() -> None:
    assert set(FORMATS) - set(ACCEPTED_FORMATS) == {"GIF"}
    assert ACCEPTED_NAMES == "JPEG, PNG, WebP, BMP, TIFF, HEIC and AVIF"
