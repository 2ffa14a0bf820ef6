"""How the installation is run: who analyses, who may reach it, and Django's own checks."""

from __future__ import annotations

from collections.abc import Iterator

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core import checks
from django.db import DatabaseError

from detector.monitoring.health import NotWorking, check_queue

from .finding import Finding, fault, note, ok, warning

LOCAL = {"localhost", "127.0.0.1", "[::1]"}


def diagnose() -> Iterator[Finding]:
    """Worker, openness, administrators, and what `manage.py check` says."""
    yield _diagnose_worker()
    yield from _diagnose_openness()
    yield from _diagnose_administrators()
    for message in checks.run_checks(include_deployment_checks=settings.HTTPS):
        level = fault if message.is_serious() else warning
        yield level(f"{message.id}: {message.msg}", message.hint or "")


def _diagnose_worker() -> Finding:
    try:
        return ok(f"Engine {settings.ANALYSIS_ENGINE.lower()}: {check_queue()}")
    except NotWorking as error:
        return note(str(error), "`manage.py serve` and `manage.py work` start workers.")
    except DatabaseError as error:
        return fault(f"The queue cannot be read: {error}.", "Run `manage.py migrate`.")


def _diagnose_openness() -> Iterator[Finding]:
    public = sorted(set(settings.ALLOWED_HOSTS) - LOCAL)
    names = ", ".join(public) or "this machine alone"
    yield ok(f"The site answers as {names}.")
    if settings.DEBUG:
        yield fault("DEBUG is on: errors show the program to visitors.", "Set DEBUG=false.")
    if "*" in public:
        yield warning("ALLOWED_HOSTS accepts every name.", "Name the hosts of this site.")
    if public and not settings.HTTPS:
        remedy = "Put a proxy that ends TLS before the site, and set HTTPS=true."
        yield warning("The site has a public name, and no HTTPS.", remedy)
    if settings.HTTPS and not settings.TRUSTED_PROXIES:
        remedy = "TRUSTED_PROXIES=127.0.0.1 names a proxy of this machine."
        yield warning("Whoever connects is believed to be the proxy.", remedy)
    if settings.API_OPEN:
        yield warning("The API answers everybody.", "API_OPEN=false asks for tokens.")
    if settings.LOG_DETAILS:
        text = "The log holds digests of files and addresses of visitors."
        yield warning(text, "LOG_DETAILS=false leaves them out.")


def _diagnose_administrators() -> Iterator[Finding]:
    try:
        count = get_user_model().objects.filter(is_superuser=True, is_active=True).count()
    except DatabaseError:
        return  # said above
    if count:
        yield ok(f"Number of administrators: {count}.")
    else:
        yield note("There is no administrator.", "`manage.py createsuperuser` makes one.")
