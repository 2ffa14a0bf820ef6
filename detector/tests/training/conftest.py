"""What several tests of training share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest


@pytest.fixture(scope="module")
def one_thread() -> Iterator[None]:
    """Two cores shared by threads of torch and OpenVINO wait for one another most of the time."""
    import torch  # not at the top: some tests of this folder need no torch, and are quick

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)
