"""A signed twin, and the PDF of it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from detector.inference.results import Verdict
from detector.reports.content import compose
from detector.reports.pdf import draw
from detector.reports.sealing import seal
from detector.reports.twin import Twin, to_bytes, write_twin
from detector.tests.factories.reporting import FILE, KEY, VERSION, subject


@pytest.fixture
def twin(verdict: Callable[..., Verdict]) -> Twin:
    return write_twin(subject(verdict(file=FILE, **VERSION)), KEY)


@pytest.fixture
def sealed(twin: Twin) -> bytes:
    """The PDF of the twin, without a picture."""
    return seal(draw(compose(twin), None, to_bytes(twin)), KEY)
