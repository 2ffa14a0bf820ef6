"""The examples of docs/api.md, and a client made from the OpenAPI document, at a live server."""

from __future__ import annotations

import csv
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from detector.tests.factories.backends import leave_out
from detector.tests.factories.pictures import encode, photo, scene
from detector.tests.factories.processes import ROOT
from detector.tests.factories.servers import RunningServer, migrate, serving

# Processes of the real program: slow to start.
pytestmark = [pytest.mark.browser, pytest.mark.slow]

WRITTEN = "http://127.0.0.1:8000"
LINES = 20


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    with serving(migrate(tmp_path_factory.mktemp("data"))) as server:
        yield server


def example(kind: str, server: RunningServer) -> str:
    """The example of a kind, at this server's address."""
    page = (ROOT / "docs" / "api.md").read_text()
    text = next(text for text in re.findall(rf"```{kind}\n(.*?)```", page, re.DOTALL))
    assert WRITTEN in text and len(text.strip().splitlines()) <= LINES
    return text.replace(WRITTEN, f"http://127.0.0.1:{server.port}")


def run(command: list[str], folder: Path, **env: str) -> str:
    done = subprocess.run(
        command, cwd=folder, env=os.environ | env, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The files that the examples name."""
    (tmp_path / "photo.jpg").write_bytes(encode(photo(300, 300), "JPEG"))
    (tmp_path / "folder").mkdir()
    for number in range(2):
        name = f"a picture {number}.jpg"
        (tmp_path / "folder" / name).write_bytes(encode(scene(number, 300, 280), "JPEG"))
    return tmp_path


def test_the_commands_of_curl_give_a_verdict_and_a_batch(
    server: RunningServer, folder: Path
) -> None:
    for program in ("curl", "jq", "bash"):
        if shutil.which(program) is None:
            leave_out(program)
    said = run(["bash", "-euo", "pipefail", "-c", example("sh", server)], folder)
    (item,) = json.loads(said)["items"]
    assert item["state"] == "done" and item["result"]["verdict"]["reason"]
    with (folder / "results.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["state"] for row in rows] == ["done", "done"]
    assert [row["path"] for row in rows] == ["a picture 0.jpg", "a picture 1.jpg"]


def test_the_program_in_python_prints_the_reason(server: RunningServer, folder: Path) -> None:
    said = run([sys.executable, "-c", example("python", server)], folder)
    assert said.strip().endswith(".") and len(said.split()) > 5


CLIENT = """
import io, sys
from ai_client import Client
from ai_client.api.about import get_version
from ai_client.api.batches import create_batch, get_batch
from ai_client.api.detections import create_detections, delete_detection, list_detections
from ai_client.models import CreateDetectionsBody, NewBatch, State
from ai_client.types import File
client = Client(base_url=sys.argv[1], timeout=120)
picture = File(payload=io.BytesIO(open("photo.jpg", "rb").read()), file_name="beach.jpg")
sent = create_detections.sync(client=client, body=CreateDetectionsBody(image=[picture]), wait=60)
(item,) = sent.items
assert item.state == State.DONE and item.filename == "beach.jpg", item
assert item.result.version == get_version.sync(client=client).version
assert item.result.verdict.reason and item.result.schema == 1
assert item.id in {one.id for one in list_detections.sync(client=client).items}
made = create_batch.sync(client=client, body=NewBatch(name="Sunday", size=1))
assert get_batch.sync(made.id, client=client).counts.done == 0
assert delete_detection.sync_detailed(item.id, client=client).status_code == 204
print(item.result.verdict.label)
"""


def test_a_generated_client_sends_a_picture_and_reads_the_verdict(
    server: RunningServer, folder: Path
) -> None:
    _, document = server.ask("GET", "/api/v1/openapi.json")
    (folder / "openapi.json").write_text(document)
    (folder / "config.yml").write_text("post_hooks: []\n")
    generate = [str(Path(sys.executable).parent / "openapi-python-client"), "generate"]
    options = ["--path", "openapi.json", "--config", "config.yml", "--meta", "none"]
    said = run([*generate, *options, "--output-path", "ai_client"], folder)
    # It has no name for lines of JSON, and leaves that one file to others.
    assert re.findall(r"WARNING parsing (.*) within", said) in (
        [],
        ["GET /api/v1/batches/{id}.jsonl"],
    )
    at = f"http://127.0.0.1:{server.port}"
    said = run([sys.executable, "-c", CLIENT, at], folder, PYTHONPATH=str(folder))
    assert said.strip() in ("ai", "real", "uncertain")
