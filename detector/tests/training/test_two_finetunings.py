"""Fine-tuning that is killed, told to end, or started twice: the server never sees half a model."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from detector.checkpoints import convert
from detector.checkpoints.convert import main as convert_in_this_process
from detector.checkpoints.members import MEMBERS
from detector.checkpoints.sources import find_sources
from detector.inference.runtime import Runtime
from detector.tests.factories.checkpoints import save_tiny_vit
from detector.tests.factories.finetuning import draw
from detector.tests.factories.pictures import encode, photo
from detector.tests.factories.processes import ROOT
from detector.tests.factories.servers import RunningServer, migrate, serving
from detector.tests.factories.uploading import send_picture
from detector.training.finetuning.one_at_a_time import one_at_a_time
from detector.training.learning.export import recover_folder, write_folder

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("one_thread")]

NAME = "vit_ai_detector_finetuned"
PATIENCE = 90  # seconds


@pytest.fixture(autouse=True)
def own_folders(settings: Settings, tmp_path: Path) -> None:
    settings.COMPILED_DIR = tmp_path / "compiled"
    settings.HUB_CACHE = str(tmp_path / "hub")
    settings.FORCE_CPU = True


@pytest.fixture
def conversion_in_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    def convert_here(folder: Path, xml: Path) -> None:
        xml.parent.mkdir(parents=True, exist_ok=True)
        convert_in_this_process(folder, xml)

    monkeypatch.setattr(convert, "convert", convert_here)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Splits of 28, 6 and 6 pictures."""
    folder, rng = tmp_path_factory.mktemp("genimage"), np.random.default_rng(1)
    for index in range(20):
        draw(folder / "ai_images" / f"a{index}.jpg", rng, ai=True)
        draw(folder / "real_images" / f"r{index}.jpg", rng, ai=False)
    call_command("prepare_genimage", data_dir=folder, equalise=False, stdout=io.StringIO())
    return folder


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_tiny_vit(tmp_path_factory.mktemp("base") / "tiny", ["real", "ai"])


def run(data: Path, base: Path, output: Path, **options: Any) -> None:
    given = {"data_dir": data, "base_model": str(base), "output_dir": output, "epochs": 2}
    call_command("finetune_hf_models", stdout=io.StringIO(), **(given | options))


def start(data: Path, base: Path, output: Path) -> subprocess.Popen[str]:
    command = [
        sys.executable, "manage.py", "finetune_hf_models", "--data-dir", str(data),
        "--base-model", str(base), "--output-dir", str(output), "--epochs", "2",
    ]  # fmt: skip
    own = {"FORCE_CPU": "true", "OMP_NUM_THREADS": "1", "DATA_DIR": str(output / "local")}
    own |= {"PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin", "HOME": str(output)}
    return subprocess.Popen(
        command, cwd=ROOT, env=own, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )


def wait_for(happens: Callable[[], object], process: subprocess.Popen[str]) -> None:
    end = time.monotonic() + PATIENCE
    while not happens():
        assert process.poll() is None and time.monotonic() < end, process.communicate()[0]
        time.sleep(0.005)


def drafts(output: Path) -> list[Path]:
    return list(output.glob(f".{NAME}-draft-*"))


def test_while_one_is_at_it_another_is_refused_and_after_a_kill_it_goes_on(
    data: Path, base: Path, tmp_path: Path, conversion_in_this_process: None
) -> None:
    folder = tmp_path / NAME
    process = start(data, base, tmp_path)
    try:
        wait_for(lambda: drafts(tmp_path), process)
        with pytest.raises(CommandError, match=rf"holds the lock \.{NAME}\.lock"):
            run(data, base, tmp_path)
    finally:
        process.kill()  # in the middle of writing the model
        process.communicate()
    runtime = Runtime(tmp_path, tmp_path / "ov", weights_dir=tmp_path, hub_cache=tmp_path / "hub")
    assert not folder.exists() and not list(find_sources(MEMBERS[0], runtime))
    run(data, base, tmp_path, resume=True)
    assert not drafts(tmp_path) and not (tmp_path / f".{NAME}-training").exists()
    epochs = json.loads((folder / "metrics.json").read_text())["epochs"]
    assert [epoch["epoch"] for epoch in epochs] == [1, 2]
    (source,) = find_sources(MEMBERS[0], runtime)
    assert not source.fault


def test_who_is_told_to_end_clears_up_and_says_how_to_go_on(
    data: Path, base: Path, tmp_path: Path
) -> None:
    process = start(data, base, tmp_path)
    wait_for(lambda: drafts(tmp_path), process)
    process.send_signal(signal.SIGTERM)
    said, _ = process.communicate(timeout=PATIENCE)
    assert process.returncode == 130, said
    assert "Continue with --resume" in said and "Traceback" not in said
    assert not (tmp_path / NAME).exists() and not drafts(tmp_path)


def detect(server: RunningServer, number: int) -> dict[str, Any]:
    """The result of a picture that was not sent before."""
    picture = encode(photo(320 + number, 256), "JPEG")
    answer, told = send_picture(server, picture, wait=PATIENCE)
    assert answer.status == 200, told
    result: dict[str, Any] = told["items"][0]["result"]
    assert {method["status"] for method in result["methods"]} <= {"ok", "abstained"}
    return result


def test_a_server_answers_beside_a_fine_tuning_and_then_uses_the_new_model(
    data: Path, base: Path, tmp_path: Path
) -> None:
    output = tmp_path / "models"
    output.mkdir()
    data_dir = migrate(tmp_path)
    own = {"FINETUNED_DIR": str(output), "HF_HUB_CACHE": str(tmp_path / "hub")}
    with serving(data_dir, FORCE_CPU="true", **own) as server:
        before, answers = detect(server, 0)["version"], 0
        process = start(data, base, output)
        while process.poll() is None:
            answers += 1
            version = detect(server, answers)["version"]
            assert version == before or (output / NAME).exists(), "half a model was used"
            assert server.ask("GET", "/methods/")[0].status == 200
        assert process.returncode == 0, process.communicate()[0]
        assert answers >= 2
        after = detect(server, answers + 1)
        assert after["version"] != before
        (tuned,) = (method for method in after["methods"] if method["key"] == "huggingface")
        assert "fine-tuned" in json.dumps(tuned).lower()
        assert "Traceback" not in server.log


# The lock

HOLD = """
import sys
from pathlib import Path
from detector.training.finetuning.one_at_a_time import one_at_a_time
with one_at_a_time(Path(sys.argv[1])):
    print(flush=True)
    sys.stdin.read()
"""


def test_the_lock_goes_with_the_process_that_holds_it(tmp_path: Path) -> None:
    command = [sys.executable, "-c", HOLD, str(tmp_path / NAME)]
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        refused = pytest.raises(ValueError, match="Another fine-tuning is writing")
        with refused, one_at_a_time(tmp_path / NAME):
            pass
        with one_at_a_time(tmp_path / "another"):
            pass
        process.kill()
    with one_at_a_time(tmp_path / NAME):
        pass


def test_the_other_processes_of_one_fine_tuning_need_no_lock(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RANK", "1")
    with one_at_a_time(tmp_path / NAME):
        assert not list(tmp_path.iterdir())


# The exchange of folders


def write(text: str) -> Callable[[Path], None]:
    def fill(draft: Path) -> None:
        (draft / "config.json").write_text(text)

    return fill


def test_a_kill_in_the_exchange_gives_the_old_model_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, rename = tmp_path / NAME, Path.rename
    (tmp_path / f".{NAME}-training").mkdir()
    write_folder(folder, write("old"))
    names = []

    def die_at_the_second(path: Path, target: Path) -> Path:
        names.append(path.name)
        if len(names) == 2:
            raise SystemExit("killed")
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", die_at_the_second)
    monkeypatch.setattr("shutil.rmtree", lambda *args, **options: None)
    with pytest.raises(SystemExit):
        write_folder(folder, write("new"))
    monkeypatch.undo()
    assert not folder.exists() and len(drafts(tmp_path)) == 1
    recover_folder(folder)
    assert (folder / "config.json").read_text() == "old"
    assert {path.name for path in tmp_path.iterdir()} == {NAME, f".{NAME}-training"}
    recover_folder(folder)
    assert (folder / "config.json").read_text() == "old"


def test_an_end_while_a_draft_is_made_leaves_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make = os.mkdir

    def told_to_end(path: str, *mode: int) -> None:
        make(path, *mode)
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "mkdir", told_to_end)
    with pytest.raises(KeyboardInterrupt):
        write_folder(tmp_path / NAME, write("new"))
    assert not list(tmp_path.iterdir())
