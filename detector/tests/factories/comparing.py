"""What tests of comparisons share."""

from __future__ import annotations

from collections.abc import Callable

from detector.inference.methods import METHODS
from detector.installation import get_detector
from detector.tests.factories.stubs import make_stub


def use_methods_and_the_file(use_methods: Callable[..., None]) -> None:
    """A stub for the pixels, and the real method that reads files."""
    forensics = METHODS["forensics"]
    use_methods(deep_learning=make_stub())
    METHODS["forensics"] = forensics
    get_detector.cache_clear()
