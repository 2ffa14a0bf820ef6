"""Verdicts as lines of text: a table for people, JSON lines and CSV for programs.

Each rendering is a function from a row to one line. A row is the dictionary of `Verdict.to_dict()`
with the `path` that was named, or `{"path", "error"}` for a file that could not be read. Names come
from strangers: characters that cannot be printed are escaped, so that no line controls a terminal
or looks like two lines. In CSV, a cell that a spreadsheet would take for a formula starts with an
apostrophe.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from typing import Any

from detector.inference.methods import METHODS
from detector.inference.names import printable

Row = dict[str, Any]

PATH_WIDTH = 40
# The outcomes, short enough for a column of a table.
SHORT = {
    "ai": "likely AI",
    "ai_edited": "edited with AI",
    "captured": "captured, signed",
    "no_sign": "no sign of AI",
    "uncertain": "cannot tell",
    "not_assessed": "too little to go by",
}
OUTCOME_WIDTH = 26
START = ("path", "sha256", "label", "score", "outcome", "lean")
# The signs that make a spreadsheet compute a cell, in Latin and in full-width form.
FORMULA = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def to_jsonl(row: Row) -> str:
    line = json.dumps(row, ensure_ascii=False)
    return "".join(c if c.isprintable() else json.dumps(c)[1:-1] for c in line)


def csv_header() -> str:
    return csv_line(_columns())


def _columns() -> list[str]:
    scores = [f"{key}_{field}" for key in METHODS for field in ("score", "status")]
    return [*START, *scores, "stability", "reason", "elapsed_ms", "version", "error"]


def to_csv(row: Row) -> str:
    if "error" in row:
        return csv_line([row["path"], *[""] * (len(_columns()) - 2), row["error"]])
    verdict, methods = row["verdict"], {m["key"]: m for m in row["methods"]}
    scores = [methods.get(key, {}).get(field) for key in METHODS for field in ("score", "status")]
    judgement = [verdict[name] for name in ("label", "score", "outcome", "lean")]
    start = [row["path"], row["file"]["sha256"], *judgement, *scores]
    end = [verdict["reason"], row["elapsed_ms"], row["version"], ""]
    return csv_line([*start, _stability(verdict), *end])


def _stability(verdict: Row) -> str:
    """Whether the result stays the same when the picture is passed on; "" if nobody asked."""
    if verdict["stability"] is None:
        return ""
    return "holds" if verdict["stability"]["holds"] else "changes"


def csv_line(cells: list[Any]) -> str:
    """The cells as one line of CSV, without its end."""
    line = io.StringIO()
    csv.writer(line, lineterminator="").writerow(map(csv_cell, cells))
    return line.getvalue()


def csv_cell(value: Any) -> Any:
    """A cell that no spreadsheet takes for a formula; numbers stay as they are."""
    if not isinstance(value, str):
        return value
    text = printable(value)
    return f"'{text}" if text.startswith(FORMULA) else text


def table_header() -> str:
    methods = " ".join(f"{f'M{number}':>5}" for number in range(1, len(METHODS) + 1))
    return f"{'picture':<{PATH_WIDTH}} {'result':<{OUTCOME_WIDTH}} {'AI':>5} {methods} {'ms':>6}"


def to_table(row: Row) -> str:
    path = printable(row["path"])
    name = path if len(path) <= PATH_WIDTH else "..." + path[3 - PATH_WIDTH :]
    if "error" in row:
        return f"{name:<{PATH_WIDTH}} {printable(row['error'])}"
    verdict, methods = row["verdict"], {m["key"]: m for m in row["methods"]}
    cells = " ".join(f"{_cell(methods.get(key)):>5}" for key in METHODS)
    return (
        f"{name:<{PATH_WIDTH}} {_outcome(verdict):<{OUTCOME_WIDTH}} {_score(row):>5} {cells} "
        f"{row['elapsed_ms']:>6.0f}"
    )


def _score(row: Row) -> str:
    """The chance of AI; a dash where there is none."""
    score = row["verdict"]["score"]
    return "-" if score is None else f"{score:.0%}"


def _outcome(verdict: Row) -> str:
    """The outcome in a few words, with the side that it leans to.

    A star marks a result that changes when the picture is passed on.
    """
    lean = {"ai": ", leans to AI", "real": ", leans to real"}.get(verdict["lean"], "")
    mark = "*" if _stability(verdict) == "changes" else ""
    return f"{SHORT[verdict['outcome']]}{lean}{mark}"


def _cell(method: Row | None) -> str:
    """A method's score; a dash where it abstained, a cross where it could not answer."""
    if method is None or method["status"] == "abstained":
        return "-"
    return "x" if method["score"] is None else f"{method['score']:.0%}"


RENDERINGS: dict[str, tuple[Callable[[], str] | None, Callable[[Row], str]]] = {
    "table": (table_header, to_table),
    "jsonl": (None, to_jsonl),
    "csv": (csv_header, to_csv),
}
