"""What the tests of method 3 share."""

from __future__ import annotations

from pathlib import Path

import pytest

from detector.tests.factories.signing import identity


@pytest.fixture
def anchors(tmp_path: Path) -> Path:
    """A list that trusts the signer of most of these pictures."""
    path = tmp_path / "anchors.pem"
    path.write_text(identity("Somebody").anchor + identity().anchor)
    return path
