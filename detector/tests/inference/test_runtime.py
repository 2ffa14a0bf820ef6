"""Networks: compiled alike everywhere, and asked by several threads of one process."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from detector.inference import runtime
from detector.inference.methods.deep_learning import LOOKS, SIDES, look
from detector.inference.runtime import WEIGHTS_DIR, Network, Runtime, count_cores
from detector.tests.factories.processes import run_python

# On one core, several threads meet OpenVINO's first array at once; before runtime.py looked
# NumPy up beforehand, two of three such processes waited for ever.
FIRST_ANSWERS = """
import os
os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
import numpy as np
from PIL import Image
from detector.inference.images import SourceImage
from detector.inference.methods.deep_learning import DeepLearning
from detector.inference.runtime import Runtime

noise = np.random.default_rng(0).integers(0, 256, (80, 90, 3), dtype=np.uint8)
image = SourceImage(b"", "PNG", Image.fromarray(noise), sha256="")
method = DeepLearning(Runtime(Path("none"), Path("none"), force_cpu=True))
with ThreadPoolExecutor(4) as pool:
    scores = {answer.score for answer in pool.map(method.predict, [image] * 4)}
assert len(scores) == 1, scores
"""


@pytest.mark.slow
def test_first_answers_in_four_threads_at_once_do_not_wait_for_one_another(tmp_path: Path) -> None:
    for _ in range(3):
        done = run_python("-c", FIRST_ANSWERS, data_dir=tmp_path)  # gives up after two minutes
        assert done.returncode == 0, done.stderr


# Which cores each thread of a process may use while a network runs in one of them.
CORES_WHILE_RUNNING = """
import os, threading
from pathlib import Path
import numpy as np
from detector.inference.runtime import WEIGHTS_DIR, Network, Runtime

runtime = Runtime(Path("none"), Path("none"), force_cpu=True, threads={threads})
network = Network(WEIGHTS_DIR / "efficientnet_whole" / "openvino_model.xml", runtime, 256)
batch = np.zeros((8, 3, 256, 256), np.float32)
running = threading.Thread(target=network, args=(batch,))
running.start()
seen = set()
while running.is_alive():
    for thread in os.listdir("/proc/self/task"):
        try:
            seen.add(frozenset(os.sched_getaffinity(int(thread))))
        except ProcessLookupError:
            pass
running.join()
assert seen == {{frozenset(os.sched_getaffinity(0))}}, seen
"""


@pytest.mark.slow
@pytest.mark.skipif(count_cores() < 2, reason="with one core there is no other one")
@pytest.mark.parametrize("threads", [1, 2])
def test_no_thread_of_a_network_is_held_to_one_core(tmp_path: Path, threads: int) -> None:
    """Or else two analysis processes share a core while another one is idle."""
    done = run_python("-c", CORES_WHILE_RUNNING.format(threads=threads), data_dir=tmp_path)
    assert done.returncode == 0, done.stderr


class RecordingCore:
    """Takes the place of OpenVINO and keeps how it was asked to compile."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str, dict[str, str | int]]] = []
        self.reading: dict[str, bool] = {}

    def read_model(self, xml: str, *, config: dict[str, bool]) -> str:
        self.reading = config
        return xml

    def compile_model(self, network: str, device: str, config: dict[str, str | int]) -> None:
        self.asked.append((network, device, config))


@pytest.fixture
def core(monkeypatch: pytest.MonkeyPatch) -> RecordingCore:
    core = RecordingCore()
    monkeypatch.setattr(runtime, "get_core", lambda: core)
    return core


@pytest.mark.parametrize(("force_cpu", "device"), [(True, "CPU"), (False, "AUTO")])
def test_networks_are_compiled_alike_on_every_machine(
    core: RecordingCore, tmp_path: Path, force_cpu: bool, device: str
) -> None:
    Network(tmp_path / "a.xml", Runtime(tmp_path, tmp_path, force_cpu=force_cpu))
    ((xml, on, config),) = core.asked
    assert (xml, on) == (str(tmp_path / "a.xml"), device)
    # A processor with bf16 must not give other scores than one without.
    assert config["INFERENCE_PRECISION_HINT"] == "f32"
    # A file that is overwritten under a running server must not change its answers.
    assert core.reading == {"ENABLE_MMAP": False}


@pytest.mark.parametrize(("threads", "config"), [(None, {}), (1, {"INFERENCE_NUM_THREADS": 1})])
def test_a_network_may_be_held_to_a_number_of_threads(
    core: RecordingCore, tmp_path: Path, threads: int | None, config: dict[str, str | int]
) -> None:
    Network(tmp_path / "a.xml", Runtime(tmp_path, tmp_path, threads=threads))
    assert {name: value for name, value in core.asked[0][2].items() if "THREADS" in name} == config


@pytest.mark.slow
def test_the_settings_of_openvino_are_taken_by_it(tmp_path: Path) -> None:
    """OpenVINO refuses a name that it does not know; what it takes, it tells again."""
    folder = WEIGHTS_DIR / "efficientnet_tiles"
    for name in ("openvino_model.xml", "openvino_model.bin"):
        (tmp_path / name).write_bytes((folder / name).read_bytes())
    network = Network(tmp_path / "openvino_model.xml", Runtime(tmp_path, tmp_path, force_cpu=True))
    batch = np.full((1, 3, 64, 64), 90, np.float32)
    before = network(batch).copy()
    assert before.dtype == np.float32
    (tmp_path / "openvino_model.bin").write_bytes(bytes(100))
    assert np.array_equal(network(batch), before)


@pytest.mark.slow
@pytest.mark.parametrize("name", LOOKS)
def test_a_network_for_squares_of_one_side_answers_as_the_network_for_all_sizes(
    tmp_path: Path, name: str
) -> None:
    xml, runtime = WEIGHTS_DIR / name / "openvino_model.xml", Runtime(tmp_path, tmp_path)
    pixels = np.random.default_rng(0).integers(0, 256, (300, 420, 3), np.uint8)
    fixed = look(Network(xml, runtime, SIDES[name]), LOOKS[name], pixels)
    free = look(Network(xml, runtime), LOOKS[name], pixels)
    assert np.array_equal(fixed.maps, free.maps)
    with pytest.raises(RuntimeError):
        Network(xml, runtime, SIDES[name])(np.zeros((1, 3, 64, 64), np.float32))


@pytest.mark.slow
def test_the_telemetry_of_openvino_is_never_imported(tmp_path: Path) -> None:
    code = (
        "import sys; from detector.inference import runtime; runtime.get_core(); "
        "assert sys.modules['openvino_telemetry'] is None"
    )
    done = run_python("-c", code, data_dir=tmp_path)
    assert done.returncode == 0, done.stderr
