"""Celery workers at PostgreSQL, Redis and S3: shared work, and servers that go away for a while."""

from __future__ import annotations

import signal
import uuid
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from ai_image_detector import scale
from detector.tests.factories import backends
from detector.tests.factories.backends import wait_until
from detector.tests.factories.pictures import encode, noise
from detector.tests.factories.processes import run_python
from detector.tests.factories.servers import serving
from detector.tests.factories.sites import PACKAGES, Site, open_machines
from detector.tests.factories.uploading import send_picture
from detector.tests.factories.workers import get_runs, send, worker


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    backends.need_packages(*PACKAGES)
    with open_machines(tmp_path_factory.mktemp("servers")) as site:
        yield site


@pytest.fixture
def site(servers: Site) -> Site:
    servers.empty()
    return servers


pytestmark = pytest.mark.browser  # processes of real programs: slow to start


def test_workers_share_the_work_and_do_nothing_twice(site: Site, tmp_path: Path) -> None:
    with worker(tmp_path, 0.2, **site.env), worker(tmp_path, 0.2, **site.env):
        send(tmp_path, 12, site.env)
        wait_until(lambda: site.count("done") == 12)
    workers, pictures = zip(*get_runs(tmp_path), strict=True)
    assert len(pictures) == len(set(pictures)) == 12 and len(set(workers)) == 2
    folders = {key.split("/")[1] for key in site.list_keys()}
    assert folders == {"previews", "error_levels", "thumbnails"}, "the originals are deleted"


def test_a_killed_workers_picture_is_analysed_elsewhere_once(site: Site, tmp_path: Path) -> None:
    with worker(tmp_path, 60, **site.env):
        send(tmp_path, 1, site.env)
        wait_until(lambda: get_runs(tmp_path))
    assert site.count("running") == 1
    site.query("UPDATE detector_analysis SET lease_until = '2020-01-01'")  # a minute has passed
    with worker(tmp_path, 0, **site.env):
        wait_until(lambda: site.count("done") == 1)
    assert len(get_runs(tmp_path)) == 2
    assert site.query("SELECT attempts FROM detector_analysis") == [(2,)]


def test_what_a_broker_has_forgotten_or_never_got_is_analysed(site: Site, tmp_path: Path) -> None:
    send(tmp_path, 1, site.env)
    site.broker.stop()
    send(tmp_path, 1, site.env, first=99)
    assert site.count("queued") == 2
    site.broker.start()
    with worker(tmp_path, 0, **site.env):
        wait_until(lambda: site.count("done") == 2)
        site.broker.stop()
        site.broker.start()
        send(tmp_path, 1, site.env, first=199)
        wait_until(lambda: site.count("done") == 3)
    assert len(get_runs(tmp_path)) == 3


def test_a_database_that_was_away_is_used_again(site: Site, tmp_path: Path) -> None:
    with worker(tmp_path, 0, **site.env):
        send(tmp_path, 1, site.env)
        wait_until(lambda: site.count("done") == 1)
        site.database.stop()
        site.database.start()
        send(tmp_path, 1, site.env, first=99)
        wait_until(lambda: site.count("done") == 2)


@pytest.mark.slow
def test_a_database_server_that_is_locked_refuses_with_a_sentence(
    site: Site, tmp_path: Path
) -> None:
    env = site.env | {"LOCK_SECONDS": "1"}
    with serving(tmp_path, **env) as server, worker(tmp_path, 0, **env):
        before = site.list_keys()
        with site.locked():
            answer, told = send_picture(server, encode(noise(64, 32), "BMP"))
            assert (answer.status, answer.headers["Retry-After"]) == (503, "30")
            assert "What was accepted before is safe" in told["detail"]
            assert server.ask("GET", "/")[0].status == 200
        assert site.list_keys() == before and not site.query("SELECT id FROM detector_upload")
        assert send_picture(server, encode(noise(64, 32), "BMP"))[0].status == 202
        wait_until(lambda: site.count("done") == 1)


def test_a_storage_that_hangs_for_a_while_is_waited_for(site: Site, tmp_path: Path) -> None:
    send(tmp_path, 1, site.env)
    site.storage.process.send_signal(signal.SIGSTOP)
    with worker(tmp_path, 0, **site.env):
        wait_until(lambda: site.count("running") == 1)
        site.storage.process.send_signal(signal.SIGCONT)
        wait_until(lambda: site.count("done") == 1)
    assert site.query("SELECT attempts FROM detector_analysis") == [(1,)]


# Addresses


def test_the_address_of_a_bucket_names_folder_and_server() -> None:
    backends.need_packages("storages", "botocore")
    options = scale.storage("s3://bucket/a/b?endpoint_url=http://host:9&region_name=x")["OPTIONS"]
    assert (options["bucket_name"], options["location"]) == ("bucket", "a/b")
    assert (options["endpoint_url"], options["region_name"]) == ("http://host:9", "x")


@pytest.mark.parametrize(
    ("read", "url", "why"),
    [
        (scale.storage, "http://bucket", "accepted is s3://bucket/folder"),
        (scale.storage, "s3://bucket?acl=public", "accepted are endpoint_url"),
        (
            partial(scale.database, lock_seconds=1),
            "mysql://host/name",
            "something else than postgres://",
        ),
    ],
)
def test_an_address_that_is_none_is_told(read: Any, url: str, why: str) -> None:
    backends.need_packages(*PACKAGES)
    with pytest.raises(ImproperlyConfigured, match=why):
        read(url)


def test_a_package_that_is_missing_is_named(tmp_path: Path) -> None:
    block = "import sys\nsys.modules['psycopg'] = None\n"
    code = f"{block}import ai_image_detector.settings"
    done = run_python("-c", code, data_dir=tmp_path, DATABASE_URL=f"postgres://{uuid.uuid4()}/x")
    assert done.returncode and "`make scale` installs it" in done.stderr


def test_a_message_is_visible_again_after_the_longest_analysis() -> None:
    options = scale.transport_options(30)
    assert options["visibility_timeout"] == 330 and options["queue_order_strategy"] == "priority"
