"""A queue that nobody works at unless the test does."""

from __future__ import annotations

import pytest
from pytest_django import Settings


@pytest.fixture
def idle(settings: Settings) -> None:
    """What is submitted waits: there is no worker."""
    settings.ANALYSIS_ENGINE = "EMBEDDED"
