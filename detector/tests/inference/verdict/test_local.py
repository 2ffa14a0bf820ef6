"""A threshold of one's own: what it promises, when it holds, and what it changes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from detector.inference.results import Thresholds
from detector.inference.verdict.local import (
    HIGHEST,
    LocalThreshold,
    choose_threshold,
    file_in,
    find_local,
    local_state,
    pictures_needed,
)

LOCAL = LocalThreshold(0.6, 0.01, 0.95, 400, 1, "w" * 64, "2026-11-28")


@pytest.mark.parametrize(("limit", "needed"), [(0.01, 299), (0.05, 59), (0.001, 2995)])
def test_a_smaller_share_takes_more_pictures(limit: float, needed: int) -> None:
    """Known from tables of tolerance limits (Wilks 1941)."""
    assert pictures_needed(limit) == needed


@pytest.mark.slow
def test_threshold_lies_above_all_real_pictures_that_may_be_no_alarm() -> None:
    scores = [*np.linspace(0, 0.5, 298), 0.7005]
    assert choose_threshold(scores, 0.01) == 0.701, "of 299 none may be an alarm"
    more = [*np.linspace(0, 0.5, 471), 0.7005, 0.8]
    assert choose_threshold(more, 0.01) == 0.701, "of 473 one may be: the upper end is 0.9997 %"


@pytest.mark.slow
def test_too_few_pictures_are_refused() -> None:
    with pytest.raises(ValueError, match="299 or more"):
        choose_threshold([0.1] * 298, 0.01)


@pytest.mark.slow
def test_threshold_is_never_above_the_score_of_evidence_in_the_file() -> None:
    with pytest.raises(ValueError, match=str(HIGHEST)):
        choose_threshold([0.999] * 299, 0.01)


@pytest.mark.slow
def test_promise_is_kept_with_the_confidence_that_is_named() -> None:
    """Of many installations with real pictures of one distribution, 95 % have at most 5 %."""
    rng = np.random.default_rng(0)
    broken = [
        1 - choose_threshold(list(rng.random(300) * 0.98), 0.05) / 0.98 > 0.05 for _ in range(1000)
    ]
    assert np.mean(broken) < 0.06


def test_what_is_called_real_does_not_reach_beyond_it() -> None:
    assert LOCAL.applied_to(Thresholds(0.2, 0.9)) == Thresholds(0.2, 0.6)
    assert LOCAL.applied_to(Thresholds(0.7, 0.9)) == Thresholds(0.6, 0.6)


def test_what_is_written_is_found_for_the_same_weights_alone(tmp_path: Path) -> None:
    assert find_local(tmp_path, LOCAL.weights) == (None, None)
    assert local_state(tmp_path) == ""
    LOCAL.write(tmp_path)
    local, note = find_local(tmp_path, LOCAL.weights)
    assert local == LOCAL and note is not None and note.code == "thresholds.local"
    assert "at most 1.0% of real pictures" in note.text and "400" in note.text
    local, note = find_local(tmp_path, "other")
    assert local is None and note is not None and note.code == "thresholds.outdated"


def test_state_changes_with_the_threshold(tmp_path: Path) -> None:
    LOCAL.write(tmp_path)
    before = local_state(tmp_path)
    replace(LOCAL, ai=0.7).write(tmp_path)
    assert before and local_state(tmp_path) != before


@pytest.mark.parametrize("content", ["", "{}", "no JSON", '{"ai": 7}'])
def test_a_damaged_one_is_not_used_and_this_is_said(tmp_path: Path, content: str) -> None:
    LOCAL.write(tmp_path)
    file_in(tmp_path).write_text(content)
    local, note = find_local(tmp_path, LOCAL.weights)
    assert local is None and note is not None and note.code == "thresholds.unusable"
