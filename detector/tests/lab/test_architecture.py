"""The page on the architecture says what the code is."""

from __future__ import annotations

import re

import pytest

from detector.lab.architecture import PAGE, _reaches, put_picture, reduce_arrows
from detector.tests.factories.processes import ROOT

TEXT = PAGE.read_text("utf-8")


@pytest.mark.slow
def test_the_picture_is_that_of_the_imports() -> None:
    now = "run python -m detector.lab.architecture --write"
    assert put_picture(TEXT) == TEXT, now
    assert "  inference.pipeline --> inference.methods\n" in TEXT


@pytest.mark.slow
def test_a_picture_of_other_imports_is_replaced() -> None:
    start, _, rest = TEXT.partition("<!-- picture -->\n")
    end = rest.partition("<!-- end of picture -->")[2]
    old = f"{start}<!-- picture -->\nan old one\n<!-- end of picture -->{end}"
    assert put_picture(old) == TEXT


@pytest.mark.parametrize(
    ("arrows", "kept"),
    [
        (["ab", "bc", "ac"], ["ab", "bc"]),
        (["ab", "ba", "bc", "ac"], ["ab", "ba", "bc"]),  # a circle that both go out of
        (["ab", "cd"], ["ab", "cd"]),
    ],
)
def test_arrows_that_follow_from_others_are_left_out(arrows: list[str], kept: list[str]) -> None:
    given = [(arrow[0], arrow[1]) for arrow in arrows]
    left = reduce_arrows(given)
    assert all(_reaches(*arrow, left) for arrow in given), "who reaches whom stays the same"
    assert len(left) == len(kept)


@pytest.mark.parametrize("cell", re.findall(r"^\| (?:add|change) .+", TEXT, re.MULTILINE))
def test_each_place_that_the_table_names_is_there(cell: str) -> None:
    places = [name for name in re.findall(r"`([^`]+)`", cell) if not name.startswith("make ")]
    assert places
    paths = [name for name in places if "/" in name]
    code = "".join((ROOT / path).read_text() for path in paths if path.endswith(".py"))
    assert [path for path in paths if not (ROOT / path).exists()] == []
    names = [name for name in places if re.fullmatch(r"\w+", name) and name != "train"]
    assert [name for name in names if name not in code] == []
