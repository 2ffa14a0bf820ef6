"""Fills a scratch database by statements of its own: a million rows take minutes, not hours."""

from __future__ import annotations

import json
import uuid
from typing import Any

from django.db.models import Model

from detector.models import Analysis, ApiToken, Batch, Upload

# The owner of a tenth of all uploads; the others have OWNERS in common.
LARGE = uuid.UUID(int=1)
OWNERS = 1000
ROWS_PER_BATCH = 1000
# Of each so many rows: one that has failed, one that waits, and one of a rare outcome.
FAILED_OF, WAITING_OF, RARE_OF = 200, 5000, 20_000
AT_ONCE = 20_000

# What the two do not write alike: a row for each number, identifiers, moments, texts, JSON, truth.
DIALECTS = {
    "sqlite": {
        "numbers": "WITH RECURSIVE n(i) AS (SELECT %(low)s UNION ALL SELECT i + 1 FROM n "
        "WHERE i + 1 < %(high)s)",
        "id": "printf('%%032x', {number})",
        "moment": "datetime('now', '-' || i || ' seconds')",
        "digits": "substr('000000000000' || i, -12)",
        "json": "%(result)s",
        "empty": "'{}'",
        "no": "0",
        "yes": "1",
    },
    "postgresql": {
        "numbers": "WITH n(i) AS (SELECT generate_series(%(low)s::int, %(high)s::int - 1))",
        "id": "lpad(to_hex({number}), 32, '0')::uuid",
        "moment": "now() - i * interval '1 second'",
        "digits": "lpad(i::text, 12, '0')",
        "json": "%(result)s::jsonb",
        "empty": "'{}'::jsonb",
        "no": "false",
        "yes": "true",
    },
}


def fill(connection: Any, rows: int, result: dict[str, Any], full: int = 1) -> None:
    """So many analyses, an upload of each, batches and a token.

    One of `full` analyses has this result, the others an empty one.
    """
    alias, sql = connection.alias, DIALECTS[connection.vendor]
    token = ApiToken(name="press", owner=LARGE)
    token.renew()
    token.save(using=alias)
    batches = max(rows // 10 // ROWS_PER_BATCH, 1)
    Batch.objects.using(alias).bulk_create(
        Batch(pk=uuid.UUID(int=number + 1), owner=LARGE, name=str(number))
        for number in range(batches)
    )
    text = json.dumps(result)
    for low in range(0, rows, AT_ONCE):
        values = {"low": low, "high": min(low + AT_ONCE, rows), "result": text}
        with connection.cursor() as cursor:
            cursor.execute(_insert(Analysis, _analysis(sql, full), sql), values)
            cursor.execute(_insert(Upload, _upload(sql, rows, batches), sql), values)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def _insert(model: type[Model], columns: dict[str, str], sql: dict[str, str]) -> str:
    """A row for each number from `low` to below `high`; other columns have their defaults."""
    columns = _defaults(model, sql) | columns
    names, values = ", ".join(columns), ", ".join(columns.values())
    return f"{sql['numbers']} INSERT INTO {model._meta.db_table} ({names}) SELECT {values} FROM n"


def _defaults(model: type[Model], sql: dict[str, str]) -> dict[str, str]:
    """The columns whose default, or else whose empty value, is a plain one, and it in SQL."""
    found: dict[str, str] = {}
    for field in model._meta.concrete_fields:
        if field.null or field.is_relation or not field.column:
            continue
        if field.has_default() and callable(field.default):
            continue
        default = field.get_default()
        if isinstance(default, bool):
            found[field.column] = sql["yes"] if default else sql["no"]
        elif isinstance(default, int | str):
            found[field.column] = str(int(default)) if isinstance(default, int) else f"'{default}'"
    return found


def _analysis(sql: dict[str, str], full: int) -> dict[str, str]:
    failed, waiting = f"i %% {FAILED_OF} = 3", f"i %% {WAITING_OF} = 7"
    moments = dict.fromkeys(("queued_at", "started_at", "finished_at"), sql["moment"])
    numbers = {"priority": "i %% 2", "attempts": "1", "size": "500000", "width": "1", "height": "1"}
    return {
        "id": sql["id"].format(number="i + 1"),
        "sha256": f"'{'a' * 52}' || {sql['digits']}",
        "version": "'0.2.0+0'",
        "scope": sql["id"].format(number=f"i %% {OWNERS} + 1"),
        "with_stability": sql["no"],
        "state": f"CASE WHEN {waiting} THEN 'queued' WHEN {failed} THEN 'failed' ELSE 'done' END",
        "format": "'JPEG'",
        "label": "CASE WHEN i %% 3 = 0 THEN 'ai' ELSE 'real' END",
        "outcome": f"CASE WHEN i %% {RARE_OF} = 5 THEN 'inconclusive' ELSE 'uncertain' END",
        "score": "(i %% 1000) / 1000.0",
        "result": f"CASE WHEN i %% {full} = 0 THEN {sql['json']} ELSE {sql['empty']} END",
        **moments,
        **numbers,
    }


def _upload(sql: dict[str, str], rows: int, batches: int) -> dict[str, str]:
    of_large = f"i < {rows // 10}"
    large, other = (sql["id"].format(number=each) for each in ("1", f"i %% {OWNERS} + 2"))
    batch = sql["id"].format(number=f"i %% {batches} + 1")
    return {
        "id": sql["id"].format(number="i + 1"),
        "owner": f"CASE WHEN {of_large} THEN {large} ELSE {other} END",
        "created_at": sql["moment"],
        "filename": f"'picture ' || {sql['digits']} || '.jpg'",
        "with_pictures": sql["yes"],
        "analysis_id": sql["id"].format(number="i + 1"),
        "batch_id": f"CASE WHEN {of_large} THEN {batch} END",
    }
