"""The table of methods. To add a method, add a file to this folder and a row to this table."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import Literal

from detector.inference.method import Method
from detector.inference.results import write_title


@dataclass(frozen=True)
class MethodSpec:
    """A method's number and name, its class as "module:Class", its input and its idea.

    `weights` are the folders below `detector/weights/` that ship for the method. `about` says
    whether the method judges the pixels or reports the statements in the file.
    The class is imported on first use, so that importing this table is fast.
    """

    number: int
    name: str
    path: str
    reads: str
    idea: str
    weights: tuple[str, ...] = ()
    about: Literal["pixels", "file"] = "pixels"

    @property
    def title(self) -> str:
        """ "Method 1: Deep Learning Model"."""
        return write_title(self.number, self.name)

    def method_class(self) -> type[Method]:
        module, name = self.path.split(":")
        cls: type[Method] = getattr(import_module(f"{__name__}.{module}"), name)
        return cls


METHODS: dict[str, MethodSpec] = {
    "deep_learning": MethodSpec(
        1,
        "Deep Learning Model",
        "deep_learning:DeepLearning",
        reads="tiles of the picture at full resolution, and the picture as a whole",
        idea="Two small networks: one examines the fine structure, the other the whole picture.",
        weights=("efficientnet_tiles", "efficientnet_whole"),
    ),
    "statistical": MethodSpec(
        2,
        "Statistical Pattern Analysis",
        "statistical:Statistical",
        reads="parts of the picture at full resolution",
        idea="Hundreds of measurements of noise, frequencies and compression, weighed by a model.",
        weights=("statistical",),
    ),
    "forensics": MethodSpec(
        3,
        "Advanced Forensics Analysis",
        "forensics:Forensics",
        reads="the original bytes, and invisible watermarks in the pixels",
        idea="The statements in the file: Content Credentials, statements about its source, and "
        "settings and watermarks that generators leave. Camera and compression are context only. "
        "The method gives no score if there is no evidence for an AI.",
        about="file",
    ),
    "huggingface": MethodSpec(
        4,
        "Hugging Face Specialized Models",
        "huggingface:HuggingFace",
        reads="the picture at the size for which each model was trained",
        idea="Vision transformers. Each is the best available model: one that was fine-tuned on "
        "this installation, otherwise a public model, otherwise the bundled DINOv2 detector.",
        weights=("dinov2",),
    ),
}
