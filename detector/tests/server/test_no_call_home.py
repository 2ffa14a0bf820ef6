"""No connection is opened while pictures are analysed, whatever they ask for, in no process."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from detector.tests.factories.processes import ROOT

UNSHARE = ["unshare", "--net"] if hasattr(os, "getuid") and os.getuid() == 0 else ["unshare", "-rn"]


def can_be_alone() -> bool:
    if shutil.which("unshare") is None:
        return False
    return subprocess.run([*UNSHARE, "true"], capture_output=True).returncode == 0


pytestmark = [
    pytest.mark.browser,  # the real server, with all networks
    pytest.mark.slow,
    pytest.mark.skipif(not can_be_alone(), reason="no network namespaces for this user"),
]


def test_a_served_analysis_reaches_for_nobody(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    done = subprocess.run(
        [*UNSHARE, sys.executable, "-m", "detector.tests.factories.alone", str(folder)],
        cwd=ROOT, capture_output=True, text=True, timeout=500,
        env=os.environ | {"DJANGO_SETTINGS_MODULE": "ai_image_detector.settings"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout.splitlines()[-1])
    assert set(told["states"].values()) == {"done"}, told
    served, control = told["changes"]
    # The connections of this test to the server, and nothing else.
    assert served.pop("Tcp:ActiveOpens") == told["own"]
    assert set(served.values()) == {0}, served
    assert control["Ip:OutNoRoutes"] > 0
