"""The settings of an installation on several machines, from the addresses of its servers.

Each needs packages of the group `scale` in pyproject.toml, which are imported here alone.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, urlsplit

from django.core.exceptions import ImproperlyConfigured

# Seconds that a worker may take beside the analysis itself: to start an analysis process, say.
BESIDE_ANALYSIS = 300
# About a minute in all, so that a storage may be away for some seconds.
STORAGE_TRIES = 10
STORAGE_OPTIONS = ("endpoint_url", "region_name", "addressing_style")


def _missing(setting: str, error: ImportError) -> ImproperlyConfigured:
    return ImproperlyConfigured(
        f"{setting} needs a package that is not installed ({error.name}); `make scale` installs it."
    )


def database(url: str, lock_seconds: int) -> dict[str, Any]:
    """The entry of DATABASES for `postgres://user:password@host/name`.

    A statement waits for locks of others for so many seconds, then it fails.
    """
    try:
        import dj_database_url
        import psycopg  # noqa: F401
    except ImportError as error:
        raise _missing("DATABASE_URL", error) from error
    if urlsplit(url).scheme not in ("postgres", "postgresql"):
        raise ImproperlyConfigured("DATABASE_URL begins with something else than postgres://.")
    try:
        entry = dj_database_url.parse(url, conn_max_age=600, conn_health_checks=True)
    except ValueError as error:
        raise ImproperlyConfigured(f"DATABASE_URL cannot be read: {error}") from error
    options = dict(entry.get("OPTIONS") or {})
    given = f"{options.get('options', '')} -c lock_timeout={lock_seconds}s"
    return {**entry, "OPTIONS": options | {"options": given.strip()}}


def storage(url: str) -> dict[str, Any]:
    """The entry of STORAGES for `s3://bucket/folder?endpoint_url=https://host`.

    Keys come from where the library looks for them, AWS_ACCESS_KEY_ID among these.
    """
    try:
        from botocore.config import Config
        from storages.backends import s3  # noqa: F401
    except ImportError as error:
        raise _missing("STORAGE_URL", error) from error
    parts = urlsplit(url)
    if parts.scheme != "s3" or not parts.netloc:
        raise ImproperlyConfigured(f"STORAGE_URL is {url!r}; accepted is s3://bucket/folder.")
    options = dict(parse_qsl(parts.query))
    if unknown := options.keys() - set(STORAGE_OPTIONS):
        accepted = ", ".join(STORAGE_OPTIONS)
        raise ImproperlyConfigured(
            f"STORAGE_URL has the option {min(unknown)!r}; accepted are {accepted}."
        )
    retries = {"mode": "standard", "max_attempts": STORAGE_TRIES}
    style = {"addressing_style": options.pop("addressing_style", "auto")}
    config = Config(connect_timeout=5, read_timeout=30, retries=retries, s3=style)
    own = {"bucket_name": parts.netloc, "location": parts.path.strip("/"), "client_config": config}
    return {"BACKEND": "storages.backends.s3.S3Storage", "OPTIONS": own | options}


def transport_options(analysis_timeout: int) -> dict[str, Any]:
    """Of the broker: when a message goes to another worker, and which queue is served first."""
    visible_again = analysis_timeout + BESIDE_ANALYSIS
    return {"visibility_timeout": visible_again, "queue_order_strategy": "priority"}


def cache(broker: str) -> dict[str, Any]:
    """The entry of CACHES: the broker where that is Redis, else the memory of each process."""
    if urlsplit(broker).scheme in ("redis", "rediss"):
        return {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": broker}
    return {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
