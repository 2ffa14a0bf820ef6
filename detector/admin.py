from django.contrib import admin

from .models import Detection


@admin.register(Detection)
class DetectionAdmin(admin.ModelAdmin):
    """What was analysed, to read and delete; results are never edited. Pictures are not shown."""

    list_display = ["created_at", "label", "score", "format", "width", "height", "version"]
    date_hierarchy = "created_at"
    exclude = ["preview", "error_levels", "owner", "filename"]

    def has_add_permission(self, request) -> bool:
        return False

    def has_change_permission(self, request, obj=None) -> bool:
        return False

    def delete_model(self, request, obj: Detection) -> None:
        self.delete_queryset(request, Detection.objects.filter(pk=obj.pk))

    def delete_queryset(self, request, queryset) -> None:
        queryset.delete_with_files()
