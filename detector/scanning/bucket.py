"""Pictures in S3-compatible storage, by the addresses `s3://bucket/prefix`.

Keys, region and endpoint come from where boto3 looks for them: AWS_ACCESS_KEY_ID,
AWS_SECRET_ACCESS_KEY, AWS_DEFAULT_REGION, AWS_ENDPOINT_URL_S3 and the files of the AWS tools.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import cache
from typing import Any

from detector.inference.formats import SUFFIXES
from detector.inference.images import ImageError

from .errors import MissingPackage, ScanError

SCHEME = "s3://"
TRIES = 10  # about a minute, so that a storage may be away for some seconds
CONNECTIONS = 32
# The answers of a storage that concern one picture; with any other the scan ends.
OF_ONE_PICTURE = {"NoSuchKey", "404", "AccessDenied", "403", "InvalidObjectState"}


@cache
def connect() -> Any:
    """The client of this process, which any number of threads may use."""
    try:
        import boto3
        from botocore.config import Config
    except ImportError as error:
        raise MissingPackage("A bucket", error.name, "`make scale`") from error
    retries = {"mode": "standard", "max_attempts": TRIES}
    config = Config(
        connect_timeout=5, read_timeout=30, retries=retries, max_pool_connections=CONNECTIONS
    )
    return boto3.client("s3", config=config)


def split_address(address: str) -> tuple[str, str]:
    """Bucket and key, or prefix, of an address."""
    bucket, _, key = address.removeprefix(SCHEME).partition("/")
    if not bucket:
        raise ScanError(f"{address!r} names no bucket; accepted is s3://bucket/prefix.")
    return bucket, key


def list_objects(address: str) -> Iterator[tuple[str, str]]:
    """Address and state of each object below the prefix that is named like a picture."""
    bucket, prefix = split_address(address)
    pages = connect().get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
    try:
        for page in pages:
            for one in page.get("Contents", ()):
                if os.path.splitext(one["Key"])[1].lower() in SUFFIXES:
                    yield f"{SCHEME}{bucket}/{one['Key']}", f"{one['Size']} {one['ETag']}"
    except _storage_errors() as error:
        raise ScanError(f"The bucket {bucket!r} cannot be listed: {error}") from error


def read_object(address: str, most: int) -> bytes:
    """The first `most` bytes of an object and one more.

    Raises `ImageError` for an object that is not there or may not be read, and `ScanError` where
    the storage does not answer.
    """
    bucket, key = split_address(address)
    try:
        body = connect().get_object(Bucket=bucket, Key=key)["Body"]
        with body:
            data: bytes = body.read(most + 1)
            return data
    except _storage_errors() as error:
        code = getattr(error, "response", {}).get("Error", {}).get("Code", "")
        if code in OF_ONE_PICTURE:
            raise ImageError(f"The object cannot be read: {code}.") from error
        raise ScanError(f"The storage does not answer for {address}: {error}") from error


def read_object_state(address: str) -> str:
    """The state of an object; empty where it cannot be looked at."""
    bucket, key = split_address(address)
    try:
        head = connect().head_object(Bucket=bucket, Key=key)
    except _storage_errors():
        return ""
    return f"{head['ContentLength']} {head['ETag']}"


def _storage_errors() -> tuple[type[Exception], ...]:
    from botocore.exceptions import BotoCoreError, ClientError

    return BotoCoreError, ClientError
