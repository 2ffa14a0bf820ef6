"""Facts from metrics.json of the weights folders: whole, broken and missing files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from detector.accuracy.figure import Figure
from detector.accuracy.weights import read_weights


def test_facts_of_weights_are_read(tmp_path: Path):
    (tmp_path / "cnn").mkdir()
    training = {"n_ai": 12, "n_real": 13, "sources": 4, "generators": 3, "arguments": {"seed": 4}}
    calibration = {"n_ai": 5, "n_real": 6, "roc_auc": 0.7, "roc_auc_interval": [0.6, 0.8]}
    metrics = {"training": training, "calibration": calibration}
    (tmp_path / "cnn" / "metrics.json").write_text(json.dumps(metrics))
    (weights,) = read_weights(tmp_path, ["cnn"])
    assert weights.training["n_real"] == 13 and weights.arguments == {"seed": 4}
    assert weights.roc_auc == Figure(0.7, 0.6, 0.8)
    assert weights.ece == Figure(None, reason="not measured")


@pytest.mark.parametrize(
    "text", [None, "", "[]", '{"training": 7}', '{"calibration": {"ece": "x"}}']
)
def test_weights_without_facts_are_still_named(text: str | None, tmp_path: Path):
    (tmp_path / "cnn").mkdir()
    if text is not None:
        (tmp_path / "cnn" / "metrics.json").write_text(text)
    (weights,) = read_weights(tmp_path, ["cnn"])
    assert weights.folder == "cnn" and weights.training == {} and weights.roc_auc.value is None
