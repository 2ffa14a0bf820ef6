"""Each detection becomes an upload of the same address; those of the same bytes share an analysis.

One that has pictures gives the analysis its id, which is the name of its pictures. The pictures of
the others belong to no row any more, and the sweep deletes them.
"""

from __future__ import annotations

from typing import Any

from django.db import migrations

COLUMNS = ("format", "width", "height", "size", "preview", "error_levels")
NAMELESS = {"id": None, "created": None}


def carry_over(apps, schema_editor) -> None:
    """One row at a time: a result may be large."""
    alias = schema_editor.connection.alias
    detections = apps.get_model("detector", "Detection").objects.using(alias)
    order = ("-preview", "-created_at")  # those with a preview first
    for pk in list(detections.order_by(*order).values_list("pk", flat=True)):
        _carry(apps, alias, detections.get(pk=pk))


def _carry(apps, alias, detection) -> None:
    analyses = apps.get_model("detector", "Analysis").objects.using(alias)
    key = {
        "sha256": detection.sha256,
        "version": detection.version,
        "scope": detection.owner,
        "with_stability": detection.result["verdict"].get("stability") is not None,
    }
    analysis = analyses.filter(**key).first()
    if analysis is None:
        analysis = analyses.create(**key, **_describe(detection))
    apps.get_model("detector", "Upload").objects.using(alias).create(
        pk=detection.pk,
        owner=detection.owner,
        created_at=detection.created_at,
        filename=detection.filename,
        with_pictures=bool(detection.preview),
        analysis=analysis,
    )


def _describe(detection) -> dict[str, Any]:
    result, verdict = detection.result, detection.result["verdict"]
    file = result["file"] and result["file"] | {"name": ""}
    return {
        "pk": detection.pk,
        "state": "done",
        "queued_at": detection.created_at,
        "finished_at": detection.created_at,
        "label": verdict["label"],
        "outcome": verdict["outcome"],
        "score": verdict["score"],
        "result": result | NAMELESS | {"file": file},
    } | {name: getattr(detection, name) for name in COLUMNS}


class Migration(migrations.Migration):
    dependencies = [("detector", "0004_upload_and_analysis")]

    operations = [migrations.RunPython(carry_over, migrations.RunPython.noop)]
