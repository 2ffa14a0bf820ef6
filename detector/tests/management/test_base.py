"""What all commands share: kinds of arguments, errors in one line, and a start without the site."""

from __future__ import annotations

import tomllib
from argparse import ArgumentTypeError
from collections.abc import Callable
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command, find_commands, load_command_class
from packaging.requirements import Requirement

from detector.management import base
from detector.management.base import TRAINING_MODULES, DetectorCommand
from detector.tests.factories.processes import ROOT, run_python
from detector.tests.factories.serving import block_training

COMMANDS = find_commands(str(ROOT / "detector" / "management"))


class Failing(DetectorCommand):
    """A command that raises what it is made with."""

    expected = (ValueError, OSError)

    def __init__(self, error: BaseException, stopped: str = "") -> None:
        super().__init__()
        self.error, self.stopped = error, stopped

    def handle(self, **options: Any) -> None:
        raise self.error


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_stands_on_the_one_base(name: str) -> None:
    assert isinstance(load_command_class("detector", name), DetectorCommand)


# Errors


@pytest.mark.parametrize("error", [ValueError("no such split"), FileNotFoundError("no folder")])
def test_expected_errors_end_a_command_with_their_message(error: Exception) -> None:
    with pytest.raises(CommandError, match=f"^{error}$"):
        call_command(Failing(error))


@pytest.mark.parametrize("error", [TypeError("a bug"), ModuleNotFoundError(name="nonsense")])
def test_bugs_keep_their_traceback(error: Exception) -> None:
    with pytest.raises(type(error)):
        call_command(Failing(error))


def test_a_reader_that_has_gone_is_no_error_of_the_command() -> None:
    with pytest.raises(BrokenPipeError):
        call_command(Failing(BrokenPipeError(32, "Broken pipe")))


def test_ctrl_c_says_what_the_command_has_to_say() -> None:
    with pytest.raises(CommandError, match="goes on") as caught:
        call_command(Failing(KeyboardInterrupt(), "Stopped; it goes on."))
    assert caught.value.returncode == 130
    with pytest.raises(KeyboardInterrupt):
        call_command(Failing(KeyboardInterrupt()))


# Without the training libraries


@pytest.mark.parametrize("module", ["torch", "torch.nn", "sklearn"])
def test_a_missing_training_library_is_said_with_the_remedy(module: str) -> None:
    with pytest.raises(CommandError, match=f"{module} is not installed here; `make training`"):
        call_command(Failing(ModuleNotFoundError(name=module)))


def test_what_is_needed_at_the_end_is_asked_for_at_the_beginning() -> None:
    command = Failing(ValueError("after hours"))
    command.needs = ("surely_not_there",)
    with pytest.raises(ModuleNotFoundError):
        call_command(command)


@pytest.mark.slow
def test_the_list_of_training_modules_is_that_of_the_group() -> None:
    groups = tomllib.loads((ROOT / "pyproject.toml").read_text())["dependency-groups"]
    named: set[str] = set()
    for line in groups["train"]:
        files = distribution(Requirement(line).name).files or []
        modules = TRAINING_MODULES & {file.parts[0] for file in files}
        assert modules, line
        named |= modules
    assert named == TRAINING_MODULES


@pytest.mark.slow
@pytest.mark.parametrize(
    ("command", "module"),
    [
        (["evaluate"], "jinja2"),
        (["fetch_models"], "torch"),
        (["finetune_hf_models"], "datasets"),
        (["prepare_genimage"], "sklearn"),
        (["train_dinov2", "--data", ".", "--encoder", "."], "sklearn"),
        (["train_fusion", "--data", "."], "torch"),
        (["train_statistical", "--data", "."], "torch"),
    ],
)
def test_a_server_says_in_one_line_how_to_install_what_a_command_needs(
    command: list[str], module: str, tmp_path: Path
) -> None:
    done = run_python("manage.py", *command, data_dir=tmp_path, **block_training(tmp_path))
    (line,) = done.stderr.splitlines()
    assert line.startswith(f"CommandError: The package {module} is not installed here; ")
    assert "`make training`" in line and done.returncode == 1


# Arguments


@pytest.mark.parametrize(
    ("kind", "good", "bad", "accepted"),
    [
        (base.positive, "1", ["0", "-1", "2.5", "many", "9" * 5000], "from 1 to 1000000000"),
        (base.seed, "0", ["-1", str(2**32), "x"], f"from 0 to {2**32 - 1}"),
        (base.port, "65535", ["65536", "-1", "http"], "from 0 to 65535"),
        (base.share, "0.15", ["1", "-0.1", "nan", "half"], "numbers from 0 up to below 1"),
        (base.above_zero, "2e-5", ["0", "nan", "inf", "-1"], "numbers above 0"),
    ],
)
def test_an_argument_out_of_range_is_named_with_what_is_accepted(
    kind: Callable[[str], float], good: str, bad: list[str], accepted: str
) -> None:
    assert kind(good) == float(good)
    for text in bad:
        with pytest.raises(ArgumentTypeError, match=f"^'{text[:20]}'; accepted are .*{accepted}"):
            kind(text)


@pytest.mark.parametrize(
    "words",
    [
        ["evaluate", "--workers", "0"],
        ["evaluate", "--per-source", "-1"],
        ["benchmark", "--runs", "0"],
        ["benchmark_forensics", "--data", ".", "--count", "0"],
        ["measure_watermarks", "--data", ".", "--looks", "0"],
        ["deletion_test", "--data", ".", "--workers", "0"],
        ["prepare_genimage", "--seed", "-1"],
        ["prepare_genimage", "--val-split", "1"],
        ["train_efficientnet", "--look", "tiles", "--data", ".", "--steps", "0"],
        ["train_statistical", "--data", ".", "--crops", "0"],
    ],
)
def test_commands_refuse_numbers_out_of_range(words: list[str]) -> None:
    with pytest.raises(CommandError, match=f"argument {words[-2]}: '{words[-1]}'; accepted are"):
        call_command(*words)


# The start


@pytest.mark.slow
def test_every_command_can_be_looked_at_before_the_site_is_set_up(tmp_path: Path) -> None:
    code = (
        "import django.core.management as m\nfrom django.apps import apps\n"
        f"for name in {COMMANDS}: m.load_command_class('detector', name)\nassert not apps.ready"
    )
    assert run_python("-c", code, data_dir=tmp_path).stderr == ""


def test_calibrate_detect_and_scan_alone_do_without_the_site() -> None:
    light = [
        n for n in COMMANDS if not getattr(load_command_class("detector", n), "needs_site", True)
    ]
    assert light == ["calibrate", "detect", "scan"]


def test_progress_is_shown_on_a_terminal_alone(capsys: pytest.CaptureFixture[str]) -> None:
    assert list(Failing(ValueError()).progress([1, 2])) == [1, 2]
    assert capsys.readouterr() == ("", "")
