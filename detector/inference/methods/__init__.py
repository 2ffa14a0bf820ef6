"""The table of methods. To add a method, add a file to this folder and a row to this table."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import Literal

from detector.inference.method import Method
from detector.inference.results import write_title
from detector.inference.wording import ENGLISH, say


@dataclass(frozen=True)
class MethodSpec:
    """A method's number and key, and its class as "module:Class".

    `weights` are the folders below `detector/weights/` that ship for the method. `about` says
    whether the method judges the pixels or reports the statements in the file. Its name, its input
    and its idea are in the catalogue of sentences, under its key.
    The class is imported on first use, so that importing this table is fast.
    """

    number: int
    key: str
    path: str
    weights: tuple[str, ...] = ()
    about: Literal["pixels", "file"] = "pixels"

    @property
    def name(self) -> str:
        """ "Deep Learning Model", in the current language."""
        return say(f"method_name.{self.key}", {})

    @property
    def english_name(self) -> str:
        """The name as results keep it."""
        return say(f"method_name.{self.key}", {}, ENGLISH)

    @property
    def title(self) -> str:
        """ "Method 1: Deep Learning Model", in the current language."""
        return write_title(self.number, self.name)

    @property
    def reads(self) -> str:
        """What the method looks at: the end of "It reads ..."."""
        return say(f"method_reads.{self.key}", {})

    @property
    def idea(self) -> str:
        """How the method works, in a sentence or two."""
        return say(f"method_idea.{self.key}", {})

    def method_class(self) -> type[Method]:
        module, name = self.path.split(":")
        cls: type[Method] = getattr(import_module(f"{__name__}.{module}"), name)
        return cls


_SPECS = (
    MethodSpec(
        1,
        "deep_learning",
        "deep_learning:DeepLearning",
        weights=("efficientnet_tiles", "efficientnet_whole", "efficientnet_joint"),
    ),
    MethodSpec(2, "statistical", "statistical:Statistical", weights=("statistical",)),
    MethodSpec(3, "forensics", "forensics:Forensics", about="file"),
    MethodSpec(4, "huggingface", "huggingface:HuggingFace", weights=("dinov2",)),
)
METHODS: dict[str, MethodSpec] = {spec.key: spec for spec in _SPECS}
