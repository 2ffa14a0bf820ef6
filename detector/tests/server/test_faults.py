"""Faults of several machines with the real parts: nothing is lost, nothing is done twice."""

from __future__ import annotations

import fcntl
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from detector.tests.factories import backends
from detector.tests.factories.backends import wait_until
from detector.tests.factories.door import Door
from detector.tests.factories.listening import listening, write_certificate
from detector.tests.factories.pictures import encode, noise
from detector.tests.factories.processes import ROOT, run_python
from detector.tests.factories.servers import RunningServer, migrate, serving, wait_for
from detector.tests.factories.sites import PACKAGES, Site, open_machines
from detector.tests.factories.workers import get_runs, send, worker

# Processes of real programs: slow to start.
pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    backends.need_packages(*PACKAGES)
    with open_machines(tmp_path_factory.mktemp("servers")) as site:
        yield site


@pytest.fixture
def site(servers: Site) -> Site:
    servers.empty()
    return servers


def test_a_storage_that_refuses_for_ten_seconds_loses_nothing(site: Site, tmp_path: Path) -> None:
    address = site.env["STORAGE_URL"]
    port = urlsplit(address.partition("endpoint_url=")[2].partition("&")[0]).port
    assert port is not None
    door = Door(port)
    env = site.env | {"STORAGE_URL": address.replace(f":{port}", f":{door.port}")}
    send(tmp_path, 3, env)
    door.shut()
    with worker(tmp_path, 0, **env):
        wait_until(lambda: site.count("running") == 1)
        time.sleep(10)
        assert site.count("done") == 0
        door.open()
        wait_until(lambda: site.count("done") == 3, 180)
    assert len(get_runs(tmp_path)) == 3


def test_two_web_processes_count_requests_together(site: Site, tmp_path: Path) -> None:
    env = {**site.env, "API_ADDRESS_RATE": "5"}
    with ExitStack() as stack:
        webs = []
        for name in ("a", "b"):
            (tmp_path / name).mkdir()
            webs.append(stack.enter_context(serving(tmp_path / name, **env)))
        wait_until(lambda: time.time() % 60 < 50)  # not across the turn of a minute
        statuses = [webs[number % 2].ask("GET", "/api/v1/version")[0].status for number in range(7)]
    assert statuses == [200] * 5 + [429] * 2


def test_a_celery_worker_sends_the_webhooks(site: Site, tmp_path: Path) -> None:
    certificate = write_certificate(tmp_path)
    env = site.env | {"SSL_CERT_FILE": str(certificate), "WEBHOOKS_PRIVATE": "true"}
    with listening(certificate) as listener, worker(tmp_path, 0, **env):
        listener.statuses.append(500)
        code = ASK.format(port=listener.port)
        done = run_python("-c", code, data_dir=tmp_path, **env)
        assert done.returncode == 0, done.stderr
        wait_until(lambda: len(listener.received) == 2, 120)  # the first one was refused
    told = [json.loads(body) for _, body in listener.received]
    assert {one["type"] for one in told} == {"detection.finished"}
    assert {one["data"]["state"] for one in told} == {"done"}
    assert len({headers["webhook-id"] for headers, _ in listener.received}) == 1
    assert site.query("SELECT attempts, error FROM detector_delivery") == [(2, "")]


ASK = """
import uuid
import django; django.setup()
from django.core.files.base import ContentFile
from detector.models import ApiToken
from detector.services import ask_for_message, submit
from detector.tests.factories.pictures import encode, noise
token = ApiToken(name="press"); token.renew(); token.save()
upload = submit(ContentFile(encode(noise(), "BMP")), owner=token.owner, filename="a.bmp")
ask_for_message(token, "https://localhost:{port}/hook", upload)
"""


# A change of the tables while everybody works: a column more, and one that is made anew, which
# SQLite does by copying the table.
MIGRATE = """
import django; django.setup()
from django.db import connection, migrations, models
from django.db.migrations.executor import MigrationExecutor
executor = MigrationExecutor(connection)
(leaf,) = executor.loader.graph.leaf_nodes("detector")
migration = migrations.Migration("9999_more", "detector")
migration.dependencies = [leaf]
migration.operations = [
    migrations.AddField("analysis", "note", models.TextField(null=True)),
    migrations.AlterField("analysis", "worker", models.CharField(max_length=120, blank=True)),
    migrations.AddIndex("upload", models.Index(fields=["filename"], name="more")),
]
executor.apply_migration(executor.loader.project_state(), migration)
print("migrated")
"""


@pytest.mark.parametrize("engine", ["sqlite", "postgres"])
def test_a_migration_under_load_loses_nothing(engine: str, tmp_path: Path) -> None:
    """Two web processes take pictures in, two workers run them, and the tables change meanwhile."""
    env: dict[str, str] = {}
    with ExitStack() as stack:
        if engine == "postgres":
            backends.need_packages(*PACKAGES)
            env["DATABASE_URL"] = stack.enter_context(backends.postgres())[0]
        done = run_python("manage.py", "migrate", "-v0", data_dir=tmp_path, **env)
        assert done.returncode == 0, done.stderr
        for _ in range(2):
            stack.enter_context(worker(tmp_path, 0.05, **env))
        # Nobody is beside them: the workers are those of above.
        lock = stack.enter_context(open(tmp_path / "worker.lock", "a"))
        take_lock(lock.fileno())
        webs = [stack.enter_context(serving(tmp_path, **env)) for _ in range(2)]
        migrated, sent = None, []
        for number in range(30):
            if number == 8:
                migrated = start_python(MIGRATE, tmp_path, env)
            body, kind = make_form(number)
            answer, text = webs[number % 2].ask("POST", API, body, Content_Type=kind)
            assert answer.status == 202, text
            sent += [item["url"] for item in json.loads(text)["items"]]
        assert migrated is not None
        said, error = migrated.communicate(timeout=120)
        assert said.strip() == "migrated", error
        for path in sent:
            wait_for(partial(is_done, webs[0], path))
    digests = [digest for _, digest in get_runs(tmp_path)]
    assert len(digests) == len(set(digests)) == 30


API = "/api/v1/detections"


def take_lock(descriptor: int) -> None:
    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


def start_python(code: str, data_dir: Path, env: dict[str, str]) -> subprocess.Popen[str]:
    own = {"DJANGO_SETTINGS_MODULE": "ai_image_detector.settings", "DATA_DIR": str(data_dir)}
    return subprocess.Popen(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env=os.environ | own | env,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def make_form(number: int) -> tuple[bytes, str]:
    head = '--b\r\nContent-Disposition: form-data; name="image"; filename="a.bmp"\r\n\r\n'
    picture = encode(noise(64 + number, 32), "BMP")
    return head.encode() + picture + b"\r\n--b--\r\n", "multipart/form-data; boundary=b"


def is_done(web: RunningServer, path: str) -> bool:
    return bool(json.loads(web.ask("GET", path)[1])["state"] == "done")


def test_every_migration_goes_forwards_and_backwards_on_postgresql(tmp_path: Path) -> None:
    backends.need_packages(*PACKAGES)
    with backends.postgres() as (url, _):
        done = run_python("-c", EACH_WAY, data_dir=tmp_path, DATABASE_URL=url)
    assert done.returncode == 0, done.stderr
    names = done.stdout.split()
    assert names[0].startswith("0001_") and names[-1] == "nothing" and len(names) >= 8


# Forwards one by one, back one by one, and forwards again, in each step with what Django would
# then still change.
EACH_WAY = """
import django; django.setup()
from django.core.management import call_command
from django.db.migrations.loader import MigrationLoader
nodes = MigrationLoader(None).graph.forwards_plan(
    MigrationLoader(None).graph.leaf_nodes("detector")[0])
names = [name for app, name in nodes if app == "detector"]
for name in names:
    call_command("migrate", "detector", name, verbosity=0)
    print(name)
for name in [*names[-2::-1], "zero"]:
    call_command("migrate", "detector", name, verbosity=0)
call_command("migrate", verbosity=0)
call_command("makemigrations", "detector", check=True, dry_run=True, verbosity=0)
from detector.models import Analysis, Batch, Delivery, Upload
for model in (Analysis, Batch, Delivery, Upload):
    assert model.objects.count() == 0
print("nothing")
"""


def test_a_worker_that_never_starts_ends_uploads_with_a_sentence(tmp_path: Path) -> None:
    """The program of the worker is broken: the web process says so, in its log and to senders."""
    hooks = tmp_path / "hooks"
    hooks.mkdir()
    (hooks / "sitecustomize.py").write_text(
        "import sys\nif 'work' in sys.argv[1:2] or 'work' in sys.orig_argv:\n    sys.exit(3)\n"
    )
    with serving(migrate(tmp_path), PYTHONPATH=str(hooks)) as server:
        wait_for(lambda: "workers have ended one after the other" in server.log, server.process)
        body, kind = make_form(0)
        answer, text = server.ask("POST", API, body, Content_Type=kind)
        assert answer.status == 503 and answer.headers["Retry-After"] == "30"
        assert "No program analyses pictures at present" in json.loads(text)["detail"]
        assert server.ask("GET", "/")[0].status == 200
