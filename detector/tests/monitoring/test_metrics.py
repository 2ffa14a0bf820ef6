"""What `/metrics` says, read as Prometheus reads it."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import DatabaseError
from django.test import Client
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families
from pytest_django import Settings

from detector.analysis.answers import BrokenOff, TooSlow
from detector.inference.images import ImageError
from detector.models import Analysis, Event, EventCount, Heartbeat, Upload
from detector.monitoring import metrics
from detector.monitoring.memory import find_memory
from detector.services import claim, run
from detector.services.leases import MAX_ATTEMPTS
from detector.tests.factories.queue import assess, get_analysis, send, use_pool

pytestmark = pytest.mark.django_db

Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]


def read(client: Client) -> Samples:
    response = client.get("/metrics")
    assert response.status_code == 200
    families = text_string_to_metric_families(response.content.decode())
    samples = [sample for family in families for sample in family.samples]
    return {(sample.name, frozenset(sample.labels.items())): sample.value for sample in samples}


def value(samples: Samples, name: str, **labels: str) -> float:
    return samples.get((f"detector_{name}", frozenset(labels.items())), 0)


@pytest.mark.slow
def test_requests_are_counted_by_the_name_of_their_view(client: Client) -> None:
    before = read(client)
    client.get("/")
    client.get("/methods/")
    client.get("/results/00000000-0000-0000-0000-000000000001/")
    client.get("/no/such/thing")
    client.generic("FOO", "/no/such/thing")
    after = read(client)

    def more(**labels: str) -> float:
        name = "requests_total"
        return value(after, name, **labels) - value(before, name, **labels)

    assert more(view="detector:index", method="GET", status="200") == 1
    assert more(view="detector:methods", method="GET", status="200") == 1
    assert more(view="detector:result", method="GET", status="404") == 1
    # No visitor can add names: neither by addresses nor by methods.
    assert more(view="none", method="GET", status="404") == 1
    assert more(view="none", method="OTHER", status="404") == 1
    assert more(view="metrics", method="GET", status="200") == 1
    assert value(after, "request_seconds_count", view="detector:index") >= 1


def test_the_queue_is_told_with_depth_and_age(
    client: Client, settings: Settings, jpeg: bytes
) -> None:
    settings.ANALYSIS_ENGINE = "EMBEDDED"
    samples = read(client)
    assert value(samples, "queue_depth", priority="interactive") == 0
    assert value(samples, "queue_age_seconds", priority="interactive") == 0
    first = send(jpeg)
    send(jpeg + b"\0", name="b")
    waiting = Analysis.objects.filter(pk=first.analysis_id)
    waiting.update(queued_at=timezone.now() - timedelta(seconds=500))
    Heartbeat.objects.beat("w", 1)
    samples = read(client)
    assert value(samples, "queue_depth", priority="interactive") == 2
    assert value(samples, "queue_depth", priority="bulk") == 0
    assert 500 <= value(samples, "queue_age_seconds", priority="interactive") < 600
    assert value(samples, "analyses_under_way", state="running") == 0
    assert value(samples, "workers", state="alive") == 1
    claim(Analysis.objects.first().pk, "w")  # type: ignore[union-attr]
    assert value(read(client), "analyses_under_way", state="running") == 1


def test_analyses_are_counted_by_outcome_and_methods_by_status(
    client: Client,
    settings: Settings,
    jpeg: bytes,
    monkeypatch: pytest.MonkeyPatch,
    verdict: Callable,
) -> None:
    said = verdict(methods={"forensics": {"status": "error", "score": None}}, elapsed_ms=1500.0)
    use_pool(monkeypatch, lambda job: assess(job.data, said))
    upload = send(jpeg)
    samples = read(client)
    assert value(samples, "analyses_total", outcome="ai") == 1
    assert value(samples, "method_results_total", method="forensics", status="error") == 1
    assert value(samples, "method_results_total", method="statistical", status="ok") == 1
    assert value(samples, "analysis_seconds_total") == 1.5
    # What is deleted or expires stays counted.
    Upload.objects.filter(pk=upload.pk).delete_with_files()
    assert value(read(client), "analyses_total", outcome="ai") == 1


@pytest.mark.parametrize(
    ("error", "counts"),
    [
        (ImageError("This is no picture."), {"refused": 1}),
        (TooSlow(3), {"failed": 1}),
        (BrokenOff(), {"again": MAX_ATTEMPTS - 1, "failed": 1}),
    ],
)
def test_what_comes_to_nothing_is_counted(
    monkeypatch: pytest.MonkeyPatch, jpeg: bytes, error: Exception, counts: dict[str, int]
) -> None:
    def answer(job: object) -> None:
        raise error

    use_pool(monkeypatch, answer)  # type: ignore[arg-type]
    send(jpeg)
    rows = EventCount.objects.filter(event=Event.ANALYSIS)
    assert dict(rows.values_list("label", "count")) == counts


def test_a_run_that_counts_no_more_is_not_counted(
    settings: Settings, jpeg: bytes, monkeypatch: pytest.MonkeyPatch, verdict: Callable
) -> None:
    settings.ANALYSIS_ENGINE = "EMBEDDED"
    upload = send(jpeg)
    use_pool(monkeypatch, lambda job: assess(job.data, verdict()))
    claimed = claim(get_analysis(upload).pk, "slow")
    assert claimed is not None
    Analysis.objects.update(worker="another")
    run(claimed)
    assert not EventCount.objects.exists()


def test_memory_and_disk_are_told(client: Client) -> None:
    samples = read(client)
    assert value(samples, "memory_bytes", process="web") > 10**6
    assert (
        0 < value(samples, "disk_bytes", kind="free") <= value(samples, "disk_bytes", kind="total")
    )
    assert value(samples, "check", check="models") == 1


def test_memory_knows_the_processes_below_this_one() -> None:
    child = os.fork()
    if not child:
        import time

        time.sleep(60)
        os._exit(0)
    try:
        assert find_memory()["other"] > 0
    finally:
        os.kill(child, 9)
        os.waitpid(child, 0)


def test_without_a_database_the_rest_is_told(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail() -> None:
        raise DatabaseError("away")

    monkeypatch.setattr(metrics, "_collect_queue", fail)
    samples = read(client)
    assert value(samples, "disk_bytes", kind="total") > 0
    assert ("detector_workers", frozenset({("state", "alive")})) not in samples
