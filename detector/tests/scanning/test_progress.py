"""What a scan says about its progress."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from detector.scanning import progress as progress_module
from detector.scanning.progress import Progress
from detector.scanning.sources import open_source
from detector.tests.factories.scanning import save_pictures


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time now, in seconds."""
    now = [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    return now


def test_a_log_gets_a_line_each_minute_with_the_time_left(
    tmp_path: Path, clock: list[float]
) -> None:
    source, log = open_source(str(save_pictures(tmp_path / "photos", 5))), list[str]()
    progress = Progress(source, log.append)
    progress._counting.join()
    progress.skip()
    clock[0] = progress_module.INTERVAL - 1
    progress.add(failed=False)
    assert not log
    clock[0] = 7200.0
    progress.add(failed=True)
    wanted = "2 pictures in 7,200 s, 0.0 a second; 1 were finished before; 2 h 0 min left."
    assert log == [wanted] and progress.errors == 1
    progress.close()
