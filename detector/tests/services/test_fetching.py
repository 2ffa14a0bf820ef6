"""Pictures from web addresses, where it is allowed: from a real HTTPS server of this machine."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.test import Client
from pytest_django import Settings

from detector.models import Upload
from detector.services.fetching import NotFetched, fetch
from detector.tests.factories.listening import Listener, listening, write_certificate
from detector.tests.factories.pages import get_html
from detector.tests.factories.stubs import make_stub

MOST = 2**20


@pytest.fixture
def listener(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Listener]:
    """A server whose certificate is trusted here, as if its address were a public one."""
    certificate = write_certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    check = "detector.services.addresses.check_address"
    monkeypatch.setattr(check, lambda address, *, private: address)
    with listening(certificate) as listener:
        yield listener


def address_of(listener: Listener, path: str = "/photos/a%20b.jpg?size=2") -> str:
    return f"https://localhost:{listener.port}{path}"


def test_a_picture_is_fetched_with_its_name(listener: Listener, jpeg: bytes) -> None:
    listener.body = jpeg
    fetched = fetch(address_of(listener), MOST)
    assert (fetched.name, fetched.data) == ("a b.jpg", jpeg)
    headers, _ = listener.received[0]
    assert "cookie" not in headers and "referer" not in headers
    assert fetch(address_of(listener, "/"), MOST).name == "localhost"


@pytest.mark.parametrize(
    "url",
    [
        "http://example.org/a.jpg",
        "https://127.0.0.1/a.jpg",
        "https://10.0.0.1/a.jpg",
        "https://169.254.169.254/latest/meta-data/",
        "https://[::1]/a.jpg",
        "https://localhost/a.jpg",
        "https://user@example.org/a.jpg",
        "file:///etc/passwd",
        "https://example.org/" + "a" * 2000,
    ],
)
def test_addresses_of_this_network_and_of_other_schemes_are_refused(url: str) -> None:
    with pytest.raises(NotFetched, match="address"):
        fetch(url, MOST)


def test_a_name_that_has_a_private_address_as_well_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def answer(*args: object, **options: object) -> list[tuple[object, ...]]:
        kind = (socket.AF_INET, socket.SOCK_STREAM, 6, "")
        return [(*kind, ("93.184.216.34", 443)), (*kind, ("192.168.0.1", 443))]

    monkeypatch.setattr(socket, "getaddrinfo", answer)
    with pytest.raises(NotFetched, match="address"):
        fetch("https://example.org/a.jpg", MOST)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("status", "reason"), [(301, "moved"), (302, "moved"), (404, "status"), (500, "status")]
)
def test_nothing_but_a_picture_at_that_very_address_is_taken(
    listener: Listener, status: int, reason: str
) -> None:
    listener.statuses = [status]
    with pytest.raises(NotFetched, match=reason) as caught:
        fetch(address_of(listener), MOST)
    assert caught.value.status == status and len(listener.received) == 1


def test_no_more_is_read_than_is_accepted(listener: Listener) -> None:
    listener.body = bytes(1001)
    with pytest.raises(NotFetched, match="large"):
        fetch(address_of(listener), 1000)
    listener.body = bytes(1000)
    assert len(fetch(address_of(listener), 1000).data) == 1000


def test_a_server_that_is_away_or_not_trusted_is_said_to_be_away(
    listener: Listener, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    with pytest.raises(NotFetched, match="away"):
        fetch(f"https://localhost:{port}/a.jpg", MOST)
    monkeypatch.delenv("SSL_CERT_FILE")
    with pytest.raises(NotFetched, match="away"):
        fetch(address_of(listener), MOST)
    assert not listener.received


# The home page


@pytest.mark.slow
@pytest.mark.django_db
def test_without_the_setting_no_address_is_asked(client: Client, listener: Listener) -> None:
    assert 'name="address"' not in get_html(client.get("/"))
    response = client.post("/", {"address": address_of(listener)})
    assert response.status_code == 400 and "Choose a picture first." in get_html(response)
    assert not listener.received


@pytest.mark.slow
@pytest.mark.django_db
def test_a_visitor_gives_an_address(
    client: Client, listener: Listener, jpeg: bytes, settings: Settings,
    use_methods: Callable[..., None],
) -> None:  # fmt: skip
    use_methods(deep_learning=make_stub())
    settings.ALLOW_URLS = True
    listener.body = jpeg
    assert 'name="address"' in get_html(client.get("/"))
    assert "asks that website" in get_html(client.get("/privacy/"))
    html = get_html(client.post("/", {"address": address_of(listener)}, follow=True))
    assert "a b.jpg" in html and Upload.objects.count() == 1


@pytest.mark.slow
@pytest.mark.django_db
@pytest.mark.parametrize(
    ("path", "status", "sentence"),
    [
        ("/a.jpg", 302, "leads on to another address"),
        ("/a.jpg", 404, "answered with the error 404."),
        ("/a.jpg", 200, "not a picture of a known kind"),
    ],
)
def test_the_home_page_says_why_there_is_no_picture(
    client: Client, listener: Listener, settings: Settings, path: str, status: int, sentence: str
) -> None:
    settings.ALLOW_URLS = True
    listener.body, listener.statuses = b"just text", [status]
    response = client.post("/", {"address": address_of(listener, path)})
    assert response.status_code == 400 and sentence in get_html(response)
    listener.statuses = [status]
    script = {"Accept": "application/json"}
    told = client.post("/", {"address": address_of(listener, path)}, headers=script)
    assert sentence in told.json()["error"] and not Upload.objects.exists()
