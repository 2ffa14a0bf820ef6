"""Files of models that go, break off or change under a running server and its processes."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from detector.tests.factories.copies import copy_program, replace
from detector.tests.factories.pictures import encode, photo
from detector.tests.factories.servers import RunningServer, migrate, serving, wait_for
from detector.tests.factories.uploading import get_reasons, get_state, send_picture

# Processes of real programs: slow to start.
pytestmark = [pytest.mark.browser, pytest.mark.slow]

FILE = "statistical/head.npz"
WAIT = 60  # seconds


def remove(file: Path) -> None:
    file.unlink()


def cut(file: Path) -> None:
    replace(file, file.read_bytes()[:1000])


def exchange(file: Path) -> None:
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    replace(file, bytes(data))


OTHER = "has the SHA-256 digest"
DAMAGES: list[tuple[Callable[[Path], None], str]] = [
    (remove, "is missing"),
    (cut, OTHER),
    (exchange, OTHER),
]


def detect(server: RunningServer, number: int) -> tuple[str, dict[str, Any]]:
    """The address of the detection of a picture, and the result of method 2 in it."""
    answer, told = send_picture(server, encode(photo(320 + number, 256), "JPEG"), wait=WAIT)
    assert answer.status == 200, told
    (item,) = told["items"]
    assert item["state"] == "done"
    methods = {method["key"]: method for method in item["result"]["methods"]}
    others = {method["status"] for key, method in methods.items() if key != "statistical"}
    assert others <= {"ok", "abstained"}
    return item["url"], methods["statistical"]


def gives_reason(server: RunningServer, reason: str) -> bool:
    return reason in get_reasons(server)


def test_what_is_lost_is_named_the_others_go_on_and_it_comes_back(tmp_path: Path) -> None:
    program = copy_program(tmp_path / "program")
    file = program / "detector" / "weights" / FILE
    whole = file.read_bytes()
    (tmp_path / "data").mkdir()
    with serving(migrate(tmp_path / "data"), program) as server:
        wait_for(lambda: not get_reasons(server))
        url, method = detect(server, 0)
        assert method["status"] == "ok"
        for number, (damage, said) in enumerate(DAMAGES, 1):
            damage(file)
            wait_for(partial(gives_reason, server, f"{FILE} {said}"))
            _, method = detect(server, number)
            assert method["status"] == "unavailable"
            assert FILE in method["findings"][0]["text"]
            assert get_state(server, url) == "done"
            for path in ("/", "/methods/", "/healthz"):
                assert server.ask("GET", path)[0].status == 200
            replace(file, whole)
        wait_for(lambda: not get_reasons(server))
        # The same bytes as before: what was said without the method is not said again.
        assert detect(server, 1)[1]["status"] == "ok"
        assert "Traceback" not in server.log
