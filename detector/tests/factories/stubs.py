"""Methods that need no model, and a pool without a process, for tests of what stands around them.

Methods come in through METHODS, the same door as the real ones.
"""

from __future__ import annotations

from dataclasses import dataclass

from detector import installation
from detector.analysis.answers import (
    Assessment,
    ComparisonAnswer,
    ComparisonJob,
    Job,
    NeedsMemory,
)
from detector.analysis.work import carry_out, carry_out_comparison
from detector.inference.images import SourceImage
from detector.inference.method import Answer, Method
from detector.inference.methods import MethodSpec
from detector.inference.results import Finding


class Here:
    """Stands for `Pool`: analyses in this process, where METHODS is what the test made of it."""

    def analyse(self, job: Job) -> Assessment:
        try:
            return carry_out(installation.get_detector(), job)
        except MemoryError as error:
            raise NeedsMemory from error

    def compare(self, job: ComparisonJob) -> ComparisonAnswer:
        return carry_out_comparison(job)

    def count_running(self) -> int:
        return 1


SAID = Answer(0.9, (Finding("deep_learning.agree", {"side": "ai"}),), "a stub")


class Stub(Method):
    """Gives `answer`, or raises it; counts what it is asked, and says that `disk` is on disk."""

    answer: Answer | Exception
    disk: str
    asked: list[str]
    loads: int

    def state(self) -> str:
        return type(self).disk

    def _load(self) -> None:
        type(self).loads += 1

    def _predict(self, image: SourceImage) -> Answer:
        self.asked.append(image.sha256)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def make_stub(answer: Answer | Exception = SAID) -> type[Stub]:
    """A class of its own, so that what one test counts is not counted by another."""
    return type("OwnStub", (Stub,), {"answer": answer, "disk": "1", "asked": [], "loads": 0})


@dataclass(frozen=True)
class StubSpec(MethodSpec):
    cls: type[Method] = Stub

    @property
    def name(self) -> str:
        """The key as a name; the catalogue has none for methods that only tests have."""
        return self.key.replace("_", " ").title()

    @property
    def english_name(self) -> str:
        return self.name

    @property
    def idea(self) -> str:
        return ""

    @property
    def reads(self) -> str:
        return "nothing"

    def method_class(self) -> type[Method]:
        return self.cls


def spec_of(key: str, cls: type[Method]) -> StubSpec:
    return StubSpec(0, key, "", cls=cls)
