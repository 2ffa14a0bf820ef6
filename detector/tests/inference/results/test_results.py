"""Results go through JSON and come back the same; what is no result is refused by name."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given, settings

from detector.inference.methods import METHODS
from detector.inference.results import InvalidResult, MethodResult, Verdict
from detector.inference.results.schema import json_schema
from detector.tests.conftest import make_verdict
from detector.tests.factories.any_results import verdicts
from detector.tests.factories.verdicts import result

PUBLISHED = Path(__file__).parents[4] / "docs" / "result.schema.json"
VALIDATOR = jsonschema_rs.Draft202012Validator(json_schema())


def through_json(value: Any) -> Any:
    return json.loads(json.dumps(value, allow_nan=False))


@settings(max_examples=25, deadline=None)
@given(verdicts)
def test_a_verdict_comes_back_the_same_and_fits_the_schema(verdict: Verdict) -> None:
    data = through_json(verdict.to_dict())
    assert Verdict.from_dict(data) == verdict
    assert through_json(Verdict.from_dict(data).to_dict()) == data
    VALIDATOR.validate(data)


def test_the_published_schema_is_that_of_the_types() -> None:
    """Write it anew with json.dumps(json_schema(), indent=2)."""
    assert json.loads(PUBLISHED.read_text()) == json_schema()
    jsonschema_rs.meta.validate(json_schema())


def broken(change: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
    data = through_json(make_verdict().to_dict())
    change(data)
    return data


FAULTS = {
    "result.methods[0].score is 'high'": lambda d: d["methods"][0].update(score="high"),
    "result.methods[1].findings[0].claim is 'fake'": lambda d: d["methods"][1]["findings"][
        0
    ].update(claim="fake"),
    "result.outcome is 'real'": lambda d: d["verdict"].update(outcome="real"),
    "result.methods[0] has no field 'role'": lambda d: d["methods"][0].pop("role"),
    "result has the unknown field 'mood'": lambda d: d["verdict"].update(mood="good"),
    "result.verdict has the unknown field 'methods'": lambda d: d["verdict"].update(methods=[]),
    "result.elapsed_ms is True": lambda d: d.update(elapsed_ms=True),
    "result.notes is 'none'": lambda d: d.update(notes="none"),
    "result.contributions is []": lambda d: d["verdict"].update(contributions=[]),
    "result.file is 7": lambda d: d.update(file=7),
    "A score is in [0, 1], not 1.5": lambda d: d["verdict"].update(score=1.5),
    "This is no result of schema 1": lambda d: d.update(schema=0),
    "result.verdict is missing": lambda d: d.pop("verdict"),
}


@pytest.mark.parametrize("message", FAULTS)
def test_what_is_no_result_is_refused_with_the_place_and_the_value(message: str) -> None:
    data = broken(FAULTS[message])
    with pytest.raises(InvalidResult, match=re.escape(message)):
        Verdict.from_dict(data)
    assert not VALIDATOR.is_valid(data)


@pytest.mark.parametrize("data", [None, [], "text", 7])
def test_what_is_no_object_is_no_result(data: Any) -> None:
    with pytest.raises(InvalidResult):
        Verdict.from_dict(data)


def test_numbers_are_rounded_on_their_way_out() -> None:
    data = make_verdict("ai", 0.123456, elapsed_ms=12.345).to_dict()
    assert (data["verdict"]["score"], data["elapsed_ms"]) == (0.1235, 12.3)


def test_only_what_everybody_may_see_is_in_the_json() -> None:
    method = MethodResult("a", 1, "A", "ok", 0.5, least_weight=0.7, raw_log_odds={"w": 2.0})
    assert method.to_dict().keys() & {"least_weight", "raw_log_odds", "declarations"} == set()


@pytest.mark.parametrize(
    ("score", "lean"),
    [(None, None), (0.0, "real"), (0.4, "real"), (0.41, None), (0.6, "ai"), (1.0, "ai")],
)
def test_a_method_leans_to_a_side_outside_a_middle_band(
    score: float | None, lean: str | None
) -> None:
    assert result("a", score).lean == lean


def test_every_method_has_a_number_of_its_own_and_a_name() -> None:
    assert [spec.number for spec in METHODS.values()] == [1, 2, 3, 4]
    titles = [spec.title for spec in METHODS.values()]
    assert titles[0] == "Method 1: Deep Learning Model"
    assert titles[3] == "Method 4: Hugging Face Specialized Models"
