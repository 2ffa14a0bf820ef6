"""Makes the bucket of STORAGE_URL, for a storage that starts empty."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.files.storage import default_storage
from django.core.management.base import CommandError

from detector.management.base import DetectorCommand


class Command(DetectorCommand):
    help = "Make the bucket that STORAGE_URL names, unless it is there already."

    def handle(self, **options: Any) -> str:
        if not settings.STORAGE_URL:
            raise CommandError("STORAGE_URL is not set: pictures are in DATA_DIR, in no bucket.")
        from botocore.exceptions import BotoCoreError, ClientError

        storage: Any = default_storage
        name = storage.bucket_name
        client = storage.connection.meta.client
        try:
            return f"The bucket {name} is there." if _exists(client, name) else _make(client, name)
        except (BotoCoreError, ClientError) as error:
            raise CommandError(f"The bucket {name} cannot be made: {error}") from error


def _exists(client: Any, name: str) -> bool:
    """Raises `ClientError` where that cannot be told: a key may be wrong."""
    from botocore.exceptions import ClientError

    try:
        client.head_bucket(Bucket=name)
    except ClientError as error:
        if error.response["Error"]["Code"] in ("404", "NoSuchBucket"):
            return False
        raise
    return True


def _make(client: Any, name: str) -> str:
    region = client.meta.region_name
    # The first region is the only one that must not be named.
    place = {} if region == "us-east-1" else {"LocationConstraint": region}
    client.create_bucket(Bucket=name, **({"CreateBucketConfiguration": place} if place else {}))
    return f"Made the bucket {name}."
