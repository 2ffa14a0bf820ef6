"""Which copy is nearer to the camera, and what is said of each."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from detector.comparison.ranking import CopyFacts, rank
from detector.comparison.result import ComparisonResult, File, Geometry, PairResult, Region
from detector.comparison.sentences import describe_changes, describe_region, describe_relation
from detector.inference.results import InvalidResult

PLAIN = Geometry(1.0, 1.0, 0.0, False, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0, "similarity")
PAIR = PairResult(1, "same", 300, 320, 200, 0.98, PLAIN, 1.2, (), False, True)
FILES = (File("JPEG", 4000, 3000, 92, False), File("JPEG", 4000, 3000, 92, False))
RESULT = ComparisonResult(FILES, 0, (PAIR,))
REGION = Region(0.7, 0.05, 0.8, 0.15, 5.04, 0.011)


def with_geometry(**changes: Any) -> ComparisonResult:
    return replace(RESULT, pairs=(replace(PAIR, geometry=replace(PLAIN, **changes)),))


def order(result: ComparisonResult, *facts: CopyFacts) -> tuple[list[int], str]:
    ranking = rank(result, facts)
    return [copy.place for copy in ranking.copies], ranking.certainty


def test_files_that_say_the_same_are_not_told_apart() -> None:
    assert order(RESULT, CopyFacts(), CopyFacts()) == ([0, 1], "open")


@pytest.mark.parametrize(
    ("facts", "certainty"),
    [
        (CopyFacts(captured=True, maker_notes=True), "clear"),
        (CopyFacts(captured=True), "likely"),
        (CopyFacts(credentials="trusted"), "clear"),
        (CopyFacts(credentials="valid"), "likely"),
        (CopyFacts(thumbnail="same"), "open"),
    ],
)
def test_what_only_a_camera_writes_speaks_for_a_copy(facts: CopyFacts, certainty: str) -> None:
    assert order(RESULT, CopyFacts(), facts) == ([1, 0], certainty)


@pytest.mark.parametrize(
    "facts",
    [
        CopyFacts(editor="Photoshop"),
        CopyFacts(shared=True),
        CopyFacts(thumbnail="other"),
        CopyFacts(credentials="broken"),
        CopyFacts(generated=True),
    ],
)
def test_what_later_programs_leave_speaks_against_it(facts: CopyFacts) -> None:
    places, certainty = order(RESULT, facts, CopyFacts())
    assert places == [1, 0] and certainty != "open"
    assert rank(RESULT, [facts, CopyFacts()]).copies[1].reasons


def test_a_raw_file_is_nearest() -> None:
    files = (replace(FILES[0], format="RAW", raw=True, quality=None), FILES[1])
    result = replace(RESULT, files=files)
    camera = CopyFacts(captured=True, maker_notes=True, thumbnail="same")
    assert order(result, CopyFacts(), camera)[0] == [0, 1]


def test_the_copy_that_shows_more_and_finer_detail_is_nearer() -> None:
    cropped = with_geometry(left=800.0, covered=0.8)
    assert [n.code for n in rank(cropped, [CopyFacts()] * 2).copies[0].reasons] == [
        "copy.shows_most"
    ]
    reduced = with_geometry(across=0.5, down=0.5)
    codes = [n.code for n in rank(reduced, [CopyFacts()] * 2).copies[0].reasons]
    assert codes == ["copy.finest"]
    enlarged = replace(reduced, pairs=(replace(reduced.pairs[0], enlarged=True),))
    assert rank(enlarged, [CopyFacts()] * 2).copies[0].reasons == ()


def test_the_least_compressed_copy_is_named() -> None:
    result = replace(RESULT, files=(FILES[0], replace(FILES[1], quality=60)))
    assert [n.code for n in rank(result, [CopyFacts()] * 2).copies[0].reasons] == ["copy.quality"]


def test_of_different_pictures_no_size_is_compared() -> None:
    pair = replace(PAIR, relation="different", geometry=None)
    files = (FILES[0], replace(FILES[1], width=400, height=300, quality=30))
    result = ComparisonResult(files, 0, (pair,))
    assert rank(result, [CopyFacts()] * 2).copies[0].reasons == ()


def texts(result: ComparisonResult) -> str:
    return " ".join(note.text for note in describe_changes(result.pairs[0], result))


def test_what_was_done_is_told_in_words_and_numbers() -> None:
    said = texts(with_geometry(left=400.0, bottom=300.2, covered=0.81, across=0.25, down=0.25))
    assert "shows 81 % of the reference. At the left 400 pixels are missing." in said
    assert "At the bottom 300 pixels are missing." in said and "At the top" not in said
    assert "reduced to 25.0 % of the size" in said
    assert "No part differs more" in said


def test_turns_mirroring_bends_and_stretching_are_told() -> None:
    said = texts(with_geometry(angle=-90.0, mirrored=True, bent=4.2, across=1.2, down=1.0))
    assert "mirrored, left to right" in said and "counter-clockwise by 90.0 degrees" in said
    assert "up to 4 pixels" in said and "120 % of the width and 100 % of the height" in said
    assert "shows more" in texts(with_geometry(right=-200.0)) and "Nothing was cropped" in texts(
        RESULT
    )


def test_another_format_and_another_quality_are_told() -> None:
    files = (FILES[0], replace(FILES[1], quality=55))
    assert "JPEG quality 55; the reference was saved at 92" in texts(replace(RESULT, files=files))
    files = (replace(FILES[0], format="PNG", quality=None), FILES[1])
    said = texts(replace(RESULT, files=files))
    assert "It is a JPEG; the reference is a PNG." in said and "quality of about 92" in said


def test_changed_parts_are_told_with_their_place() -> None:
    pair = replace(PAIR, regions=(REGION, REGION))
    said = texts(replace(RESULT, pairs=(pair,)))
    assert "2 parts differ" in said and "2.2 % of the picture" in said
    assert describe_region(REGION).text.startswith("Top right: 1.1 % of the picture, 5.0 times")


def test_the_relation_is_told_with_its_numbers() -> None:
    assert "300 of 320 matched points" in describe_relation(PAIR).text
    other = replace(PAIR, relation="different", geometry=None, inliers=3)
    assert "only 3 points" in describe_relation(other).text
    assert describe_changes(other, RESULT) == []


def test_a_result_survives_json_and_refuses_anything_else() -> None:
    result = replace(RESULT, pairs=(replace(PAIR, regions=(REGION,)),))
    assert ComparisonResult.from_dict(result.to_dict()) == result
    for broken in (None, {}, result.to_dict() | {"reference": "x"}, {"schema": 1}):
        with pytest.raises(InvalidResult):
            ComparisonResult.from_dict(broken)
