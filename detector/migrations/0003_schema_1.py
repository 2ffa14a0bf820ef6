"""Results of schema 0 become results of schema 1, so that every row can be opened.

What schema 0 did not say is left empty. The tables here are those of the program that wrote them.
"""

from __future__ import annotations

from typing import Any

import django.utils.timezone
from django.db import migrations, models

NAMES = {
    "deep_learning": (1, "Deep Learning Model"),
    "statistical": (2, "Statistical Pattern Analysis"),
    "forensics": (3, "Advanced Forensics Analysis"),
    "huggingface": (4, "Hugging Face Specialized Models"),
}
OUTCOMES = {"ai": "ai", "real": "no_sign", "uncertain": "uncertain"}
# The keys of the free details of a method, the kinds of exhibits that they became, and the key
# under which an exhibit holds what was not an object of its own.
EXHIBITS = {
    "heat_map": ("heat_map", ""),
    "groups": ("feature_groups", "groups"),
    "spectrum": ("spectrum", "levels"),
    "table": ("parameters", "rows"),
    "credentials": ("credentials", ""),
    "members": ("members", "members"),
}


def upgrade(result: dict[str, Any], row: dict[str, Any]) -> dict[str, Any]:
    """A result of schema 1 from one of schema 0; `row` holds the other columns."""
    methods = [_method(number, old) for number, old in enumerate(result["methods"], 1)]
    return {
        "schema": 1,
        "id": row["id"],
        "created": row["created"],
        "file": row["file"],
        "verdict": _verdict(result["verdict"], methods),
        "methods": methods,
        "notes": [_sentence(text) for text in result["notes"]],
        "elapsed_ms": result["elapsed_ms"],
        "version": result["version"],
        "weights": "",
        "code": "",
    }


def _verdict(old: dict[str, Any], methods: list[dict[str, Any]]) -> dict[str, Any]:
    scored = any(method["score"] is not None for method in methods)
    moves = {m["key"]: abs(old["contributions"].get(m["key"], 0)) for m in methods}
    most = max(moves, key=lambda key: moves[key], default=None)
    for method in methods:
        method["role"] = _role(method["key"], old, moves)
    return {
        "outcome": OUTCOMES[old["label"]],
        "label": old["label"],
        "lean": None,
        "score": old["score"] if scored else None,
        "thresholds": old["thresholds"],
        "basis": "file" if old["decided_by"] else "pixels",
        "signal": "unknown_provenance",
        "reason": old["reason"],
        "declarations": [],
        "conflict": None,
        "expected_errors": None,
        "stability": None,
        "advice": [],
        "agreement": old["agreement"],
        "decided_by": old["decided_by"],
        "moved_most": old["decided_by"] or (most if most and moves[most] else None),
        "contributions": old["contributions"],
        "kind": None,
    }


def _role(key: str, verdict: dict[str, Any], moves: dict[str, float]) -> str:
    if key == verdict["decided_by"]:
        return "decides"
    return "counts" if moves[key] else "second_opinion"


def _method(place: int, old: dict[str, Any]) -> dict[str, Any]:
    number, name = NAMES.get(old["key"], (place, old["title"]))
    return {
        "key": old["key"],
        "number": number,
        "name": name,
        "role": "second_opinion",
        "weight": 0.0,
        "status": old["status"],
        "score": old["score"],
        "lean": old["lean"] if old["lean"] in ("ai", "real") else None,
        "findings": [_sentence(one["text"]) | {"partial": False} | one for one in old["findings"]],
        "exhibits": _exhibits(old.get("details", {})),
        "used": old["used"],
        "elapsed_ms": old["elapsed_ms"],
    }


def _exhibits(details: dict[str, Any]) -> list[dict[str, Any]]:
    found = []
    for key, (kind, inner) in EXHIBITS.items():
        if held := details.get(key):
            data = {inner: held} if inner else held
            found.append({"kind": kind, "data": data | ({"side": 64} if key == "spectrum" else {})})
    return found


def _sentence(text: str) -> dict[str, Any]:
    """Schema 0 kept sentences alone."""
    return {"code": "schema_0.sentence", "params": {"text": text}, "text": text}


def upgrade_rows(apps, schema_editor) -> None:
    """Rewrite the rows of schema 0, one by one: a result may be large."""
    rows = apps.get_model("detector", "Detection").objects.using(schema_editor.connection.alias)
    for pk in list(rows.values_list("pk", flat=True)):
        row = rows.get(pk=pk)
        if "schema" not in row.result:
            row.result = upgrade(row.result, _columns(row))
            row.save(update_fields=["result"])


def _columns(row) -> dict[str, Any]:
    names = ("size", "format", "width", "height", "sha256")
    file = {"name": row.filename} | {name: getattr(row, name) for name in names}
    return {"id": str(row.pk), "created": row.created_at.isoformat(), "file": file}


class Migration(migrations.Migration):
    dependencies = [("detector", "0002_error_levels")]

    operations = [
        migrations.AlterField(
            model_name="detection",
            name="created_at",
            field=models.DateTimeField(
                db_index=True, default=django.utils.timezone.now, editable=False
            ),
        ),
        migrations.RunPython(upgrade_rows, migrations.RunPython.noop),
    ]
