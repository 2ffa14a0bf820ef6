from __future__ import annotations

import json
from typing import TYPE_CHECKING

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from .models import Analysis, Upload

if TYPE_CHECKING:  # at run time, Django's class takes no type
    ModelAdmin = admin.ModelAdmin[Analysis]
else:
    ModelAdmin = admin.ModelAdmin


@admin.register(Analysis)
class AnalysisAdmin(ModelAdmin):
    """What was analysed, to read and delete; results are never edited. Pictures are not shown."""

    list_display = [
        "queued_at",
        "state",
        "outcome",
        "score",
        "format",
        "width",
        "height",
        "version",
    ]
    list_filter = ["state", "outcome", "version"]
    date_hierarchy = "queued_at"
    exclude = ["preview", "error_levels", "thumbnail", "likeness", "original", "scope", "result"]
    readonly_fields = ["nameless_result"]

    @admin.display(description="Result")
    def nameless_result(self, obj: Analysis) -> str:
        """The result without the name of the file, which is its owner's."""
        result = obj.result or {}
        return json.dumps({key: value for key, value in result.items() if key != "file"})

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Analysis | None = None) -> bool:
        return False

    def delete_model(self, request: HttpRequest, obj: Analysis) -> None:
        self.delete_queryset(request, Analysis.objects.filter(pk=obj.pk))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Analysis]) -> None:
        Upload.objects.filter(analysis__in=queryset).delete_with_files()
