"""A copy of the program, whose files a test may damage while it runs."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from detector.tests.factories.processes import ROOT

PARTS = ("ai_image_detector", "detector", "docs", "static", "templates")
FILES = ("CHANGELOG.md", "manage.py")


def copy_program(folder: Path) -> Path:
    """The folder with a copy of the project without its tests.

    The files are those of the project under a second name where the disk lets that be, so write
    into none of them: `replace` puts another one in its place.
    """
    for part in PARTS:
        left_out = shutil.ignore_patterns("tests")
        shutil.copytree(ROOT / part, folder / part, copy_function=_link, ignore=left_out)
    for name in FILES:
        _link(ROOT / name, folder / name)
    return folder


def _link(source: str | Path, target: str | Path) -> None:
    try:
        os.link(source, target)
    except OSError:  # another disk
        shutil.copy2(source, target)


def replace(file: Path, data: bytes) -> None:
    """Give the path another file with these bytes, in one step."""
    draft = file.with_name(f".{file.name}")
    draft.write_bytes(data)
    draft.rename(file)
