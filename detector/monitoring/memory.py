"""How much memory the processes of this installation have, by what they do. On Linux alone."""

from __future__ import annotations

import os
from collections import defaultdict
from pathlib import Path

PROC = Path("/proc")
# What stands in the command line of a process -> what it does; the first that fits counts.
KINDS = {
    "detector.analysis.child": "analysis",
    "credentials_child": "credentials",
    "\0work\0": "worker",
}


def find_memory() -> dict[str, int]:
    """Resident bytes of this process and of those that it started, by kind; {} elsewhere."""
    if not PROC.is_dir():
        return {}
    memory: dict[str, int] = defaultdict(int)
    memory["web"] = _resident(PROC / "self")
    for process in _descendants(os.getpid()):
        memory[_kind(process)] += _resident(process)
    return dict(memory)


def _descendants(pid: int) -> list[Path]:
    """The processes below one, found by the parent that each names."""
    children = defaultdict(list)
    for process in PROC.glob("[0-9]*"):
        if parent := _parent(process):
            children[parent].append(process)
    found: list[Path] = []
    waiting = [pid]
    while waiting:
        new = children.get(waiting.pop(), [])
        found += new
        waiting += [int(process.name) for process in new]
    return found


def _parent(process: Path) -> int:
    # The name of the program is in brackets and may hold anything, so it is cut off.
    text = _read(process / "stat").rpartition(")")[2].split()
    return int(text[1]) if len(text) > 1 else 0


def _kind(process: Path) -> str:
    command = f"{_read(process / 'cmdline')}\0"
    return next((kind for mark, kind in KINDS.items() if mark in command), "other")


def _resident(process: Path) -> int:
    numbers = _read(process / "statm").split()
    return int(numbers[1]) * os.sysconf("SC_PAGE_SIZE") if len(numbers) > 1 else 0


def _read(path: Path) -> str:
    try:
        return path.read_text(errors="replace")
    except OSError:  # it has just ended
        return ""
