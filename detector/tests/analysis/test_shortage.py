"""A lack of memory is told from other failures: in a method, in an upload, on the command line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from detector.analysis.answers import Job
from detector.analysis.work import carry_out
from detector.inference.images import ImageError, Limits, open_image
from detector.inference.pipeline import Detector
from detector.inference.shortage import is_shortage
from detector.installation import get_detector, get_runtime
from detector.management.commands.detect import detect_paths
from detector.tests.factories.stubs import make_stub


def caused(error: Exception, cause: Exception) -> Exception:
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        RuntimeError("std::bad_alloc"),
        OSError("out of memory error when reading image file"),
        RuntimeError("Failed to allocate 1000 bytes of memory"),
        RuntimeError("Insufficient memory (Failed to allocate 12 bytes in function 'create')"),
        caused(ValueError("The file is damaged"), MemoryError()),
    ],
)
def test_a_lack_of_memory_is_known_by_its_type_its_text_or_its_cause(error: Exception) -> None:
    assert is_shortage(error)


@pytest.mark.parametrize(
    "error",
    [OSError("broken data stream"), ValueError("bad header"), caused(OSError(""), KeyError("a"))],
)
def test_other_errors_are_none(error: Exception) -> None:
    assert not is_shortage(error)


@pytest.mark.parametrize("error", [MemoryError(), RuntimeError("std::bad_alloc")])
def test_a_method_without_memory_says_so_and_the_others_answer(
    use_methods: Callable[..., None], jpeg: bytes, error: Exception
) -> None:
    use_methods(deep_learning=make_stub(error), statistical=make_stub())
    starved, other = Detector(get_runtime()).run_methods(open_image(jpeg))
    assert starved.status == "error" and "more memory" in starved.findings[0].text
    assert other.score == 0.9


@pytest.mark.parametrize("where", ["open_image", "make_preview", "make_error_levels"])
def test_an_upload_without_memory_is_not_called_damaged(
    use_methods: Callable[..., None], jpeg: bytes, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    """Nor if the door says so: it may only see that some library has failed."""
    use_methods(deep_learning=make_stub())

    def starve(*args: object) -> None:
        raise ImageError("The file is damaged or cut off.") from RuntimeError("std::bad_alloc")

    monkeypatch.setattr(f"detector.analysis.work.{where}", starve)
    with pytest.raises(MemoryError):
        carry_out(get_detector(), Job(jpeg, Limits(), 60))


def test_a_damaged_upload_is_called_damaged(use_methods: Callable[..., None], jpeg: bytes) -> None:
    use_methods(deep_learning=make_stub())
    with pytest.raises(ImageError, match="damaged or cut off"):
        carry_out(get_detector(), Job(jpeg[: len(jpeg) // 2], Limits(), 60))


def test_the_command_line_says_it_of_the_one_file(
    use_methods: Callable[..., None], jpeg: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_methods(deep_learning=make_stub())
    for name in ("a.jpg", "b.jpg"):
        (tmp_path / name).write_bytes(jpeg)
    opened = []

    def starve_once(path: Path) -> object:
        opened.append(path)
        if len(opened) == 1:
            raise MemoryError
        return open_image(path)

    monkeypatch.setattr("detector.management.commands.detect.read_image", starve_once)
    starved, other = detect_paths(get_detector(), sorted(tmp_path.glob("*.jpg")))
    assert "needs more memory than there is" in starved["error"] and "error" not in other
