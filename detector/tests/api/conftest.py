"""Fixtures for the API: nobody's count of requests is left of a test before, and no real method."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from django.core.cache import cache

from detector.models import ApiToken
from detector.tests.factories.asking import Asker
from detector.tests.factories.stubs import Stub, make_stub


@pytest.fixture(autouse=True)
def uncounted() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


@pytest.fixture(autouse=True)
def stub(use_methods: Callable[..., None]) -> type[Stub]:
    stub = make_stub()
    use_methods(deep_learning=stub)
    return stub


@pytest.fixture
def make_token() -> Callable[..., str]:
    """Save a token of a name and a scope; returns what its owner sends."""

    def make(name: str = "press", scope: str = "write") -> str:
        row = ApiToken(name=name, scope=scope)
        token = row.renew()
        row.save()
        return token

    return make


@pytest.fixture
def asker() -> Asker:
    """A script of the same machine."""
    return Asker()


@pytest.fixture
def afar(make_token: Callable[..., str]) -> Asker:
    """A script on another machine, with a token."""
    return Asker(make_token(), address="203.0.113.9")
