"""Probes, metrics, and the ids of requests, as supervisors and proxies ask for them."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from ai_image_detector.log import request_id
from detector.models import Heartbeat
from detector.monitoring import health
from detector.tests.factories.queue import get_analysis
from detector.tests.factories.stubs import Stub, make_stub

pytestmark = pytest.mark.django_db

AFAR: dict[str, Any] = {"REMOTE_ADDR": "203.0.113.9"}
PROBES = ("/healthz", "/readyz", "/metrics")


@pytest.fixture(autouse=True)
def no_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "SECONDS_KEPT", -1)


def test_a_process_that_answers_is_alive(client: Client) -> None:
    response = client.get("/healthz", **AFAR)
    assert (response.status_code, response.json()) == (200, {"alive": True})


def test_ready_says_what_was_checked(client: Client) -> None:
    response = client.get("/readyz")
    told = response.json()
    assert response.status_code == 200 and told["ready"] and told["reasons"] == []
    assert set(told["checks"]) == {"models", "database", "queue", "disk"}
    assert all(check["ok"] and check["detail"].endswith(".") for check in told["checks"].values())


def test_not_ready_is_503_with_the_reason_in_words(client: Client, settings: Settings) -> None:
    settings.ANALYSIS_ENGINE = "EMBEDDED"
    response = client.get("/readyz")
    told = response.json()
    assert response.status_code == 503 and not told["ready"]
    assert told["reasons"] == [told["checks"]["queue"]["detail"]]
    assert "No worker has given a sign of life" in told["reasons"][0]
    Heartbeat.objects.beat("w", 1)
    assert client.get("/readyz").status_code == 200


@pytest.mark.slow
@pytest.mark.parametrize("path", PROBES)
def test_probes_may_call_the_host_as_they_like_and_change_nothing(
    client: Client, path: str
) -> None:
    response = client.get(path, headers={"host": "10.1.2.3:8000"})
    assert response.status_code == 200
    assert response.headers["Cache-Control"] == "no-store"
    response = client.post(path)
    assert response.status_code == 405 and response.headers["Allow"] == "GET, HEAD"


def test_a_probe_that_fails_writes_no_line(
    client: Client, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    """Every few seconds somebody probes; what is wrong is logged where it is."""
    settings.ANALYSIS_ENGINE = "EMBEDDED"
    assert client.get("/readyz").status_code == 503
    assert not [record for record in caplog.records if record.name == "django.request"]


# Who may read the metrics


def test_metrics_are_for_this_machine_alone(client: Client, settings: Settings) -> None:
    assert client.get("/metrics").status_code == 200
    refused = client.get("/metrics", **AFAR)
    assert refused.status_code == 403 and "METRICS_TOKEN" in refused.json()["error"]
    # A proxy on this machine speaks for others.
    assert client.get("/metrics", headers={"x-forwarded-for": "127.0.0.1"}).status_code == 403
    settings.HTTPS = True
    assert client.get("/metrics").status_code == 403


@pytest.mark.parametrize(
    ("token", "sent", "status"),
    [
        ("secret", "Bearer secret", 200),
        ("secret", "Bearer wrong", 403),
        ("secret", "secret", 403),
        ("secret", "", 403),
        ("", "Bearer ", 403),  # no token is set: none is right
        ("secret", "Bearer gehe\u00efm", 403),
    ],
)
def test_from_elsewhere_metrics_need_the_token(
    client: Client, settings: Settings, token: str, sent: str, status: int
) -> None:
    settings.METRICS_TOKEN = token
    headers = {"authorization": sent}
    assert client.get("/metrics", headers=headers, **AFAR).status_code == status


# Ids


@pytest.mark.slow
def test_every_answer_has_an_id_of_its_own(client: Client) -> None:
    ids = [client.get(path).headers["X-Request-ID"] for path in ("/", "/", "/no", *PROBES)]
    assert len(set(ids)) == len(ids)
    assert request_id.get() == ""


@pytest.mark.slow
def test_only_a_proxy_may_name_a_request(client: Client, settings: Settings) -> None:
    sent = {"x-request-id": "proxy-4711.a"}
    assert client.get("/", headers=sent).headers["X-Request-ID"] != "proxy-4711.a"
    settings.HTTPS = True
    assert client.get("/", headers=sent).headers["X-Request-ID"] == "proxy-4711.a"
    for odd in ("short", "a" * 65, "with space", "line\tbreak"):
        named = client.get("/", headers={"x-request-id": odd}).headers["X-Request-ID"]
        assert re.fullmatch(r"[0-9a-f-]{36}", named)


@pytest.fixture
def lines() -> Iterator[list[logging.LogRecord]]:
    """What the access log is told while the test runs."""
    found: list[logging.LogRecord] = []

    class Keep(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            self.format(record)
            found.append(record)

    log, handler = logging.getLogger("detector.access"), Keep()
    level = log.level
    log.addHandler(handler)
    log.setLevel("INFO")
    yield found
    log.removeHandler(handler)
    log.setLevel(level)


def test_the_access_log_names_view_and_status_and_no_address(
    client: Client, lines: list[logging.LogRecord]
) -> None:
    client.get("/no/such/IMG_0001.jpg?name=me", **AFAR)
    client.get("/methods/")
    said = [record.getMessage() for record in lines]
    assert re.fullmatch(r"none GET 404 \d+ ms", said[0])
    assert re.fullmatch(r"detector:methods GET 200 \d+ ms", said[1])


def test_details_add_address_and_path(
    client: Client, lines: list[logging.LogRecord], settings: Settings
) -> None:
    settings.LOG_DETAILS = True
    client.get("/no/such", **AFAR)
    assert "203.0.113.9 /no/such" in lines[0].getMessage()


@pytest.fixture
def stub(use_methods) -> type[Stub]:
    one = make_stub()
    use_methods(one=one)
    return one


def test_an_upload_and_its_analysis_are_found_by_one_id(
    client: Client, stub: type[Stub], jpeg: bytes
) -> None:
    from django.core.files.uploadedfile import SimpleUploadedFile

    from ai_image_detector.log import JsonFormatter
    from detector.models import Upload

    written: list[dict[str, str]] = []

    class Write(logging.StreamHandler):
        def emit(self, record: logging.LogRecord) -> None:
            written.append(json.loads(self.format(record)))

    handler = Write()
    handler.setFormatter(JsonFormatter())
    log = logging.getLogger("detector")
    log.addHandler(handler)
    logging.getLogger("detector.access").setLevel("INFO")
    stub.answer = RuntimeError("boom")
    try:
        response = client.post("/", {"image": SimpleUploadedFile("holiday.jpg", jpeg)})
    finally:
        log.removeHandler(handler)
        logging.getLogger("detector.access").setLevel("CRITICAL")
    analysis = str(get_analysis(Upload.objects.get()).pk)
    failed = next(line for line in written if "failed" in line["message"])
    access = next(line for line in written if line["logger"] == "detector.access")
    assert failed["analysis_id"] == access["analysis_id"] == analysis
    assert failed["request_id"] == access["request_id"] == response.headers["X-Request-ID"]
    assert "boom" in failed["exc_info"]
    whole = json.dumps(written)
    assert "holiday" not in whole and Upload.objects.get().analysis.sha256 not in whole
