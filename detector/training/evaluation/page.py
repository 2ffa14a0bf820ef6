"""The report as one page that needs no other file."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from pathlib import Path
from string import Template
from typing import Any

from detector.inference.names import shown
from detector.training.augment import CLEAN

from . import plots
from .outcome import FUSED, short_title
from .tables import DASH, sentence

Report = dict[str, Any]
Row = dict[str, Any]

FOLDER = Path(__file__).parent
HEADS = {
    "roc_auc": "AUROC",
    "ap": "AP",
    "balanced_accuracy": "Balanced accuracy",
    "recall_at_fpr_1": "AI found at 1\u00a0% false positives",
    "recall_at_fpr_5": "at 5 %",
    "recall_at_fpr_10": "at 10 %",
    "ece": "ECE",
}
CONDITIONS = {
    CLEAN: "the file as it is, with its metadata",
    "half size": "half the width and height, then JPEG 95",
    "blur": "a Gaussian blur with a standard deviation of one pixel, then JPEG 95",
    "screenshot chain": "shown as large as fits on a screen of 1080 x 2400 pixels, by a bilinear "
    "filter, with a margin that shifts the grid of JPEG blocks; PNG, then JPEG 75 as a messenger "
    "makes it",
}


def to_html(report: Report) -> str:
    """The page: in words, plots, tables, and how it was measured."""
    parts = {
        "title": _text(f"Accuracy on {report['data']}, {report['split']}"),
        "style": (FOLDER / "page.css").read_text(),
        "summary": "".join(f"<p>{_text(said)}</p>" for said in summary(report)),
        "conditions": "".join(_condition(report, name) for name in report["conditions"]),
        "curves": _curves(report),
        "generators": _groups(report, "generators", "generator", "Generator"),
        "sources": _groups(report, "sources", "source", "Source"),
        "kinds": _groups(report, "kinds", "kind", "Kind"),
        "ablation": "".join(_ablation(report, name) for name in report.get("ablation", {})),
        "stability": _stability(report.get("stability", [])),
        "method": _how(report),
    }
    return Template((FOLDER / "page.html").read_text()).substitute(parts)


def _text(value: Any) -> str:
    """Escaped: names of generators, folders and files come from outside."""
    return escape(shown(value))


def main_condition(report: Report) -> str:
    """The one that the page is about: re-encoded, where that was measured; "clean" flatters."""
    return list(report["curves"])[-1]


def summary(report: Report) -> list[str]:
    """The main figures in sentences."""
    main = main_condition(report)
    fused = report["conditions"][main][FUSED]
    said = [f"{report['n_ai']:,} AI and {report['n_real']:,} real pictures, “{main}”:"]
    if fused["roc_auc"] is not None:
        said.append(
            "Of an AI picture and a real one, the verdict gives the higher score to the AI picture "
            f"in {_share(fused, 'roc_auc')} of the cases (50 % would be guessing)."
        )
    said.append(
        f"It calls {_share(fused, 'ai_called_ai')} of the AI pictures “likely AI” and "
        f"{_share(fused, 'ai_called_real')} “likely real”; of the real pictures it calls "
        f"{_share(fused, 'real_called_ai')} “likely AI” and {_share(fused, 'real_called_real')} "
        "“likely real”. The others are “uncertain”."
    )
    others = (*_best_method(report, main), *_hardest(report), *_evidence(report))
    return [" ".join(said), " ".join(others)]


def _share(figures: Row, name: str) -> str:
    low, high = figures[f"{name}_interval"]
    return f"{figures[name]:.1%} ({low:.1%} to {high:.1%})"


def _areas(methods: Row) -> dict[str, float]:
    return {k: f["roc_auc"] for k, f in methods.items() if f["roc_auc"] is not None}


def _best_method(report: Report, condition: str) -> list[str]:
    areas = _areas(report["conditions"][condition])
    areas.pop(FUSED, None)
    if len(areas) < 2:
        return []
    best = max(areas, key=lambda key: areas[key])
    title = report["methods"][best]
    return [f"The best single method is {title} with an AUROC of {areas[best]:.3f}."]


def _hardest(report: Report) -> list[str]:
    areas = {name: _areas(methods).get(FUSED) for name, methods in report["conditions"].items()}
    known = {name: area for name, area in areas.items() if area is not None}
    if len(known) < 2:
        return []
    low, high = (pick(known, key=lambda name: known[name]) for pick in (min, max))
    return [
        f"The verdict's AUROC is lowest under “{low}” ({known[low]:.3f}) and highest under "
        f"“{high}” ({known[high]:.3f})."
    ]


def _evidence(report: Report) -> list[str]:
    """In how many of the untouched files evidence decided, which re-encoding takes away."""
    if CLEAN not in report["conditions"]:
        return []
    fused = report["conditions"][CLEAN][FUSED]
    ai, real = (fused[f"decided_by_file_{side}"] for side in ("ai", "real"))
    return [
        f"In the files as they are, evidence in the file decided on {ai:,} of {report['n_ai']:,} "
        f"AI and {real:,} of {report['n_real']:,} real pictures."
    ]


def _condition(report: Report, name: str) -> str:
    methods = report["conditions"][name]
    rows = [_method_row(report["methods"][key], f) for key, f in methods.items()]
    heads = ["Method", *HEADS.values(), "Scored AI + real", "Abstained AI + real"]
    if any(figures["failed"] for figures in methods.values()):
        heads.append("Unavailable")
        rows = [[*r, str(f["failed"])] for r, f in zip(rows, methods.values(), strict=True)]
    return (
        f"<h3>{_text(name)}</h3>{_table(heads, rows)}{_reasons(methods)}"
        f'<p class="small">{_text(sentence(methods[FUSED]))}</p>'
    )


def _method_row(title: str, figures: Row) -> list[str]:
    cells = [_text(short_title(title)), *(_figure(figures, name) for name in HEADS)]
    return [
        *cells,
        f"{figures['n_ai']:,} + {figures['n_real']:,}",
        f"{figures['abstained_ai']:,} + {figures['abstained_real']:,}",
    ]


def _figure(figures: Row, name: str) -> str:
    if figures[name] is None:
        return f'<abbr title="{_text(figures[f"{name}_reason"])}">{DASH}</abbr>'
    return _with_interval(figures[name], figures[f"{name}_interval"])


def _with_interval(value: float | None, interval: list[float] | None) -> str:
    if value is None:
        return DASH
    bounds = f"<small>{interval[0]:.3f} to {interval[1]:.3f}</small>" if interval else ""
    return f"{value:.3f}{bounds}"


def _reasons(methods: Row) -> str:
    """Why figures are missing; in words, since a phone shows no title of a dash."""
    reasons: dict[str, None] = {}
    for figures in methods.values():
        reasons |= {f[1]: None for f in figures.items() if f[0].endswith("_reason")}
    said = "; ".join(reasons)
    return f'<p class="small">{DASH}: {_text(said)}.</p>' if said else ""


def _table(heads: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A table of cells that are HTML already."""
    head = "".join(f'<th scope="col">{_text(name)}</th>' for name in heads)
    body = "".join(_row(list(cells)) for cells in rows)
    return (
        f'<div class="scroll" tabindex="0"><table><thead><tr>{head}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>"
    )


def _row(cells: list[str]) -> str:
    data = "".join(f"<td>{cell}</td>" for cell in cells[1:])
    return f'<tr><th scope="row">{cells[0]}</th>{data}</tr>'


def _curves(report: Report) -> str:
    figures = []
    for name in report["curves"]:
        figures.append(_plot(plots.roc(report, name), f"ROC, {name}"))
        caption = (
            f"Reliability, {name}: on the diagonal, 70 of 100 pictures with a score of 0.7 are AI; "
            f"bins of {plots.FEWEST_PICTURES} pictures or more"
        )
        figures.append(_plot(plots.reliability(report, name), caption))
    if len(report["conditions"]) > 1:
        caption = "AUROC under every condition, with 95 % intervals"
        figures.append(_plot(plots.robustness(report), caption))
    return "".join(figures)


def _plot(svg: str, caption: str) -> str:
    return f"<figure>{svg}<figcaption>{_text(caption)}</figcaption></figure>"


def _groups(report: Report, key: str, kind: str, head: str) -> str:
    """A plot for the main condition, and a table for each; an older report has no kinds."""
    if key not in report:
        return f"<p>{DASH}: this report was written before they were told apart.</p>"
    main = main_condition(report)
    rows = report[key][main]
    plot = ""
    if plots.drawn(rows):
        caption = (
            f"{main}; at most {plots.MOST_ROWS} with {plots.FEWEST_PICTURES} pictures or more, "
            "worst first; 95 % intervals"
        )
        is_ai = key == "generators"
        svg = plots.recall_by_generator(rows) if is_ai else plots.false_positives(rows, kind)
        plot = _plot(svg, caption)
    tables = (_group_table(report, key, kind, head, name) for name in report[key])
    return plot + "".join(tables)


def _group_table(report: Report, key: str, kind: str, head: str, condition: str) -> str:
    titles = [short_title(title) for title in report["methods"].values()]
    heads = [head, "n", "Called AI", *(f"AUROC {title}" for title in titles)]
    rows = report[key][condition]
    large = [row for row in rows if row["n"] >= plots.FEWEST_PICTURES]
    small = [row for row in rows if row["n"] < plots.FEWEST_PICTURES]
    state = " open" if condition == main_condition(report) else ""
    html = _table(heads, (_group_row(report, row, kind) for row in large)) if large else ""
    if small:
        said = f"{len(small)} with fewer than {plots.FEWEST_PICTURES} pictures"
        rest = _table(heads, (_group_row(report, row, kind) for row in small))
        html += f"<details><summary>{said}</summary>{rest}</details>"
    return f"<details{state}><summary>{_text(condition)}</summary>{html}</details>"


def _group_row(report: Report, row: Row, kind: str) -> list[str]:
    areas = [
        _with_interval(row["roc_auc"][key], row["roc_auc_interval"][key])
        for key in report["methods"]
    ]
    called = _with_interval(row["called_ai"], row["called_ai_interval"])
    return [_text(row[kind]), f"{row['n']:,}", called, *areas]


def _ablation(report: Report, condition: str) -> str:
    names = {"roc_auc": "AUROC", "ece": "ECE", "recall_at_fpr_1": "AI found at 1 % false positives"}
    titles = report["methods"]
    rows = []
    for row in report["ablation"][condition]:
        methods = [titles.get(key, key) for key in row["methods"].split("+")]
        cells = [_with_interval(row[name], row[f"{name}_interval"]) for name in names]
        rows.append([_text(" + ".join(short_title(title) for title in methods)), *cells])
    return f"<h3>{_text(condition)}</h3>{_table(['Methods', *names.values()], rows)}"


def _stability(rows: list[Row]) -> str:
    heads = ["After", "Compared with", "n", "Same verdict", "From AI to real or back"]
    names = ("kept", "crossed")
    cells = [
        [
            _text(row["to"]),
            _text(row["from"]),
            f"{row['n']:,}",
            *(_with_interval(row[name], row[f"{name}_interval"]) for name in names),
        ]
        for row in rows
    ]
    return _table(heads, cells) if cells else f"<p>{DASH}: measured under one condition only.</p>"


def _how(report: Report) -> str:
    explained = [
        f"<li><b>{_text(name)}</b>: {_text(CONDITIONS[name])}</li>"
        for name in report["conditions"]
        if name in CONDITIONS
    ]
    html = (
        f"<p>{_text(report['about'])}</p>"
        f"<p><code>{_text(report['command'])}</code></p><ul>{''.join(explained)}</ul>"
    )
    if report["unread"]:
        named = (f"<li>{_text(n)}: {_text(why)}</li>" for n, why in report["unread"].items())
        html += f"<p>Not read, the first of {report['n_unread']}:</p><ul>{''.join(named)}</ul>"
    return html
