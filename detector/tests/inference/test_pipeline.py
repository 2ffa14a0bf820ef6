"""All methods over one picture: who fails, who is loaded when, and that nobody touches it."""

from __future__ import annotations

import json
import logging
import shutil
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from detector.inference.images import SourceImage, open_image
from detector.inference.method import Answer, Method, MethodUnavailable
from detector.inference.methods import METHODS
from detector.inference.pipeline import Detector
from detector.inference.results import Exhibit, Finding, MethodResult
from detector.inference.runtime import WEIGHTS_DIR, Runtime
from detector.inference.verdict.combine import combine
from detector.inference.verdict.fusion import load_fusion
from detector.inference.version import without_context
from detector.inference.weights.folder import write_digests
from detector.tests.factories.pictures import encode, noise
from detector.tests.factories.stubs import Stub, make_stub, spec_of

UseMethods = Callable[..., None]

# Of no interest to stubs, and empty for the real methods: what ships answers.
RUNTIME = Runtime(Path("/nonexistent/a"), Path("/nonexistent/b"), hub_cache=Path("/nonexistent/c"))


@cache
def picture() -> SourceImage:
    return open_image(encode(noise(400, 300), "PNG"))


@cache
def real_method(key: str) -> Method:
    return METHODS[key].method_class()(RUNTIME)


def run(**stubs: type[Method]) -> dict[str, MethodResult]:
    detector = Detector(RUNTIME)
    assert list(detector.specs) == list(stubs)
    return {result.key: result for result in detector.detect(picture()).methods}


def together(count: int, work: Callable[[], object]) -> list[object]:
    """What `work` gives in as many threads, all let go at once."""
    barrier = threading.Barrier(count)

    def start(_: int) -> object:
        barrier.wait(timeout=30)
        return work()

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(start, range(count)))


# What methods say, and how they fail


def test_a_method_that_answers_is_ok(use_methods: UseMethods) -> None:
    shown = (Exhibit("members", {"members": []}),)
    finding = Finding("deep_learning.agree", {"side": "ai"})
    answer = Answer(0.75, (finding,), "weights", shown, raw_log_odds={"w": 2.5})
    use_methods(a=make_stub(answer))
    (result,) = Detector(RUNTIME).detect(picture()).methods
    assert (result.key, result.title, result.status) == ("a", METHODS["a"].title, "ok")
    assert (result.score, result.findings, result.used, result.exhibits) == (
        answer.score,
        answer.findings,
        answer.used,
        answer.exhibits,
    )
    # Training needs it, and nobody else gets to see it.
    assert result.raw_log_odds == {"w": 2.5} and "2.5" not in json.dumps(result.to_dict())
    assert result.elapsed_ms > 0


def test_a_method_without_a_score_abstains(use_methods: UseMethods) -> None:
    stubs = {"a": make_stub(Answer(None, (Finding("blind.blank"),))), "b": make_stub()}
    use_methods(**stubs)
    results = run(**stubs)
    assert results["a"].status == "abstained" and results["a"].findings[0].code == "blind.blank"
    assert results["b"].status == "ok"


def test_a_method_that_is_unavailable_says_why(use_methods: UseMethods) -> None:
    stubs = {"a": make_stub(MethodUnavailable("huggingface.no_model")), "b": make_stub()}
    use_methods(**stubs)
    results = run(**stubs)
    assert (results["a"].status, results["a"].score) == ("unavailable", None)
    assert results["a"].findings[0].code == "huggingface.no_model"
    assert results["b"].status == "ok"


def test_a_method_that_crashes_is_logged_and_the_others_go_on(
    use_methods: UseMethods, caplog: pytest.LogCaptureFixture
) -> None:
    stubs = {"a": make_stub(ZeroDivisionError("/secret/path")), "b": make_stub()}
    use_methods(**stubs)
    with caplog.at_level(logging.ERROR, "detector"):
        results = run(**stubs)
    assert (results["a"].status, results["a"].score) == ("error", None)
    assert "/secret/path" not in results["a"].findings[0].text
    assert results["b"].status == "ok"
    (record,) = caplog.records
    assert record.exc_info and record.exc_info[0] is ZeroDivisionError
    assert picture().sha256 in record.getMessage()


def test_a_method_that_cannot_even_be_imported_does_not_stop_the_others(
    use_methods: UseMethods, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_methods(a=Stub, b=make_stub())

    def fail(self: object) -> type[Method]:
        raise ImportError("libGL.so.1")

    broken = type("Broken", (type(METHODS["a"]),), {"method_class": fail})
    monkeypatch.setitem(METHODS, "a", broken(1, "A", "", "", ""))
    verdict = Detector(RUNTIME).detect(picture())
    assert [result.status for result in verdict.methods] == ["error", "ok"]
    assert verdict.version


@pytest.mark.parametrize("kind", [ImportError, MethodUnavailable])
def test_an_interrupt_that_an_import_turned_into_an_error_is_still_one(
    use_methods: UseMethods, kind: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    wrapped = kind("method.failed")
    wrapped.__cause__ = RuntimeError()
    wrapped.__cause__.__context__ = KeyboardInterrupt()
    stub = make_stub(wrapped)
    use_methods(a=stub)
    with pytest.raises(KeyboardInterrupt):
        Detector(RUNTIME).detect(picture())

    def fail(self: Stub) -> str:
        raise wrapped

    monkeypatch.setattr(stub, "state", fail)
    with pytest.raises(KeyboardInterrupt):
        _ = Detector(RUNTIME).version


@pytest.mark.parametrize("score", [float("nan"), -0.01, 1.01, float("inf")])
def test_a_score_that_is_no_probability_is_an_error(use_methods: UseMethods, score: float) -> None:
    class Wrong(Stub):
        disk, loads = "", 0

        def _predict(self, image: SourceImage) -> Answer:
            return Answer(score)

    use_methods(a=Wrong)
    assert run(a=Wrong)["a"].status == "error"


# Choice, version, loading


def test_only_some_methods_may_be_asked_for(use_methods: UseMethods) -> None:
    first, second = make_stub(), make_stub()
    use_methods(a=first, b=second)
    verdict = Detector(RUNTIME, only=("b",)).detect(picture())
    assert [result.key for result in verdict.methods] == ["b"]
    assert not first.asked and not first.loads


def test_an_unknown_method_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match=r"tea_leaves.*deep_learning"):
        Detector(RUNTIME, only=("tea_leaves",))


def test_the_version_changes_with_the_weights_of_any_method(use_methods: UseMethods) -> None:
    first, second = make_stub(), make_stub()
    use_methods(a=first, b=second)
    detector = Detector(RUNTIME)
    before = detector.version
    assert detector.version == before == detector.detect(picture()).version
    second.disk = "2"
    assert detector.version != before
    second.disk = "1"
    assert detector.version == before
    assert Detector(RUNTIME, only=("a",)).version != before


def test_the_version_changes_with_the_fusion(use_methods: UseMethods, tmp_path: Path) -> None:
    use_methods(a=make_stub())
    (tmp_path / "fusion").mkdir()
    config = json.loads((WEIGHTS_DIR / "fusion" / "config.json").read_text())
    versions = set()
    for threshold in (0.7, 0.75):
        config["thresholds"]["ai"] = threshold
        folder = tmp_path / str(threshold)
        (folder / "fusion").mkdir(parents=True)
        (folder / "fusion" / "config.json").write_text(json.dumps(config))
        write_digests(folder / "fusion")
        versions.add(Detector(Runtime(Path(), Path(), weights_dir=folder)).version)
    assert len(versions) == 2


@pytest.mark.parametrize("name", ["accuracy", "kind"])
def test_files_of_the_context_change_the_version_and_not_what_is_measured(
    name: str, use_methods: UseMethods, tmp_path: Path
) -> None:
    use_methods(a=make_stub())
    shutil.copytree(WEIGHTS_DIR / "fusion", tmp_path / "fusion")
    detector = Detector(Runtime(Path(), Path(), weights_dir=tmp_path))
    before = detector.detect(picture())
    (tmp_path / name).mkdir()
    (tmp_path / name / "counts.json").write_text("{}")
    after = detector.detect(picture())
    assert after.version == detector.version != before.version
    assert without_context(after.version) == without_context(before.version)
    assert (after.code, after.weights) == (before.code, before.weights)


def test_a_method_is_loaded_on_first_use_and_kept(use_methods: UseMethods) -> None:
    stub = make_stub()
    use_methods(a=stub)
    detector = Detector(RUNTIME)
    assert stub.loads == 0
    for _ in range(3):
        detector.detect(picture())
    assert stub.loads == 1 and len(stub.asked) == 3


def test_a_method_is_loaded_anew_when_its_weights_change(use_methods: UseMethods) -> None:
    stub = make_stub()
    use_methods(a=stub)
    detector = Detector(RUNTIME)
    detector.detect(picture())
    stub.disk = "2"
    detector.detect(picture())
    detector.detect(picture())
    assert stub.loads == 2


def test_methods_are_loaded_side_by_side_before_the_first_picture(use_methods: UseMethods) -> None:
    both = threading.Barrier(2, timeout=20)

    class Waiting(Stub):
        answer, disk, asked, loads = Answer(0.5), "1", [], 0

        def _load(self) -> None:
            both.wait()  # one after the other, the first would wait in vain

    use_methods(a=Waiting, b=Waiting)
    verdict = Detector(replace(RUNTIME, threads=2)).detect(picture())
    assert [method.status for method in verdict.methods] == ["ok", "ok"]


def test_a_method_that_could_not_load_tries_again(use_methods: UseMethods) -> None:
    class Late(Stub):
        answer, disk, asked, loads = Answer(0.5), "1", [], 0

        def _load(self) -> None:
            super()._load()
            if type(self).loads <= 2:  # once beside the others, once when it is asked
                raise MethodUnavailable("method.failed")

    use_methods(a=Late)
    detector = Detector(RUNTIME)
    answers = [detector.detect(picture()).methods[0].status for _ in range(3)]
    assert answers == ["unavailable", "ok", "ok"] and Late.loads == 3


def test_eight_threads_at_first_use_load_once(use_methods: UseMethods) -> None:
    loading = threading.Event()

    class Slow(Stub):
        answer, disk, asked, loads = Answer(0.5), "1", [], 0

        def _load(self) -> None:
            super()._load()
            loading.wait(0.05)  # never set: long enough for the others to arrive

    use_methods(a=Slow)
    detector = Detector(RUNTIME)
    verdicts = together(8, lambda: detector.detect(picture()).methods[0].status)
    assert verdicts == ["ok"] * 8 and Slow.loads == 1


def test_load_loads_everything_and_logs_what_is_unavailable(
    use_methods: UseMethods, caplog: pytest.LogCaptureFixture
) -> None:
    class Missing(Stub):
        disk, loads = "1", 0

        def _load(self) -> None:
            raise MethodUnavailable("huggingface.no_model", hint="No weights.")

    stub = make_stub()
    use_methods(a=Missing, b=stub)
    Detector(RUNTIME).load()
    assert stub.loads == 1 and "No weights." in caplog.text


# Every real method


@pytest.mark.slow
@pytest.mark.parametrize("key", METHODS)
def test_a_method_answers_the_same_again_and_in_four_threads_at_once(key: str) -> None:
    method = real_method(key)
    first = method.predict(picture())
    answers = together(4, lambda: method.predict(picture()))
    assert answers == [first] * 4


@pytest.mark.slow
@pytest.mark.parametrize("key", METHODS)
def test_threads_do_not_mix_up_their_pictures(key: str) -> None:
    pictures = [open_image(encode(noise(300 + 40 * i, 300), "JPEG", quality=90)) for i in range(4)]
    method = real_method(key)
    expected = [method.predict(image).score for image in pictures]
    with ThreadPoolExecutor(4) as pool:
        given = list(pool.map(lambda i: method.predict(pictures[i % 4]).score, range(8)))
    assert given == expected * 2


@pytest.mark.slow
@pytest.mark.parametrize("key", METHODS)
def test_a_method_leaves_the_picture_as_it_is(key: str) -> None:
    image = open_image(encode(noise(300, 280), "PNG"))
    rgb, info = image.rgb.tobytes(), dict(image.rgb.info)
    real_method(key).predict(image)
    assert image.rgb.tobytes() == rgb and image.rgb.info == info
    assert image.rgb.size == (300, 280) and not image.pixels.flags.writeable


@pytest.mark.slow
@pytest.mark.parametrize("key", METHODS)
def test_the_result_of_a_method_is_json(key: str) -> None:
    result = Detector(RUNTIME, only=(key,)).detect(picture())
    assert json.loads(json.dumps(result.to_dict(), allow_nan=False))


@pytest.mark.slow
@pytest.mark.parametrize("key", METHODS)
@pytest.mark.parametrize("size", [(1, 1), (64, 64), (64, 2000), (255, 257)])
def test_a_method_takes_any_size(key: str, size: tuple[int, int]) -> None:
    answer = real_method(key).predict(open_image(encode(noise(*size), "PNG")))
    assert answer.score is None or 0 <= answer.score <= 1
    assert answer.findings


@pytest.mark.slow
@pytest.mark.parametrize("key", [key for key, spec in METHODS.items() if spec.weights])
def test_without_weights_a_method_is_unavailable_and_names_no_path_of_the_machine(
    key: str, tmp_path: Path
) -> None:
    runtime = Runtime(tmp_path, tmp_path, weights_dir=tmp_path, hub_cache=tmp_path)
    with pytest.raises(MethodUnavailable) as caught:
        METHODS[key].method_class()(runtime).predict(picture())
    assert str(tmp_path) not in str(caught.value)
    for folder in METHODS[key].weights:
        assert f"detector/weights/{folder}" in str(caught.value)


def test_missing_weights_of_all_methods_give_an_uncertain_verdict(tmp_path: Path) -> None:
    runtime = Runtime(tmp_path, tmp_path, weights_dir=tmp_path, hub_cache=tmp_path)
    results = Detector(runtime).run_methods(picture())
    assert {result.status for result in results} <= {"unavailable", "abstained"}
    verdict = combine(results, load_fusion(WEIGHTS_DIR))
    assert verdict.label == "uncertain" and not verdict.contributions


def test_a_further_method_is_one_line_in_the_table(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(METHODS, "fifth", spec_of("fifth", make_stub()))
    verdict = Detector(RUNTIME, only=("forensics", "fifth")).detect(picture())
    assert [result.key for result in verdict.methods] == ["forensics", "fifth"]
