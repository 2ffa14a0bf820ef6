"""Transactions that write: with SQLite one at a time, and none waits for ever."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import OperationalError, connection
from pytest_django import Settings

from detector.models import Refusals
from detector.models.writing import writing

pytestmark = pytest.mark.django_db(transaction=True)


def write(entered: threading.Event, leave: threading.Event) -> None:
    try:
        with writing():
            entered.set()
            assert leave.wait(30)
    finally:
        connection.close()


@pytest.mark.skipif(connection.vendor != "sqlite", reason="it lets in more than one")
def test_threads_take_turns_and_give_up_in_the_end(settings: Settings) -> None:
    entered, leave, later = threading.Event(), threading.Event(), threading.Event()
    settings.LOCK_SECONDS = 30
    with ThreadPoolExecutor(2) as threads:
        first = threads.submit(write, entered, leave)
        assert entered.wait(30)
        second = threads.submit(write, later, leave)
        assert not later.wait(0.2)
        settings.LOCK_SECONDS = 0.05
        with pytest.raises(OperationalError, match="locked"), writing():
            pytest.fail("two of them write")
        leave.set()
        first.result(30), second.result(30)
    assert later.is_set()


def test_what_fails_is_undone_and_the_next_one_has_its_turn() -> None:
    with pytest.raises(KeyError), writing():
        Refusals.objects.create(
            sender="00000000-0000-0000-0000-000000000001", last_at="2026-01-01T00:00Z"
        )
        raise KeyError
    with writing():
        assert not Refusals.objects.exists()
