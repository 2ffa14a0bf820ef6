"""Where a request comes from, whatever proxies and liars write into its headers."""

from __future__ import annotations

import ipaddress

import pytest
from django.test import RequestFactory
from pytest_django import Settings

from detector.web.visitors import find_address, is_from_here, network_of

VISITOR, LIE = "203.0.113.9", "198.51.100.1"


def address(remote: str, passed: str | None = None) -> str:
    headers = {} if passed is None else {"x-forwarded-for": passed}
    return find_address(RequestFactory().get("/", headers=headers, REMOTE_ADDR=remote))


def test_without_a_proxy_nobody_is_believed() -> None:
    assert address(VISITOR, LIE) == VISITOR


def test_with_https_the_last_address_is_what_the_proxy_saw(settings: Settings) -> None:
    settings.HTTPS = True
    assert address("10.0.0.1", f"{LIE}, {VISITOR}") == VISITOR
    assert address("10.0.0.1") == "10.0.0.1"


@pytest.mark.parametrize(
    ("remote", "passed", "found"),
    [
        ("10.0.0.1", VISITOR, VISITOR),
        ("10.0.0.1", f"{LIE}, {VISITOR}", VISITOR),
        ("10.0.0.1", f"{LIE}, {VISITOR}, 10.0.0.2", VISITOR),  # two proxies, one behind the other
        ("::ffff:10.0.0.1", VISITOR, VISITOR),
        ("2001:db8::1", VISITOR, VISITOR),
        (VISITOR, LIE, VISITOR),  # comes around the proxy
        ("10.0.0.1", f"{VISITOR}, {VISITOR}", VISITOR),
        ("10.0.0.1", f"{LIE}, no address", "no address"),  # counts as one that is unknown
        ("10.0.0.1", " , ", "10.0.0.1"),
        ("10.0.0.1", "10.0.0.3", "10.0.0.3"),
    ],
)
def test_only_the_proxies_that_are_named_are_believed(
    settings: Settings, remote: str, passed: str, found: str
) -> None:
    settings.HTTPS = True
    settings.TRUSTED_PROXIES = [
        ipaddress.ip_network("10.0.0.0/24"),
        ipaddress.ip_network("2001:db8::1"),
    ]
    assert address(remote, passed) == found


def test_this_machine_is_loopback_without_any_proxy(settings: Settings) -> None:
    factory = RequestFactory()
    assert is_from_here(factory.get("/")) and is_from_here(factory.get("/", REMOTE_ADDR="::1"))
    assert not is_from_here(factory.get("/", REMOTE_ADDR=VISITOR))
    assert not is_from_here(factory.get("/", REMOTE_ADDR=""))
    assert not is_from_here(factory.get("/", headers={"x-forwarded-for": "127.0.0.1"}))


def test_what_is_no_address_counts_as_one_visitor() -> None:
    assert network_of("no address") == network_of("") == "unknown"
    assert network_of("::ffff:1.2.3.4") != network_of("::ffff:1.2.3.5")
