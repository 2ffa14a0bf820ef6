from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from .models import Analysis, Feedback, Upload

if TYPE_CHECKING:  # at run time, Django's class takes no type
    ModelAdmin = admin.ModelAdmin[Any]
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
    exclude = ["preview", "error_levels", "original", "scope", "result"]
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


@admin.register(Feedback)
class FeedbackAdmin(ModelAdmin):
    """What people said, to read and delete. `manage.py export_feedback` writes it to a folder."""

    list_display = ["created_at", "outcome", "truth", "right", "with_picture", "reason", "version"]
    list_filter = ["truth"]
    search_fields = ["=sha256"]
    search_help_text = "Digest (SHA-256) of a file, in full."
    sortable_by = ["created_at"]
    show_full_result_count = False
    exclude = ["upload", "picture"]

    @admin.display(description="Was it right?", boolean=True)
    def right(self, obj: Feedback) -> bool | None:
        return obj.was_right

    @admin.display(description="Picture kept", boolean=True)
    def with_picture(self, obj: Feedback) -> bool:
        return bool(obj.picture)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Feedback | None = None) -> bool:
        return False

    def delete_model(self, request: HttpRequest, obj: Feedback) -> None:
        Feedback.objects.filter(pk=obj.pk).delete_with_files()

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Feedback]) -> None:
        Feedback.objects.filter(pk__in=queryset.values("pk")).delete_with_files()
