"""The table of methods. A further method is one file beside this one and one line here."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module

from detector.inference.method import Method


@dataclass(frozen=True)
class MethodSpec:
    """A method's title on the page, its class as "module:Class", and what it reads and looks for.

    `weights` are the folders below `detector/weights/` that ship for the method.
    The class is imported on first use, so that this table costs nothing to import.
    """

    title: str
    path: str
    reads: str
    idea: str
    weights: tuple[str, ...] = ()
    highlighted: bool = False

    def method_class(self) -> type[Method]:
        module, name = self.path.split(":")
        cls: type[Method] = getattr(import_module(f"{__name__}.{module}"), name)
        return cls


METHODS: dict[str, MethodSpec] = {
    "deep_learning": MethodSpec(
        "Method 1: Deep Learning Model",
        "deep_learning:DeepLearning",
        reads="native-resolution tiles and the whole picture",
        idea="Two small networks: one looks at fine structure, one at the picture as a whole.",
        weights=("efficientnet_tiles", "efficientnet_whole"),
    ),
    "statistical": MethodSpec(
        "Method 2: Statistical Pattern Analysis",
        "statistical:Statistical",
        reads="native-resolution crops",
        idea="Hundreds of hand-made statistics of noise, spectrum and compression, weighed by "
        "boosted trees.",
        weights=("statistical",),
    ),
    "forensics": MethodSpec(
        "Method 3: Advanced Forensics Analysis",
        "forensics:Forensics",
        reads="the original bytes, and invisible watermarks in the pixels",
        idea="What the file itself says: Content Credentials, declared sources, payloads and "
        "watermarks of generators; camera and compression as context. It abstains when nothing "
        "speaks for an AI.",
    ),
    "huggingface": MethodSpec(
        "Method 4: Hugging Face Specialized Models",
        "huggingface:HuggingFace",
        reads="pixels, as each model was trained",
        idea="Vision transformers: your own fine-tuned model first, else public checkpoints, "
        "else the bundled DINOv2 detector.",
        weights=("dinov2",),
        highlighted=True,
    ),
}
