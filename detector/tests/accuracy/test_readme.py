"""What the README and the pages of docs/ say is what the files say that they take it from."""

from __future__ import annotations

import io
import json
import re
import shlex
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command, get_commands, load_command_class

from detector.accuracy.readme import CONDITIONS, figures_in
from detector.inference.methods import METHODS
from detector.inference.methods.statistical.features import feature_groups
from detector.tests.evidence_table import CASES
from detector.tests.factories.processes import ROOT
from detector.training.corpus.learnt_sources import read_metrics
from detector.training.fusion.fit import CONFIDENCE, MAX_FALSE_AI, MAX_FALSE_REAL

README = (ROOT / "README.md").read_text()
PAGES = {path.name: path.read_text() for path in (ROOT / "docs").glob("*.md")} | {
    "README.md": README
}
ACCURACY = ROOT / "docs" / "accuracy"
# The figures of a row of the README, in the order of its cells.
ROW = ("roc_auc", "ai_called_ai", "real_called_ai", "ai_called_real")


def flat(name: str) -> str:
    """A page in one line, however it is wrapped."""
    return " ".join(PAGES[name].split())


@cache
def read(name: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((ACCURACY / name).read_text())
    return content


def bounds(interval: list[float]) -> str:
    """An interval as the pages write it, with the sign for minus."""
    return " to ".join(map(signed, interval))


def signed(value: float) -> str:
    """Two decimals, with the sign for minus and none before zero."""
    return f"{round(value, 2) + 0:.2f}".replace("-", "\N{MINUS SIGN}")


def print_figures(*arguments: str) -> str:
    printed = io.StringIO()
    call_command("print_figures", *arguments, stdout=printed)
    return printed.getvalue()


def test_the_readme_holds_what_the_command_prints() -> None:
    assert figures_in(README) == print_figures()
    assert len(print_figures().strip().splitlines()) <= 15
    assert len(README.splitlines()) <= 100


def test_every_condition_is_printed_of_a_report_that_lacks_some_of_the_readme(
    tmp_path: Path,
) -> None:
    report = read("report.json")
    kept = {name: report["conditions"][name] for name in ("JPEG 95", "blur")}
    (tmp_path / "report.json").write_text(json.dumps(report | {"conditions": kept}))
    place = f"--report={tmp_path / 'report.json'}"
    assert [line.split(" | ")[0] for line in print_figures("--all", place).splitlines()[3:5]] == [
        "| JPEG 95",
        "| blur",
    ]
    with pytest.raises(CommandError, match="no figures under clean, JPEG 70"):
        print_figures(place)


@pytest.mark.parametrize("content", [None, "", "[]", "no report"])
def test_what_is_no_report_is_named(tmp_path: Path, content: str | None) -> None:
    path = tmp_path / "some.json"
    if content is not None:
        path.write_text(content)
    with pytest.raises(CommandError, match=r"some.json: There is .* Accepted is a report.json"):
        print_figures(f"--report={path}")


@pytest.mark.parametrize("arguments", ["--all", "--all --report docs/accuracy/second/report.json"])
def test_the_page_on_accuracy_holds_what_the_command_prints(arguments: str) -> None:
    command = f"manage.py print_figures {arguments}"
    assert figures_in(PAGES["accuracy.md"], command) == print_figures(*arguments.split())


@pytest.mark.parametrize("condition", CONDITIONS)
def test_each_row_is_that_of_the_report(condition: str) -> None:
    (row,) = [line for line in README.splitlines() if line.startswith(f"| {condition} |")]
    figures = read("report.json")["conditions"][condition]["fused"]
    for name, cell in zip(ROW, row.strip("| ").split(" | ")[2:], strict=True):
        form = "{:.3f}" if name == "roc_auc" else "{:.1%}"
        texts = [form.format(value) for value in (figures[name], *figures[f"{name}_interval"])]
        assert cell == "{} ({} to {})".format(*texts).replace("%", " %")


@pytest.mark.parametrize("file", ["deletion.json", "deletion_huggingface.json"])
def test_the_heat_map_shows_as_much_as_is_said(file: str) -> None:
    figures, page = read(file), flat("accuracy.md")
    for name, text in (
        ("hottest", "the hottest tenth lowers the log-odds by"),
        ("random", "a random tenth by"),
        ("moved", "the same mask elsewhere by"),
    ):
        mean = signed(figures[name]["mean"])
        assert f"{text} {mean} ({bounds(figures[name]['interval'])})" in page
    assert f"{figures['n']} AI pictures" in page


def test_watermarks_are_found_as_often_as_is_said() -> None:
    figures, page = read("watermarks.json"), flat("accuracy.md")
    clean, jpeg = (
        [round(100 * cells[name]["share"]) for cells in figures["rates"].values()]
        for name in ("clean", "JPEG 95")
    )
    assert f"found in {min(clean)} to {max(clean)} % of unchanged pictures" in page
    assert f"in {min(jpeg)} to {max(jpeg)} % after JPEG 95" in page
    assert all(cells["half size"]["found"] == 0 for cells in figures["rates"].values())
    assert f"On {figures['real']['n']:,} real pictures there was no false hit" in page
    assert figures["real"]["found"] == 0


def test_the_control_tells_as_much_as_is_said() -> None:
    measured, page = read("control.json")["conditions"], flat("accuracy.md")
    clean, jpeg = (measured[name]["roc_auc"] for name in ("clean", "JPEG 95"))
    assert f"with an AUROC of {clean:.3f} as they are and {jpeg:.3f} after JPEG 95" in page
    assert "no real ones measure 1024 x 1024 pixels" in measured["JPEG 95"]["tells"][0]
    square = measured["same size"]["roc_auc"]
    verdict = read("report.json")["conditions"]["same size"]["fused"]["roc_auc"]
    assert f"the control is at chance ({square:.3f}), and the verdict has {verdict:.3f}" in page


@pytest.mark.parametrize("folder", [".", "second"])
def test_the_command_that_makes_a_report_asks_for_its_conditions(folder: str) -> None:
    place = Path("docs/accuracy", folder)
    cells = flat("accuracy.md").split("| ")
    commands = [
        shlex.split(cell.strip("` |")) for cell in cells if "manage.py evaluate --d" in cell
    ]
    (asked,) = [c for c in commands if c[c.index("--report") + 1] == str(place)]
    report = read(f"{folder}/report.json")
    assert asked[asked.index("--conditions") + 1 :] == [*report["conditions"]]


def test_calibration_errors_and_those_by_chance_are_as_said() -> None:
    sets = [read("report.json"), read("second/report.json")]
    first, second = ([rows["fused"] for rows in each["conditions"].values()] for each in sets)
    page = flat("accuracy.md")
    assert f"The ECE of the verdict is {span(first, 'ece')}." in page
    assert f"an ECE of {span(first, 'ece_by_chance')} with so few pictures" in page
    largest = max(first, key=lambda row: row["ece"])
    assert largest is sets[0]["conditions"]["same size"]["fused"]  # which the page names
    assert largest["ece_interval"][0] > 0.02
    said = f"{span(second, 'ece')}, by chance it would be {span(second, 'ece_by_chance')}"
    assert f"Its ECE is {said}" in page


def span(rows: list[dict[str, Any]], name: str) -> str:
    values = [row[name] for row in rows]
    return f"{min(values):.3f} to {max(values):.3f}"


def test_the_evidence_is_counted_right() -> None:
    kinds, places = len({case.kind for case in CASES}), len(CASES)
    page = flat("evidence.md")
    assert f"{places} pairs of a kind of evidence" in page and f"{kinds} kinds." in page


def test_the_statistics_and_the_promise_of_the_thresholds_are_those_of_the_code() -> None:
    count = max(where.stop for where in feature_groups().values())
    assert f"{count} statistics of noise" in flat("README.md")
    text = (
        f"at most {MAX_FALSE_AI:.1%} of real pictures of *other* sources are called AI and at most "
        f"{MAX_FALSE_REAL:.0%} of AI pictures real, with {CONFIDENCE:.0%} confidence"
    )
    assert text.replace("%", " %") in flat("accuracy.md")


def test_what_ships_says_what_it_learnt_from_by_digests_alone() -> None:
    for name in (*METHODS["deep_learning"].weights, "statistical", "dinov2"):
        learnt = read_metrics(ROOT / "detector" / "weights" / name)["training"]["learnt_from"]
        assert all(re.fullmatch(r"[0-9a-f]{12}", digest) for digest in learnt)


METHODS_PAGE = ROOT / "templates" / "detector" / "methods.html"
COMMANDS = sorted(
    {
        (name, option)
        for text in (
            *PAGES.values(),
            (ROOT / "templates" / "detector" / "methods.html").read_text(),
        )
        for name, options in re.findall(r"manage\.py (\w+)([^`\n#&]*)", text)
        for option in re.findall(r"--[a-z][\w-]*", options) or [""]
    }
)


@pytest.mark.parametrize(("name", "option"), COMMANDS)
def test_every_command_that_is_named_exists_with_its_options(name: str, option: str) -> None:
    parser = load_command_class(get_commands()[name], name).create_parser("manage.py", name)
    assert re.search(rf"(?<![\w-]){option}\b" if option else "", parser.format_help())


def test_every_variable_of_the_settings_is_in_the_table() -> None:
    source = (ROOT / "ai_image_detector" / "settings.py").read_text()
    names = set(re.findall(r'(?:env_\w+\(|environ\.get\()"([A-Z0-9_]+)"', source))
    assert len(names) > 12
    assert [name for name in sorted(names) if f"`{name}`" not in PAGES["operations.md"]] == []


def test_a_plain_start_serves_this_machine_alone() -> None:
    makefile = (ROOT / "Makefile").read_text()
    parser = load_command_class("detector", "serve").create_parser("manage.py", "serve")
    assert parser.get_default("host") == "127.0.0.1"
    assert "manage.py serve --port $(PORT)" in makefile and "--host" not in makefile
    assert re.search(r"^PORT \?= 8000$", makefile, re.MULTILINE)
    assert "http://127.0.0.1:8000" in README


@pytest.mark.parametrize("name", PAGES)
def test_every_file_that_is_linked_is_there(name: str) -> None:
    folder = ROOT if name == "README.md" else ROOT / "docs"
    links = re.findall(r"\]\((?!https?:)([^)#]+)\)", PAGES[name])
    assert [link for link in links if not (folder / link).exists()] == []
