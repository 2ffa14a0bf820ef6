"""The memory and the work of processes, as Linux counts them."""

from __future__ import annotations

import re
from pathlib import Path

PROC = Path("/proc")


def read_memory(pid: int) -> int:
    """Resident bytes of a process; 0 for one that has ended."""
    return _read(pid, "VmRSS")


def read_peak(pid: int) -> int:
    """The most resident bytes that a process has had since `forget_peak`; 0 for an ended one."""
    return _read(pid, "VmHWM")


def forget_peak(pid: int) -> None:
    """Let the peak begin at what the process has now. Raises `OSError` for an ended one."""
    (PROC / str(pid) / "clear_refs").write_text("5")


def find_children(pid: int) -> list[int]:
    """The processes that a process has started and that have not ended."""
    tasks = (PROC / str(pid) / "task").glob("*/children")
    return [int(child) for task in tasks for child in _text(task).split()]


def _read(pid: int, field: str) -> int:
    match = re.search(rf"^{field}:\s*(\d+) kB", _text(PROC / str(pid) / "status"), re.MULTILINE)
    return int(match[1]) * 1024 if match else 0


def _text(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:  # it has ended meanwhile
        return ""


def megabytes(size: float) -> str:
    """Bytes in words."""
    return f"{size / 1e6:,.0f} MB"
