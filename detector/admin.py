from __future__ import annotations

import json
from typing import TYPE_CHECKING

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from .models import Detection, DetectionQuerySet

if TYPE_CHECKING:  # at run time, Django's class takes no type
    ModelAdmin = admin.ModelAdmin[Detection]
else:
    ModelAdmin = admin.ModelAdmin


@admin.register(Detection)
class DetectionAdmin(ModelAdmin):
    """What was analysed, to read and delete; results are never edited. Pictures are not shown."""

    list_display = ["created_at", "label", "score", "format", "width", "height", "version"]
    date_hierarchy = "created_at"
    exclude = ["preview", "error_levels", "owner", "filename", "result"]
    readonly_fields = ["nameless_result"]

    @admin.display(description="Result")
    def nameless_result(self, obj: Detection) -> str:
        """The result without the name of the file, which is its owner's."""
        return json.dumps({key: value for key, value in obj.result.items() if key != "file"})

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Detection | None = None) -> bool:
        return False

    def delete_model(self, request: HttpRequest, obj: Detection) -> None:
        self.delete_queryset(request, Detection.objects.filter(pk=obj.pk))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Detection]) -> None:
        assert isinstance(queryset, DetectionQuerySet)
        queryset.delete_with_files()
