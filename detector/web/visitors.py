"""Where a request comes from, also behind proxies, whose headers anybody can write."""

from __future__ import annotations

import ipaddress

from django.conf import settings
from django.http import HttpRequest

# What a proxy adds: then the request only seems to come from this machine.
PASSED_ON = ("Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-Ip", "Via")
# Who has one address of IPv6 has all of its network.
NETWORK = 64


def find_address(request: HttpRequest) -> str:
    """The address of the visitor: the last one that no proxy of ours has.

    Each proxy adds the address that it sees to the end of X-Forwarded-For. What stands before the
    address that the outermost trusted proxy has added may be a lie of the visitor.
    """
    address: str = request.META.get("REMOTE_ADDR", "")
    passed = request.headers.get("X-Forwarded-For", "")
    hops = [hop.strip() for hop in passed.split(",") if hop.strip()]
    # Without a list of proxies, HTTPS says that there is one: whoever connects.
    believed = _is_proxy(address) or (settings.HTTPS and not settings.TRUSTED_PROXIES)
    while believed and hops:
        address = hops.pop()
        believed = _is_proxy(address)
    return address


def _is_proxy(address: str) -> bool:
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return False
    mapped = getattr(ip, "ipv4_mapped", None) or ip
    return any(mapped in network for network in settings.TRUSTED_PROXIES)


def network_of(address: str) -> str:
    """What counts as one visitor."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    if ip.version == 6 and ip.ipv4_mapped is None:
        return str(ipaddress.ip_network((ip, NETWORK), strict=False).network_address)
    return str(ip)


def find_visitor(request: HttpRequest) -> str:
    """What counts as one visitor of this request."""
    return network_of(find_address(request))


def is_from_here(request: HttpRequest) -> bool:
    """Whether a program of the same machine asks, for itself."""
    if settings.HTTPS or any(name in request.headers for name in PASSED_ON):
        return False
    try:
        return ipaddress.ip_address(request.META.get("REMOTE_ADDR", "")).is_loopback
    except ValueError:
        return False
