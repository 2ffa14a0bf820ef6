"""What the README says can be held to the files that it says it from."""

from __future__ import annotations

import json
import re
from functools import cache
from typing import Any

import pytest
from django.core.management import load_command_class

from detector.inference.methods.statistical.features import feature_groups
from detector.tests.evidence_table import CASES
from detector.tests.factories.processes import ROOT
from detector.training.corpus.learnt_sources import read_metrics
from detector.training.fusion.fit import CONFIDENCE, MAX_FALSE_AI

README = (ROOT / "README.md").read_text()
FLAT = " ".join(README.split())
ACCURACY = ROOT / "docs" / "accuracy"
# Rows of the table of accuracy: what stands in front, the method of the report, and the figure.
ROWS = {
    "1 Deep learning": ("deep_learning", "roc_auc"),
    "2 Statistical patterns": ("statistical", "roc_auc"),
    "4 Hugging Face (bundled ViT)": ("huggingface", "roc_auc"),
    "Verdict": ("fused", "roc_auc"),
    "Verdict, ECE": ("fused", "ece"),
    'Real called "likely AI"': ("fused", "real_called_ai"),
    'AI called "likely AI"': ("fused", "ai_called_ai"),
    'AI called "likely real"': ("fused", "ai_called_real"),
}


@cache
def read(name: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((ACCURACY / name).read_text())
    return content


@cache
def table() -> dict[str, dict[str, str]]:
    """The table of accuracy: row -> condition -> cell."""
    lines = [line.strip("| ").split(" | ") for line in README.splitlines() if line[:1] == "|"]
    start = next(i for i, line in enumerate(lines) if line[0].startswith("AUROC (95 % interval)"))
    heads = lines[start][1:]
    return {line[0]: dict(zip(heads, line[1:], strict=True)) for line in lines[start + 2 :][:8]}


def shown(value: float, interval: list[float], *, percent: bool) -> str:
    low, high = interval
    if percent:
        return f"{value:.1%} ({low:.1%} to {high:.1%})"
    return f"{value:.3f} ({low:.3f} to {high:.3f})"


@pytest.mark.parametrize("row", ROWS)
def test_the_table_of_accuracy_is_that_of_the_report(row: str) -> None:
    method, figure = ROWS[row]
    for condition, cell in table()[row].items():
        figures = read("report.json")["conditions"][condition][method]
        wanted = shown(figures[figure], figures[f"{figure}_interval"], percent="called" in figure)
        assert cell == wanted, condition


def test_the_counts_are_those_of_the_report() -> None:
    report = read("report.json")
    n_ai, n_real = report["n_ai"], report["n_real"]
    said = f"{n_ai + n_real:,} pictures ({n_ai} AI, {n_real} real) of {report['n_sources']} sources"
    assert said in FLAT
    decided = report["conditions"]["clean"]["fused"]
    assert f"decided on {decided['decided_by_file_ai']} AI pictures and no real one" in FLAT
    assert decided["decided_by_file_real"] == 0


def test_the_verdict_is_as_stable_as_is_said() -> None:
    rows = {row["to"]: row for row in read("report.json")["stability"]}
    assert all(row["crossed"] == 0 for row in rows.values())
    assert f"In none of {rows['JPEG 85']['n']:,} pictures did re-encoding turn the verdict" in FLAT
    assert f"after JPEG 85, {rows['JPEG 85']['kept']:.1%}".replace("%", " %") in FLAT


def test_the_heat_map_shows_as_much_as_is_said() -> None:
    figures = read("deletion.json")
    for name, said in (
        ("hottest", "lowers the log-odds by"),
        ("moved", "the same mask elsewhere by"),
    ):
        low, high = figures[name]["interval"]
        assert f"{said} {figures[name]['mean']:.2f} ({low:.2f} to {high:.2f})" in FLAT
    assert f"{figures['n']} AI pictures" in FLAT


def test_watermarks_are_found_as_often_as_is_said() -> None:
    figures = read("watermarks.json")
    clean, jpeg = (
        [round(100 * cells[name]["share"]) for cells in figures["rates"].values()]
        for name in ("clean", "JPEG 95")
    )
    assert f"found in {min(clean)} to {max(clean)} % of untouched pictures" in FLAT
    assert f"in {min(jpeg)} to {max(jpeg)} % after JPEG 95" in FLAT
    assert all(cells["half size"]["found"] == 0 for cells in figures["rates"].values())
    assert f"on {figures['real']['n']:,} real pictures there was no false hit" in FLAT
    assert figures["real"]["found"] == 0


def test_the_evidence_is_counted_right() -> None:
    kinds, places = len({case.kind for case in CASES}), len(CASES)
    assert f"{kinds} kinds of evidence in {places} places" in FLAT
    evidence = (ROOT / "docs" / "evidence.md").read_text()
    assert f"{places} pairs of a kind of evidence" in evidence and f"{kinds} kinds." in evidence


def test_the_statistics_and_the_promise_of_the_thresholds_are_those_of_the_code() -> None:
    count = max(where.stop for where in feature_groups().values())
    assert f"{count} statistics of noise" in FLAT
    said = f"thresholds are chosen so that {MAX_FALSE_AI:.0%} hold on other sources with "
    assert said.replace("%", " %") + f"{CONFIDENCE:.0%} confidence".replace("%", " %") in FLAT


def test_what_ships_says_what_it_learnt_from_by_digests_alone() -> None:
    for name in ("efficientnet_tiles", "efficientnet_whole", "statistical", "vit_compact"):
        learnt = read_metrics(ROOT / "detector" / "weights" / name)["training"]["learnt_from"]
        assert all(re.fullmatch(r"[0-9a-f]{12}", digest) for digest in learnt)


COMMANDS = sorted(
    {
        (name, option)
        for text in (README, (ROOT / "templates" / "detector" / "methods.html").read_text())
        for name, options in re.findall(r"manage\.py (\w+)([^`\n#&]*)", text)
        if (ROOT / "detector" / "management" / "commands" / f"{name}.py").exists()
        or name not in ("migrate", "runserver")
        for option in re.findall(r"--[a-z][\w-]*", options) or [""]
    }
)


@pytest.mark.parametrize(("name", "option"), COMMANDS)
def test_every_command_that_is_named_exists_with_its_options(name: str, option: str) -> None:
    parser = load_command_class("detector", name).create_parser("manage.py", name)
    assert re.search(rf"(?<![\w-]){option}\b" if option else "", parser.format_help())


def test_every_variable_of_the_settings_is_in_the_table() -> None:
    source = (ROOT / "ai_image_detector" / "settings.py").read_text()
    names = set(re.findall(r'(?:env_\w+\(|environ\.get\()"([A-Z0-9_]+)"', source))
    assert len(names) > 12
    assert [name for name in sorted(names) if f"`{name}`" not in README] == []


def test_a_plain_start_serves_this_machine_alone() -> None:
    makefile = (ROOT / "Makefile").read_text()
    assert "127.0.0.1:$(PORT)" in makefile and "0.0.0.0" not in makefile
    assert re.search(r"^PORT \?= 8000$", makefile, re.MULTILINE)
    assert "http://127.0.0.1:8000" in README


def test_every_file_that_is_linked_is_there() -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]+)\)", README)
    assert links and [link for link in links if not (ROOT / link).exists()] == []
