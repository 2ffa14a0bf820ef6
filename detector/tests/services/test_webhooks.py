"""Messages about the ends of analyses and batches, to a real HTTPS server of this machine."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import socket
import uuid
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.utils import timezone
from pytest_django import Settings

from detector.models import ApiToken, Batch, Delivery, Upload
from detector.models.delivery import MAX_ATTEMPTS
from detector.services import (
    ask_for_message,
    claim_next,
    describe_batch,
    describe_detection,
    run,
    submit,
    withdraw,
)
from detector.services.addresses import BadAddress, read_address, resolve
from detector.services.webhooks import deliver_due
from detector.tests.factories.listening import Listener, listening, write_certificate

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("idle")]


@pytest.fixture
def listener(
    tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Listener]:
    """A server whose certificate is trusted here, at an address that is allowed."""
    certificate = write_certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    settings.WEBHOOKS_PRIVATE = True
    with listening(certificate) as listener:
        yield listener


@pytest.fixture
def token() -> ApiToken:
    return ApiToken.objects.create(name="press", digest="0" * 64)


def send(token: ApiToken, batch: Batch | None = None) -> Upload:
    """A file that waits, which no method can open."""
    file = ContentFile(uuid.uuid4().bytes)
    return submit(file, owner=token.owner, filename="a.jpg", with_pictures=False, batch=batch)


def analyse() -> None:
    claimed = claim_next("worker")
    assert claimed is not None
    run(claimed)


def ask(listener: Listener, token: ApiToken, about: Upload | Batch) -> Delivery:
    return ask_for_message(token, f"https://localhost:{listener.port}/hook?a=1", about)


def come_due() -> None:
    """Let the pauses be over."""
    Delivery.objects.filter(ended_at__isnull=True).update(next_at=timezone.now())


def test_the_end_of_an_analysis_is_told_once_and_signed(
    listener: Listener, token: ApiToken
) -> None:
    upload = send(token)
    delivery = ask(listener, token, upload)
    assert deliver_due() == 0 and not listener.received  # it still waits
    analyse()
    assert (deliver_due(), deliver_due()) == (1, 0)
    ((headers, body),) = listener.received
    told = json.loads(body)
    assert told["type"] == "detection.finished" and told["data"]["state"] == "failed"
    upload.refresh_from_db()
    assert told["data"] == describe_detection(upload)
    assert headers["webhook-id"] == str(delivery.pk)
    signed = f"{delivery.pk}.{headers['webhook-timestamp']}.".encode() + body
    key = base64.b64decode(token.webhook_secret.removeprefix("whsec_"))
    wanted = base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()
    assert headers["webhook-signature"] == f"v1,{wanted}"
    assert abs(int(headers["webhook-timestamp"]) - timezone.now().timestamp()) < 600


def test_each_token_has_a_secret_of_its_own(token: ApiToken) -> None:
    other = ApiToken.objects.create(name="jury", digest="1" * 64)
    assert token.webhook_secret != other.webhook_secret
    assert ApiToken.objects.get(pk=token.pk).webhook_secret == token.webhook_secret


def test_the_end_of_a_batch_is_told_when_all_that_was_announced_has_ended(
    listener: Listener, token: ApiToken
) -> None:
    batch = Batch.objects.create(owner=token.owner, name="a", size=2)
    ask(listener, token, batch)
    for sent in (1, 2):
        assert deliver_due() == 0
        send(token, batch)
        Batch.objects.update(sent=sent)
        assert deliver_due() == 0
        analyse()
    assert deliver_due() == 1
    told = json.loads(listener.received[0][1])
    assert told == {"type": "batch.finished", "data": describe_batch(Batch.objects.get())}
    assert told["data"]["counts"]["failed"] == 2 and told["data"]["finished"] is True


@pytest.mark.slow
def test_what_does_not_arrive_is_tried_again_later_and_later(
    listener: Listener, token: ApiToken
) -> None:
    listener.statuses = [500, 302, 404]
    ask(listener, token, send(token))
    analyse()
    pauses = []
    for _ in range(3):
        before = timezone.now()
        assert (deliver_due(), deliver_due()) == (1, 0)
        pauses.append(Delivery.objects.get().next_at - before)
        come_due()
    assert [round(pause.total_seconds(), -1) for pause in pauses] == [10, 40, 160]
    assert Delivery.objects.get().error == "The server answered 404."
    assert deliver_due() == 1
    delivery = Delivery.objects.get()
    assert (delivery.attempts, delivery.error) == (4, "") and delivery.ended_at is not None
    assert len({headers["webhook-id"] for headers, _ in listener.received}) == 1


@pytest.mark.slow
def test_it_is_given_up_after_the_last_attempt(listener: Listener, token: ApiToken) -> None:
    listener.statuses = [500] * (MAX_ATTEMPTS + 1)
    ask(listener, token, send(token))
    analyse()
    for _ in range(MAX_ATTEMPTS + 1):
        deliver_due()
        come_due()
    assert len(listener.received) == MAX_ATTEMPTS
    assert Delivery.objects.get().ended_at is not None


def test_a_process_that_died_while_sending_leaves_it_to_another(
    listener: Listener, token: ApiToken
) -> None:
    delivery = ask(listener, token, send(token))
    analyse()
    Delivery.objects.update(attempts=1, next_at=timezone.now() + timedelta(minutes=2))
    assert deliver_due() == 0
    come_due()
    assert deliver_due() == 1 and listener.received[0][0]["webhook-id"] == str(delivery.pk)


def test_a_clock_that_was_set_back_delays_no_message(listener: Listener, token: ApiToken) -> None:
    ask(listener, token, send(token))
    analyse()
    Delivery.objects.update(next_at=timezone.now() + timedelta(days=9))
    assert deliver_due() == 1


def test_what_is_deleted_is_not_told(listener: Listener, token: ApiToken) -> None:
    upload = send(token)
    ask(listener, token, upload)
    analyse()
    withdraw(upload)
    assert deliver_due() == 0 and not Delivery.objects.exists()


def test_nothing_is_sent_to_this_machine_unless_it_is_allowed(
    listener: Listener, token: ApiToken, settings: Settings
) -> None:
    settings.WEBHOOKS_PRIVATE = False
    ask(listener, token, send(token))
    analyse()
    assert deliver_due() == 1 and not listener.received
    assert "WEBHOOKS_PRIVATE" in Delivery.objects.get().error


def test_a_server_with_the_certificate_of_another_is_told_nothing(
    listener: Listener, token: ApiToken, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = write_certificate(tmp_path, "other.example")
    monkeypatch.setenv("SSL_CERT_FILE", str(other))
    ask(listener, token, send(token))
    analyse()
    assert deliver_due() == 1 and not listener.received
    assert "CERTIFICATE_VERIFY_FAILED" in Delivery.objects.get().error


def test_the_connection_goes_to_the_address_that_was_looked_at(
    listener: Listener, token: ApiToken, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name that leads elsewhere when it is asked for the second time."""
    answers = [[(2, 1, 6, "", ("127.0.0.1", listener.port))]]
    monkeypatch.setattr(socket, "getaddrinfo", lambda host, *a, **k: look_up(host))

    def look_up(host: str) -> list:
        if host == "127.0.0.1":
            return [(2, 1, 6, "", ("127.0.0.1", listener.port))]
        return answers.pop()

    ask(listener, token, send(token))
    analyse()
    assert deliver_due() == 1 and len(listener.received) == 1 and not answers


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "10.0.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0",
     "::1", "fe80::1%eth0", "fc00::1", "::ffff:127.0.0.1", "224.0.0.1", "2001:db8::1"],
)  # fmt: skip
def test_a_name_with_any_private_address_is_refused(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [(2, 1, 6, "", (each, 443)) for each in ("93.184.215.14", address)]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *a, **k: rows)
    with pytest.raises(BadAddress, match="private or local"):
        resolve("a.example", 443, private=False)
    rows.pop()
    assert resolve("a.example", 443, private=False) == "93.184.215.14"


@pytest.mark.parametrize(
    "url",
    ["http://a.example/", "ftp://a.example/", "https://", "a.example", "https://u:p@a.example/",
     "https://[::1/", "https://a.example:99999/", "https://a.example/\n", "https://a.example/ b",
     "https://127.0.0.1/", "https://[::1]/", "https://a.example/" + "x" * 2000,
     "https://caf\xe9.example/"],
)  # fmt: skip
def test_an_address_to_which_nothing_is_sent(url: str) -> None:
    with pytest.raises(BadAddress):
        read_address(url, private=False)
    assert read_address("https://a.example:8443/hook", private=False).port == 8443
