"""Method 3: every kind of evidence in every container that carries it, on tiny real files."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from detector.tests.factories.marked_files import (
    COMMENTS,
    EXIF_FORMATS,
    PARAMETERS,
    TEXTS,
    ask,
    claims,
    exif,
    png,
    with_exif,
)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["tEXt", "zTXt", "iTXt", "iTXt compressed"])
@pytest.mark.parametrize("name", TEXTS)
def test_a_generators_texts_decide_in_every_kind_of_png_text(name: str, kind: str) -> None:
    answer = ask(png(TEXTS[name], kind=kind))
    assert claims(answer)[name.split()[0]] == "decisive"
    assert answer.score == 0.99
    assert answer.findings[0].where.startswith("PNG ")
    assert answer.used == "PNG chunks"


@pytest.mark.slow
@pytest.mark.parametrize("format", EXIF_FORMATS)
@pytest.mark.parametrize("kind", COMMENTS)
def test_a_generators_user_comment_decides_in_every_container(kind: str, format: str) -> None:
    answer = ask(with_exif(format, exif(UserComment=COMMENTS[kind])))
    assert claims(answer) == {kind: "decisive"}
    assert answer.findings[0].where.endswith("UserComment")


@pytest.mark.parametrize(
    "encode",
    [
        lambda text: b"UNICODE\0" + text.encode("utf-16-le"),
        lambda text: b"UNICODE\0" + text.encode("utf-16"),
        lambda text: b"ASCII\0\0\0" + text.encode(),
        lambda text: bytes(8) + text.encode(),
        lambda text: text.encode(),
    ],
    ids=["little endian", "byte order mark", "ascii", "undefined", "no prefix"],
)
def test_a_user_comment_is_read_in_every_encoding(encode: Callable[[str], bytes]) -> None:
    answer = ask(with_exif("JPEG", exif(UserComment=encode(PARAMETERS))))
    assert claims(answer) == {"a1111": "decisive"}
