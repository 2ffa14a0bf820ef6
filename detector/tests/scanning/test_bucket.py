"""Buckets, at a real server that speaks S3."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from django.core.management import call_command

from detector.inference.images import ImageError, Limits
from detector.scanning import bucket, engines
from detector.scanning.errors import ScanError
from detector.scanning.pictures import read_picture
from detector.scanning.sources import open_source
from detector.tests.factories import backends
from detector.tests.factories.backends import BUCKET, KEYS, Server, connect_s3
from detector.tests.factories.pictures import encode, scene
from detector.tests.factories.scanning import HerePool
from detector.tests.factories.stubs import make_stub

pytestmark = pytest.mark.browser  # a server of its own: slow to start


@pytest.fixture(scope="module")
def server() -> Iterator[tuple[str, Server]]:
    with backends.s3() as (address, server):
        endpoint = parse_qs(urlsplit(address).query)["endpoint_url"][0]
        client = connect_s3(endpoint)
        for number in range(2):
            body = encode(scene(number), "PNG")
            client.put_object(Bucket=BUCKET, Key=f"photos/{number}.png", Body=body)
        client.put_object(Bucket=BUCKET, Key="photos/notes.txt", Body=b"text")
        client.put_object(Bucket=BUCKET, Key="other/2.png", Body=b"text")
        yield endpoint, server


@pytest.fixture(autouse=True)
def keys(server: tuple[str, Server], monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    own = {"AWS_ENDPOINT_URL_S3": server[0], "AWS_DEFAULT_REGION": "us-east-1"}
    for name, value in (KEYS | own).items():
        monkeypatch.setenv(name, value)
    bucket.connect.cache_clear()
    yield
    bucket.connect.cache_clear()


def test_the_pictures_below_a_prefix_are_scanned_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, use_methods: Callable[..., None]
) -> None:
    monkeypatch.setattr(engines, "Pool", HerePool)
    use_methods(deep_learning=(stub := make_stub()))
    source, output = f"s3://{BUCKET}/photos/", tmp_path / "out.jsonl"
    for _ in range(2):
        call_command("scan", source, output=output)
    rows = [json.loads(line) for line in output.read_text().splitlines()]
    assert sorted(row["path"] for row in rows) == [f"{source}{n}.png" for n in range(2)]
    assert len(stub.asked) == 2 and open_source(source).count() == 2


def test_a_list_may_name_objects(tmp_path: Path) -> None:
    address = f"s3://{BUCKET}/photos/0.png"
    (tmp_path / "list.txt").write_text(f"{address}\ns3://{BUCKET}/none.png\n")
    first, missing = open_source(str(tmp_path / "list.txt"))
    assert first in list(open_source(f"s3://{BUCKET}/photos")) and missing.state == ""
    assert read_picture(address, Limits()) == encode(scene(0), "PNG")
    with pytest.raises(ImageError, match="NoSuchKey"):
        read_picture(missing.name, Limits())
    with pytest.raises(ImageError, match="at most 0 MB"):
        read_picture(address, Limits(max_bytes=9))


def test_a_bucket_that_is_not_there_and_a_storage_that_is_away_end_the_scan(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with pytest.raises(ScanError, match="'none' cannot be listed"):
        list(open_source("s3://none/photos"))
    monkeypatch.setattr(bucket, "TRIES", 1)
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", f"http://127.0.0.1:{backends.free_port()}")
    bucket.connect.cache_clear()
    with pytest.raises(ScanError, match="does not answer"):
        read_picture(f"s3://{BUCKET}/photos/0.png", Limits())


def test_an_address_without_a_bucket_and_a_missing_package_are_said(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with pytest.raises(ScanError, match="accepted is s3://bucket/prefix"):
        open_source("s3:///photos")
    monkeypatch.setitem(sys.modules, "boto3", None)
    with pytest.raises(ScanError, match="`make scale` installs it"):
        open_source("s3://bucket")
