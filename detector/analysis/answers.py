"""What is asked of an analysis and what comes back: plain data, never a decoded picture."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from detector.comparison.result import ComparisonResult
from detector.inference.images import ImageError, Limits
from detector.inference.results import FileFacts, Verdict
from detector.inference.runtime import Runtime
from detector.inference.wording import ENGLISH, say

from .confinement import AUTO

# The fields of an `Assessment` that are files.
PICTURES = ("preview", "error_levels", "thumbnail")


class Setup(NamedTuple):
    """What a process must know before its first picture.

    `memory` are the bytes that one analysis may take on top of what the loaded models take;
    `logging` is the dictionary of Django's LOGGING, `only` are the keys of the methods that run
    (None: all). `sandbox` is a mode of `confinement`; `private` are folders that the process may
    not see, `scratch` is the one in which it gets a folder of its own.
    """

    runtime: Runtime
    memory: int
    logging: dict[str, Any]
    only: tuple[str, ...] | None = None
    sandbox: str = AUTO
    private: tuple[Path, ...] = ()
    scratch: Path | None = None


class Job(NamedTuple):
    """The bytes of a file, what is accepted, and how many seconds the analysis may take.

    `with_pictures` asks for the preview and the error levels, too; `with_stability` asks whether
    the result stays the same when the picture is passed on. `id` names the analysis in the log.
    """

    data: bytes
    limits: Limits
    seconds: float
    with_pictures: bool = True
    with_stability: bool = False
    id: str = ""

    @property
    def size(self) -> int:
        """The bytes of the file."""
        return len(self.data)


class ComparisonJob(NamedTuple):
    """The bytes of two or more files to compare with one another, and the rest as in `Job`."""

    sources: tuple[bytes, ...]
    limits: Limits
    seconds: float
    id: str = ""

    @property
    def size(self) -> int:
        """The bytes of all files together."""
        return sum(map(len, self.sources))


@dataclass(frozen=True)
class ComparisonAnswer:
    """The result of a comparison, and its pictures by the names of their files."""

    result: ComparisonResult
    pictures: Mapping[str, bytes]


@dataclass(frozen=True)
class Assessment:
    """What is known about a picture: the verdict, with the facts of the file that it is about.

    `preview`, `error_levels` and `thumbnail` are WebP files, and `likeness` is the perceptual hash
    of the picture (see `detector.previews`); all are empty where nobody asked for them.
    """

    verdict: Verdict
    preview: bytes = b""
    error_levels: bytes = b""
    thumbnail: bytes = b""
    likeness: str = ""

    @property
    def file(self) -> FileFacts:
        """The facts of the file. Raises `ValueError` for a verdict that has none."""
        if self.verdict.file is None:
            raise ValueError("The verdict does not say which file it is about.")
        return self.verdict.file


class NotAnalysed(ImageError):
    """There is no verdict, and the file need not be damaged; the message is for the user.

    `status` says it in HTTP; `retry_after` are seconds after which the same may succeed, or None.
    """

    status = 422
    retry_after: int | None = None


class Refused(NotAnalysed):
    """One of the others, as it was written down."""

    def __init__(self, sentence: str, status: int, retry_after: int | None = None) -> None:
        super().__init__(sentence)
        self.status, self.retry_after = status, retry_after


class TooSlow(NotAnalysed):
    def __init__(self, seconds: float) -> None:
        super().__init__(say("refusal.slow", {"seconds": f"{seconds:g}"}, ENGLISH))


class NeedsMemory(NotAnalysed):
    status = 413

    def __init__(self, megabytes: int | None = None) -> None:
        code = "refusal.memory_limit" if megabytes else "refusal.memory_of_analysis"
        super().__init__(say(code, {"megabytes": megabytes}, ENGLISH))


class BrokenOff(NotAnalysed):
    def __init__(self) -> None:
        super().__init__(say("refusal.broken_off", {}, ENGLISH))


class NotReady(NotAnalysed):
    status, retry_after = 503, 30

    def __init__(self) -> None:
        super().__init__(say("refusal.not_ready", {}, ENGLISH))


class Busy(NotAnalysed):
    status, retry_after = 503, 10

    def __init__(self, waiting: int) -> None:
        super().__init__(say("refusal.busy", {"waiting": waiting}, ENGLISH))
