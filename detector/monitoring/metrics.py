"""The metrics at `/metrics`, for Prometheus.

Counts of requests are those of this process. Counts of analyses are in the database, so they are
those of all workers on all machines, and a restart does not reset them.
"""

from __future__ import annotations

import logging
import shutil
from collections.abc import Iterator
from datetime import timedelta

from django.conf import settings
from django.db import DatabaseError
from django.db.models import Count, Min
from django.utils import timezone
from prometheus_client import CollectorRegistry, Counter, Histogram, ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from detector import __version__
from detector.models import Analysis, Event, EventCount, Heartbeat, Priority, State
from detector.models.analysis import UNFINISHED

from .health import find_health
from .memory import find_memory

logger = logging.getLogger(__name__)

# Others are counted as "OTHER": a visitor may send any word.
METHODS = ("GET", "HEAD", "POST", "DELETE", "PUT", "PATCH", "OPTIONS")
BUCKETS = (0.01, 0.025, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 120)

registry = CollectorRegistry()
requests = Counter(
    "detector_requests_total",
    "Requests that were answered.",
    ["view", "method", "status"],
    registry=registry,
)
latency = Histogram(
    "detector_request_seconds",
    "Time until the answer of a request was there.",
    ["view"],
    buckets=BUCKETS,
    registry=registry,
)
ProcessCollector(namespace="detector_web", registry=registry)


def count_request(view: str, method: str | None, status: int, seconds: float) -> None:
    """Count a request that was answered."""
    requests.labels(view, method if method in METHODS else "OTHER", status).inc()
    latency.labels(view).observe(seconds)


class Installation(Collector):
    """What is asked of the database, the disk and the system when somebody reads the metrics."""

    def collect(self) -> Iterator[Metric]:
        yield _gauge("detector_info", "The version that serves.", {("version", __version__): 1})
        yield from _collect_health()
        yield from _collect_machine()
        try:
            yield from [*_collect_queue(), *_collect_events()]
        except DatabaseError as error:  # `detector_check` says so
            logger.error("The metrics of the queue cannot be read: %s", error)


def _gauge(name: str, text: str, values: dict[tuple[str, str], float]) -> Metric:
    """A metric with one value for each (name, value) of its label."""
    gauge = GaugeMetricFamily(name, text, labels=[next(iter(values), ("", ""))[0]])
    for (_, value), number in values.items():
        gauge.add_metric([value], number)
    return gauge


def _collect_health() -> Iterator[Metric]:
    checks = {("check", check.name): float(check.is_ok) for check in find_health()}
    yield _gauge("detector_check", "1 where a check of /readyz is good.", checks)


def _collect_machine() -> Iterator[Metric]:
    memory = {("process", kind): float(size) for kind, size in find_memory().items()}
    if memory:
        yield _gauge("detector_memory_bytes", "Resident memory of the processes.", memory)
    disk = shutil.disk_usage(settings.DATA_DIR)
    sizes = {("kind", "free"): float(disk.free), ("kind", "total"): float(disk.total)}
    yield _gauge("detector_disk_bytes", "The disk of the data folder.", sizes)


def _collect_queue() -> Iterator[Metric]:
    queued = Analysis.objects.filter(state=State.QUEUED).order_by()
    rows = queued.values_list("priority").annotate(Count("pk"), Min("queued_at"))
    waiting = {priority: (count, oldest) for priority, count, oldest in rows}
    depth, age = {}, {}
    for priority in Priority:
        count, oldest = waiting.get(priority, (0, None))
        label = ("priority", priority.name.lower())
        depth[label] = float(count)
        waited = timezone.now() - oldest if oldest else timedelta()
        age[label] = max(waited.total_seconds(), 0)
    yield _gauge("detector_queue_depth", "Pictures that wait for their analysis.", depth)
    yield _gauge("detector_queue_age_seconds", "How long the oldest of them waits.", age)
    unfinished = Analysis.objects.filter(state__in=UNFINISHED).order_by()
    states = dict(unfinished.values_list("state").annotate(Count("pk")))
    running = {("state", State.RUNNING.value): float(states.get(State.RUNNING, 0))}
    yield _gauge("detector_analyses_under_way", "Pictures that are analysed now.", running)
    workers = {("state", "alive"): float(Heartbeat.objects.alive().count())}
    yield _gauge("detector_workers", "Workers with a recent sign of life.", workers)


def _collect_events() -> Iterator[Metric]:
    analyses = CounterMetricFamily(
        "detector_analyses", "Analyses by how they ended.", labels=["outcome"]
    )
    methods = CounterMetricFamily(
        "detector_method_results", "Results of methods.", labels=["method", "status"]
    )
    seconds = CounterMetricFamily("detector_analysis_seconds", "Time of all analyses together.")
    for event, label, count in EventCount.objects.values_list("event", "label", "count"):
        if event == Event.ANALYSIS:
            analyses.add_metric([label], count)
        elif event == Event.METHOD:
            methods.add_metric(label.split(" ", 1), count)
        elif event == Event.MILLISECONDS:
            seconds.add_metric([], count / 1000)
    yield from (analyses, methods, seconds)


registry.register(Installation())
