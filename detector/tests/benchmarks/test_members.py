"""The members of method 4 beside the pipeline of transformers, with small networks."""

from __future__ import annotations

import pytest

from detector.benchmarks.members import measure_members


@pytest.mark.slow
@pytest.mark.usefixtures("conversion_here")
def test_three_members_answer_and_are_timed_beside_the_pipeline() -> None:
    said = {line.name: line.value for line in measure_members(runs=1, megapixels=0.1, layers=1)}
    assert said["Members that answered"].count("FINE-TUNED") == 3
    assert "times" in said["Members beside the pipeline"]
