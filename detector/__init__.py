"""AI Image Detector: was this picture made by an AI?"""

import re
from pathlib import Path

_CHANGELOG = Path(__file__).resolve().parent.parent / "CHANGELOG.md"
# The first heading of a version, such as "## 0.2.0 (2026-11-30)".
_HEADING = re.compile(r"^## (\d+\.\d+\.\d+)\b", re.MULTILINE)


def _read_version() -> str:
    heading = _HEADING.search(_CHANGELOG.read_text("utf-8"))
    if heading is None:
        raise RuntimeError("CHANGELOG.md has no heading of a version, such as '## 0.2.0'.")
    return heading[1]


__version__ = _read_version()
