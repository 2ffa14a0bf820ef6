"""One who floods the site displaces nobody: places, turns, and files that are all refused."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import Settings

from detector.analysis.answers import Assessment, Busy, Job, NeedsMemory
from detector.inference.images import ImageError
from detector.inference.results import Verdict
from detector.models import Analysis, Priority, Refusals
from detector.models.refusals import FORGOTTEN, FREE, LONGEST_WAIT, ROUNDS
from detector.services import claim_next, run
from detector.services.leases import EVERY, PATIENCE
from detector.services.senders import TooManyRefused, sender, sent_by
from detector.sweep import sweep
from detector.tests.factories.queue import assess, get_analysis, send, use_pool

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("idle")]

FLOOD, OTHER = "203.0.113.9", "198.51.100.7"


def send_from(address: str, *names: str) -> None:
    """Each file by a session of its own: these cost nothing."""
    for name in names:
        with sent_by(address):
            send(name.encode(), owner=uuid.uuid4(), name=name)


def get_order() -> str:
    return "".join(
        analysis.uploads.get().filename for analysis in iter(lambda: claim_next("worker"), None)
    )


def refuse(times: int, address: str = FLOOD, error: ImageError | None = None) -> None:
    """Let so many files of an address be refused, whatever it may send now."""
    for _ in range(times):
        with sent_by(address):
            who = sender.get()
        analysis = get_analysis(send(uuid.uuid4().bytes))
        Analysis.objects.filter(pk=analysis.pk).update(sender=who)
        claimed = claim_next("worker")
        assert claimed
        run(claimed)


@pytest.fixture
def refusing(monkeypatch: pytest.MonkeyPatch) -> None:
    def answer(job: Job) -> Assessment:
        raise ImageError("It is damaged.")

    use_pool(monkeypatch, answer)


def test_one_sender_has_at_most_half_of_the_places(settings: Settings) -> None:
    settings.ANALYSIS_QUEUE = 5
    send_from(FLOOD, "a", "b", "c")
    with pytest.raises(Busy):
        send_from(FLOOD, "d")
    send_from(OTHER, "x", "y")
    with pytest.raises(Busy):
        send_from("192.0.2.1", "z")


def test_who_sends_little_waits_for_one_picture_of_who_sends_much() -> None:
    send_from(FLOOD, *"abcd")
    send_from(OTHER, "x")
    assert get_order() == "axbcd"


def test_senders_take_turns_also_in_the_middle_of_a_flood() -> None:
    send_from(FLOOD, *"abcdef")
    claim_next("worker"), claim_next("worker")
    send_from(OTHER, *"xyz")
    assert get_order() == "cxdyezf"


def test_pages_of_this_machine_take_turns_by_session() -> None:
    for name in "abc":
        send(name.encode(), owner=uuid.UUID(int=1), name=name)
    send(b"x", owner=uuid.UUID(int=2), name="x")
    assert get_order() == "axbc"


def test_what_is_brought_forward_needs_a_place_and_has_its_turn(settings: Settings) -> None:
    owner = uuid.UUID(int=3)
    with sent_by(FLOOD):
        send(b"bulk", owner, name="w", priority=Priority.BULK)
        send(b"a", owner, name="a"), send(b"b", owner, name="b")
        settings.ANALYSIS_QUEUE = 4
        with pytest.raises(Busy):
            send(b"bulk", owner, name="w")
        settings.ANALYSIS_QUEUE = 8
        send(b"bulk", owner, name="w")
    assert Analysis.objects.get(turn=2).uploads.first().filename == "w"  # type: ignore[union-attr]
    send_from(OTHER, "x")
    assert [claimed.turn for claimed in iter(lambda: claim_next("worker"), None)] == [0, 0, 1, 2]


def test_the_place_that_is_told_counts_turns() -> None:
    send_from(FLOOD, *"abc")
    send_from(OTHER, "x")
    positions = {a.uploads.get().filename: a.position for a in Analysis.objects.all()}
    assert positions == {"a": 0, "x": 1, "b": 2, "c": 3}


@pytest.mark.usefixtures("refusing")
def test_pictures_overtake_damaged_files_of_however_many_addresses() -> None:
    flood = [f"203.0.113.{number}" for number in range(4)]
    for times, address in enumerate(flood):
        refuse(times, address)
    for number, name in ((3, "d"), (1, "b"), (2, "c"), (0, "a")):  # nothing of "a" was refused
        send_from(flood[number], name)
    send_from(OTHER, *"xy")
    assert get_order() == "axybcd"


@pytest.mark.usefixtures("refusing")
def test_who_sent_damaged_files_has_the_turn_of_before_again_after_pictures() -> None:
    refuse(1)
    send_from(FLOOD, "a")
    send_from(OTHER, "x")
    assert get_order() == "xa"
    with sent_by(FLOOD):
        who = sender.get()
    assert who
    Refusals.objects.halve(who)
    send_from(FLOOD, "a")
    send_from(OTHER, "x")
    assert get_order() == "ax"


@pytest.mark.usefixtures("refusing")
def test_what_waits_already_goes_back_when_a_file_is_refused() -> None:
    send_from(FLOOD, *"abc")
    send_from(OTHER, *"xyz")
    for _ in range(2):
        claimed = claim_next("worker")
        assert claimed
        run(claimed)  # "a" of the flood, then "x", which moves nothing of the flood
    turns = {row.uploads.get().filename: row.turn for row in Analysis.objects.waiting()}
    assert turns == {"b": 1 + ROUNDS, "c": 2 + ROUNDS, "y": 1 + ROUNDS, "z": 2 + ROUNDS}


@pytest.mark.usefixtures("refusing")
def test_senders_of_damaged_files_get_no_second_place_where_they_have_half(
    settings: Settings,
) -> None:
    settings.ANALYSIS_QUEUE = 4
    flood = [f"203.0.113.{number}" for number in range(2)]
    for address in (*flood, OTHER):
        refuse(1, address)
    send_from(flood[0], "a")
    send_from(flood[1], "b")
    with pytest.raises(Busy):
        send_from(flood[1], "c")
    send_from(OTHER, "x")  # a damaged file shuts nobody out
    send_from("192.0.2.1", "y")


@pytest.mark.usefixtures("refusing")
def test_who_has_the_earliest_turn_again_is_no_reason_to_wait_behind_a_flood() -> None:
    refuse(1)
    send_from(FLOOD, "f")
    send_from(OTHER, "a")
    Analysis.objects.filter(uploads__filename="a").update(turn=2 * ROUNDS)
    send_from("192.0.2.1", "x")
    assert get_order() == "xfa"


@pytest.mark.usefixtures("refusing")
def test_nobody_is_put_off_for_good() -> None:
    refuse(1)
    send_from(FLOOD, "a")
    Analysis.objects.waiting().update(queued_at=timezone.now() - PATIENCE - timedelta(seconds=1))
    served = ""
    for number in range(EVERY):
        send_from(f"192.0.2.{number}", f"{number}")
        claimed = claim_next("worker")
        assert claimed
        served += claimed.uploads.get().filename
    assert "a" in served and served != "aaaa"


@pytest.mark.usefixtures("refusing")
def test_what_was_refused_an_hour_ago_does_not_count_again() -> None:
    refuse(FREE)
    Refusals.objects.update(last_at=timezone.now() - FORGOTTEN - timedelta(seconds=1))
    refuse(1)
    assert Refusals.objects.get().in_a_row == 1


def test_who_finds_no_place_keeps_nobody_from_writing(settings: Settings) -> None:
    settings.ANALYSIS_QUEUE = 1
    send_from(OTHER, "x")
    with CaptureQueriesContext(connection) as statements, pytest.raises(Busy):
        send_from(FLOOD, "a")
    assert {each["sql"].split()[0] for each in statements} == {"SELECT"}


@pytest.mark.usefixtures("refusing")
def test_who_sends_damaged_files_alone_has_to_wait_longer_and_longer() -> None:
    refuse(FREE)
    send_from(FLOOD, "a")
    waits = []
    for _ in range(8):
        refuse(1)
        with pytest.raises(TooManyRefused) as caught:
            send_from(FLOOD, "b")
        waits.append(caught.value.retry_after)
    assert caught.value.status == 429 and "damaged" in str(caught.value)
    assert waits == [1, 2, 4, 8, 16, 32, LONGEST_WAIT, LONGEST_WAIT]
    send_from(OTHER, "x")
    # Nobody waits for a batch, and a program of the same machine may send what it likes.
    with sent_by(FLOOD):
        send(b"c", priority=Priority.BULK)
    send(b"d")


@pytest.mark.usefixtures("refusing")
def test_a_wait_ends_whatever_the_clock_does() -> None:
    refuse(FREE + 3)
    for seconds, left in ((1, 3), (4, 0), (-7200, LONGEST_WAIT)):
        Refusals.objects.update(last_at=timezone.now() - timedelta(seconds=seconds))
        row = Refusals.objects.get()
        assert row.seconds_left == left, seconds
    assert not Refusals.objects.seconds_left(uuid.uuid4())


def test_a_picture_makes_up_for_half_of_what_was_damaged(
    monkeypatch: pytest.MonkeyPatch, verdict: Callable[..., Verdict]
) -> None:
    answers = [ImageError("It is damaged.")] * (FREE + 1)

    def answer(job: Job) -> Assessment:
        if answers:
            raise answers.pop()
        return assess(job.data, verdict())

    use_pool(monkeypatch, answer)
    refuse(FREE + 1)
    assert Refusals.objects.get().in_a_row == FREE + 1
    refuse(1)  # which is a picture this time
    assert Refusals.objects.get().in_a_row == (FREE + 1) // 2


def test_what_the_site_is_short_of_is_nobody_s_damaged_file(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def answer(job: Job) -> Assessment:
        raise NeedsMemory

    use_pool(monkeypatch, answer)
    refuse(1)
    assert not Refusals.objects.exists()


@pytest.mark.usefixtures("refusing")
def test_the_sender_is_forgotten_with_the_analysis_and_the_refusals_within_hours() -> None:
    refuse(1)
    assert Analysis.objects.get().sender is None
    sweep()
    assert FLOOD not in str(Refusals.objects.get().sender)
    Refusals.objects.update(last_at=timezone.now() - timedelta(hours=2))
    sweep()
    assert not Refusals.objects.exists()
