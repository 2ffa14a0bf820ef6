"""Stability is told where it is asked for, by API, by command and by upload, and nowhere else."""

from __future__ import annotations

import io
import json
import uuid
from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.test import Client

from detector.inference.method import Answer
from detector.inference.pixels.conditions import RESHIPPED
from detector.models import Upload
from detector.services import submit, wait
from detector.tests.factories.pictures import encode, scene
from detector.tests.factories.stubs import make_stub

JPEG = encode(scene(2, 600, 400), "JPEG")
OWNER = uuid.uuid4()

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def method(use_methods: Callable[..., None]) -> None:
    """One method that counts, and is sure of AI."""
    use_methods(deep_learning=make_stub(Answer(0.99)))


def post(client: Client, query: str) -> dict:
    upload = SimpleUploadedFile("a.jpg", JPEG, "image/jpeg")
    return client.post(f"/api/detect{query}", {"image": upload}).json()


@pytest.mark.parametrize("query", ["", "?stability=0"])
def test_the_api_tells_no_stability_unless_asked(client: Client, query: str) -> None:
    assert post(client, query)["verdict"]["stability"] is None


def test_the_api_tells_stability(client: Client) -> None:
    stability = post(client, "?stability=1")["verdict"]["stability"]
    assert stability["holds"] and list(stability["scores"]) == list(RESHIPPED)
    assert "stays the same" in stability["text"]


def test_the_api_refuses_another_wish(client: Client) -> None:
    assert "accepted are 0 and 1" in post(client, "?stability=yes")["error"]


def detect(folder: Path, *options: str) -> dict:
    (folder / "a.jpg").write_bytes(JPEG)
    said = io.StringIO()
    call_command("detect", str(folder / "a.jpg"), "--format", "jsonl", *options, stdout=said)
    return dict(json.loads(said.getvalue())["verdict"])


def test_the_command_tells_stability_if_asked(tmp_path: Path) -> None:
    assert detect(tmp_path)["stability"] is None
    assert detect(tmp_path, "--stability")["stability"]["holds"] is True


def upload(with_stability: bool) -> Upload:
    file = SimpleUploadedFile("a.jpg", JPEG, "image/jpeg")
    upload = submit(file, owner=OWNER, filename="a.jpg", with_stability=with_stability)
    return wait(upload, 0)


def test_a_recorded_answer_serves_only_the_same_wish() -> None:
    """Stability may change the outcome: it must not answer who has not asked for it."""
    told = [upload(wish).result["verdict"]["stability"] for wish in (False, True, False, True)]
    assert [one is not None for one in told] == [False, True, False, True]
