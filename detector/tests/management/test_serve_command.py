"""`manage.py serve` as a process of its own: slow senders, refusals, the log, and its end."""

from __future__ import annotations

import os
import signal
import sqlite3
import uuid
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from detector.tests.factories.pictures import encode, noise
from detector.tests.factories.processes import run_python
from detector.tests.factories.servers import (
    RunningServer,
    migrate,
    no_worker,
    serving,
    wait_for,
)

pytestmark = pytest.mark.browser  # a process of the real server: slow to start

URL = "/api/detect"
FORM = "multipart/form-data; boundary=b"
HEADER = f"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: {FORM}\r\n".encode()
SLOW = {
    "silent": b"",
    "header": HEADER,
    "body": HEADER + b"Content-Length: 1000000\r\n\r\n--b\r\n",
    "chunk": HEADER + b"Transfer-Encoding: chunked\r\n\r\n5\r\nab",
}
LONG_AGO = datetime.now() - timedelta(days=90)


def form(data: bytes) -> bytes:
    head = b'--b\r\nContent-Disposition: form-data; name="image"; filename="a.png"\r\n\r\n'
    return head + data + b"\r\n--b--\r\n"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    with serving(migrate(tmp_path_factory.mktemp("data")), MAX_UPLOAD_MB="1") as server:
        yield server


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    return migrate(tmp_path)


# Slow senders


@pytest.mark.parametrize("count", [4, 40, 200])
@pytest.mark.parametrize("kind", SLOW)
def test_slow_senders_hold_nobody(server: RunningServer, kind: str, count: int) -> None:
    slow = [server.connect(SLOW[kind]) for _ in range(count)]
    response, text = server.ask("GET", "/")
    assert response.status == 200 and "Choose pictures" in text
    for connection in slow:
        connection.sendall(b"a")  # they are still waited for
        connection.close()


# Over the wire


@pytest.mark.parametrize(
    ("kind", "body", "why"),
    [
        (FORM, form(b"text"), "not a picture"),
        (FORM + "; charset=hex", form(b"text"), "not a picture"),
        (FORM + "; charset=punycode", form(b"text"), "not a picture"),
        ("a; b*=nonsense''c", form(b"text"), "The body is of no stated kind"),
        ("multipart/form-data", form(b"text"), "Invalid boundary"),
    ],
)
@pytest.mark.parametrize("chunked", [False, True])
def test_forms_are_read_or_refused_in_json(
    server: RunningServer, kind: str, body: bytes, why: str, chunked: bool
) -> None:
    sent = iter([body[:50], body[50:]]) if chunked else body
    response, text = server.ask("POST", f"{URL}?q=x", sent, Content_Type=kind)
    assert response.status == 400 and response.headers["Content-Type"] == "application/json"
    assert why in text


@pytest.mark.parametrize("chunked", [False, True])
def test_what_is_too_large_is_told_in_json_and_on_the_page(
    server: RunningServer, chunked: bool
) -> None:
    body = form(bytes(3 * 2**20))
    for path, what in ((URL, '{"error": "The file'), ("/", 'type="file"')):
        sent = (body[i : i + 2**16] for i in range(0, len(body), 2**16)) if chunked else body
        response, text = server.ask("POST", path, sent, Content_Type=FORM)
        assert response.status == 413 and what in text and "at most 1 MB" in text


def test_a_foreign_page_and_a_foreign_host_are_refused(server: RunningServer) -> None:
    body = form(b"text")
    response, _ = server.ask("POST", URL, body, Content_Type=FORM, Origin="http://evil.example")
    assert response.status == 403
    response, text = server.ask("POST", URL, body, Content_Type=FORM, Host="evil.example")
    assert response.status == 400 and "does not answer as 'evil.example'" in text


def test_its_own_origin_may_post(server: RunningServer) -> None:
    own = f"http://127.0.0.1:{server.port}"
    response, text = server.ask("POST", URL, form(b"text"), Content_Type=FORM, Origin=own)
    assert response.status == 400 and "not a picture" in text


def test_a_port_that_is_taken_is_said(server: RunningServer) -> None:
    port = str(server.port)
    done = run_python("manage.py", "serve", "--port", port, data_dir=server.data_dir)
    assert done.returncode == 1 and "in use" in done.stderr and "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("option", "value", "said"),
    [
        ("--port", "99999", "'99999'; accepted are whole numbers from 0 to 65535"),
        ("--port", "http", "'http'; accepted are whole numbers from 0"),
        ("--host", "nowhere.invalid", "nowhere.invalid:8000 cannot be served"),
    ],
)
def test_an_address_that_is_none_is_said(
    server: RunningServer, option: str, value: str, said: str
) -> None:
    done = run_python("manage.py", "serve", option, value, data_dir=server.data_dir)
    assert done.returncode and said in done.stderr and "Traceback" not in done.stderr


# Its life


def test_a_start_without_a_database_says_what_to_do(tmp_path: Path) -> None:
    with serving(tmp_path) as server:
        assert "manage.py migrate" in server.log
        assert "The sweep failed: no such table" in server.log and "Traceback" not in server.log


def test_a_failure_is_in_the_log_and_the_page_says_so(data_dir: Path) -> None:
    """With a proxy before it, whose word on HTTPS is taken, and an end by SIGTERM."""
    with serving(data_dir, HTTPS="true", API_OPEN="true") as server:
        proxied = {"X_Forwarded_Proto": "https", "Content_Type": FORM}
        own = f"https://127.0.0.1:{server.port}"
        response, text = server.ask("POST", URL, form(b"text"), Origin=own, **proxied)
        assert response.status == 400 and "not a picture" in text
        with sqlite3.connect(data_dir / "db.sqlite3") as database:
            database.execute("DROP TABLE django_session")
        cookie = "sessionid=" + "x" * 32
        response, text = server.ask("GET", "/", Cookie=cookie, X_Forwarded_Proto="https")
        assert response.status == 500 and "written to the server's log" in text
        assert "Traceback" not in text
        assert "ERROR Internal Server Error: /" in server.log
        assert "Traceback" in server.log and "no such table: django_session" in server.log
        response, _ = server.ask("GET", "/nowhere", X_Forwarded_Proto="https")
        named = response.headers["X-Request-ID"]
        # Other lines may follow: of the analysis process, which begins meanwhile.
        assert f"WARNING Not Found: /nowhere [request {named}]\n" in server.log
        response, _ = server.ask("GET", "/nowhere")
        assert response.status == 301 and response.headers["Location"] == f"{own}/nowhere"
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(60) == 0


def test_what_a_killed_server_leaves_goes_at_the_next_start(data_dir: Path) -> None:
    picture = encode(noise(1100, 1100), "PNG")
    assert len(picture) > 2.5 * 2**20, "Django would not write it to disk"
    originals = data_dir / "media" / "originals"
    with no_worker(data_dir), serving(data_dir, API_WAIT_SECONDS="600") as server:
        header = f"{HEADER.decode().replace('POST /', f'POST {URL}')}Content-Length: "
        body = form(picture)
        connection = server.connect(f"{header}{len(body)}\r\n\r\n".encode() + body)
        (original,) = wait_for(lambda: originals.is_dir() and list(originals.iterdir()))
        half_received = data_dir / "tmp" / "tmp1.upload.png"
        half_received.write_bytes(picture[:1000])
        # While it lives, nobody takes its files.
        done = run_python("manage.py", "delete_expired", data_dir=data_dir)
        assert "and 0 temporary files" in done.stdout
        server.process.kill()
        server.process.wait()
        connection.close()
    assert half_received.exists() and original.exists()
    orphan = data_dir / "media" / "previews" / f"{uuid.uuid4()}.webp"
    orphan.parent.mkdir(parents=True, exist_ok=True)
    orphan.write_bytes(b"x")
    with serving(data_dir) as server:
        assert not half_received.exists() and not orphan.exists()
        # The picture was accepted, so it is analysed; then its bytes go.
        wait_for(lambda: not original.exists(), server.process)


def test_temporary_files_of_libraries_and_children_lie_in_the_data_folder(data_dir: Path) -> None:
    code = (
        "import ai_image_detector.wsgi, os, tempfile\n"
        "from django.conf import settings\n"
        "print(tempfile.gettempdir(), os.environ['TMPDIR'], settings.FILE_UPLOAD_TEMP_DIR)"
    )
    done = run_python("-c", code, data_dir=data_dir)
    assert done.stdout.split() == [str(data_dir / "tmp")] * 3, done.stderr


def test_an_idle_server_forgets_by_itself(data_dir: Path) -> None:
    previews = data_dir / "media" / "previews"
    with serving(data_dir, SWEEP_SECONDS="1"):
        previews.mkdir(parents=True)
        expired, orphan, fresh = (previews / f"{uuid.uuid4()}.webp" for _ in range(3))
        for path in (expired, orphan, fresh):
            path.write_bytes(b"x")
        os.utime(orphan, (LONG_AGO.timestamp(), LONG_AGO.timestamp()))
        analysis, upload, owner = uuid.UUID(expired.stem).hex, uuid.uuid4().hex, uuid.uuid4().hex
        with sqlite3.connect(data_dir / "db.sqlite3") as database:
            database.execute(
                "INSERT INTO detector_analysis (id, scope, queued_at, preview, sha256, version, "
                "with_stability, state, priority, attempts, worker, size, original, format, "
                "error_levels, thumbnail, likeness, label, outcome, basis, error) "
                "VALUES (?, ?, ?, ?, '', '', 0, 'done', 0, 1, "
                "'', 1, '', '', '', '', '', '', '', '', '')",
                [analysis, owner, str(LONG_AGO), f"previews/{expired.name}"],
            )
            database.execute(
                "INSERT INTO detector_upload (id, owner, created_at, filename, with_pictures, "
                "analysis_id, mark, note, author) VALUES (?, ?, ?, '', 1, ?, '', '', '')",
                [upload, owner, str(LONG_AGO), analysis],
            )
            database.execute("INSERT INTO django_session VALUES ('k', 'd', ?)", [str(LONG_AGO)])
        wait_for(lambda: not expired.exists() and not orphan.exists())
        wait_for(lambda: _count(data_dir, "detector_upload") == 0)
        wait_for(lambda: _count(data_dir, "django_session") == 0)
        assert fresh.exists(), "its row may be on the way"


def _count(data_dir: Path, table: str) -> int:
    with sqlite3.connect(data_dir / "db.sqlite3") as database:
        return database.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
