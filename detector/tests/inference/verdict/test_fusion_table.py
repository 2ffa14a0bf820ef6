"""The fitted table of numbers on disk: read as it stands, or refused with what is accepted."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from detector.inference.runtime import WEIGHTS_DIR
from detector.inference.verdict.fusion import load_fusion
from detector.inference.weights.folder import write_digests
from detector.tests.factories.verdicts import FUSION

SUBSETS = {key: asdict(subset) for key, subset in FUSION.subsets.items()}
CONFIG: dict[str, Any] = {
    "subsets": SUBSETS,
    "thresholds": {"real": 0.2, "ai": 0.8},
    "file_method": "file",
    "file_weight": 1.0,
}


def write_fusion(folder: Path, text: str) -> Path:
    (folder / "fusion").mkdir()
    (folder / "fusion" / "config.json").write_text(text)
    write_digests(folder / "fusion")
    return folder


def test_the_shipped_fusion_can_be_read() -> None:
    fusion = load_fusion(WEIGHTS_DIR)
    assert fusion.digest and 0 < fusion.thresholds.real < fusion.thresholds.ai < 1


def test_a_fusion_is_read_as_it_stands(tmp_path: Path) -> None:
    fusion = load_fusion(write_fusion(tmp_path, json.dumps(CONFIG)))
    assert fusion.subsets == FUSION.subsets and fusion.thresholds == FUSION.thresholds


@pytest.mark.parametrize(
    "config",
    [
        [],
        None,
        {},
        {key: value for key, value in CONFIG.items() if key != "thresholds"},
        {key: value for key, value in CONFIG.items() if key != "subsets"},
        CONFIG | {"thresholds": {"real": 0.2}},
        CONFIG | {"surplus": 1},
        CONFIG | {"subsets": {k: v for k, v in SUBSETS.items() if k != "a"}},
        CONFIG | {"subsets": {"a": SUBSETS["a"] | {"weights": {"b": 1}}}},
        CONFIG | {"subsets": {"a": {"intercept": 0, "weights": {"a": 1}}}},
        CONFIG | {"subsets": {"a": {"weights": {"a": 1}, "thresholds": {"real": 0.2, "ai": 0.8}}}},
        CONFIG | {"subsets": {"a": 1}},
        CONFIG | {"subsets": {k: v for k, v in SUBSETS.items() if k != "a+b"}},
        CONFIG | {"subsets": SUBSETS | {"a": SUBSETS["a"] | {"weights": {"a": 1, "b": 1}}}},
        CONFIG | {"file_weight": -0.1},
        CONFIG | {"file_weight": 3.1},
        CONFIG | {"file_weight": float("nan")},
        CONFIG | {"file_method": 7},
        CONFIG | {"thresholds": {"real": 0.8, "ai": 0.2}},
        CONFIG | {"thresholds": {"real": 0.2, "ai": 1.5}},
        CONFIG | {"thresholds": {"real": -0.1, "ai": 0.8}},
        CONFIG | {"subsets": {"a": SUBSETS["a"] | {"weights": {"a": 9.0}}}},
        CONFIG | {"subsets": {"a": SUBSETS["a"] | {"weights": {"a": -1.0}}}},
        CONFIG | {"subsets": {"a": SUBSETS["a"] | {"intercept": float("inf")}}},
    ],
)
def test_a_broken_fusion_is_a_value_error(tmp_path: Path, config: Any) -> None:
    with pytest.raises(ValueError, match="accepted"):
        load_fusion(write_fusion(tmp_path, json.dumps(config)))


def test_a_fusion_of_more_methods_than_there_can_be_is_a_value_error(tmp_path: Path) -> None:
    """Before their subsets are counted: they double with each method."""
    fits = {f"a{i}": SUBSETS["a"] | {"weights": {f"a{i}": 1}} for i in range(256)}
    with pytest.raises(ValueError, match="accepted are fits of at most 8 methods"):
        load_fusion(write_fusion(tmp_path, json.dumps(CONFIG | {"subsets": fits})))


def test_a_fusion_that_is_no_json_is_a_value_error(tmp_path: Path) -> None:
    with pytest.raises(ValueError):
        load_fusion(write_fusion(tmp_path, "{"))


def test_a_missing_fusion_is_an_os_error(tmp_path: Path) -> None:
    with pytest.raises(OSError):
        load_fusion(tmp_path)


def test_the_standing_weight_of_a_method_is_that_beside_all_others() -> None:
    assert [FUSION.weight_of(key) for key in ("a", "b", "file", "newcomer")] == [0.6, 0.5, 1.0, 0.0]
