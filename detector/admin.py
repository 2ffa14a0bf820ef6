"""The admin: what is there, to read and delete. It counts and looks up no more than it must.

At a million rows a count or a list of the values of a column takes seconds, so pages are counted up
to a limit, filters know their values, and nothing is sorted without an index.
"""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any, get_args

from django.contrib import admin
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.functional import cached_property

from .inference.results.verdict import Outcome
from .models import Analysis, ApiToken, Batch, Delivery, Feedback, Upload

if TYPE_CHECKING:  # at run time, Django's classes take no type
    ModelAdmin = admin.ModelAdmin[Any]
    LimitedPaginator = Paginator[Any]
else:
    ModelAdmin = admin.ModelAdmin
    LimitedPaginator = Paginator

# Rows that are counted, and can be leafed through; filters find what is older.
MOST_ROWS = 10_000
PERIODS = {"hour": timedelta(hours=1), "day": timedelta(days=1), "week": timedelta(days=7)}


class BoundedPaginator(LimitedPaginator):
    """Counts up to MOST_ROWS."""

    @cached_property
    def count(self) -> int:
        rows = self.object_list
        return rows.order_by()[:MOST_ROWS].count() if isinstance(rows, QuerySet) else len(rows)


class Period(admin.SimpleListFilter):
    """Rows of the last hour, day or week, by the column in `column`."""

    title, parameter_name, column = "time", "time", ""

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(name, f"Last {name}") for name in PERIODS]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        period = PERIODS.get(self.value() or "")
        since = timezone.now() - period if period else None
        return queryset.filter(**{f"{self.column}__gte": since}) if since else queryset


class QueuedAt(Period):
    column = "queued_at"


class CreatedAt(Period):
    column = "created_at"


class OutcomeFilter(admin.SimpleListFilter):
    title, parameter_name = "outcome", "outcome"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(outcome, outcome.replace("_", " ")) for outcome in get_args(Outcome)]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(outcome=self.value()) if self.value() else queryset


class Arrival(admin.SimpleListFilter):
    """Whether a message waits, has arrived or was given up."""

    title, parameter_name = "state", "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("waits", "Waits"), ("arrived", "Arrived"), ("given_up", "Given up")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        ended = queryset.filter(ended_at__isnull=False)
        states = {
            "waits": queryset.filter(ended_at__isnull=True),
            "arrived": ended.filter(error=""),
            "given_up": ended.exclude(error=""),
        }
        return states.get(self.value() or "", queryset)


class ReadOnly(ModelAdmin):
    """Rows to read: nothing is added or changed here, and deleted where that is said."""

    paginator = BoundedPaginator
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    list_per_page = 50

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class Kept(ReadOnly):
    """Rows that go by themselves, with their results."""

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Analysis)
class AnalysisAdmin(ReadOnly):
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
    list_filter = ["state", OutcomeFilter, QueuedAt]
    search_fields = ["=sha256", "=id"]
    search_help_text = "Digest (SHA-256) of a file, or id of an analysis, in full."
    sortable_by = ["queued_at", "score"]
    exclude = ["preview", "error_levels", "thumbnail", "likeness", "original", "scope", "result"]
    readonly_fields = ["nameless_result"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).defer("result")  # 14 kB a row, which no list shows

    @admin.display(description="Result")
    def nameless_result(self, obj: Analysis) -> str:
        """The result without the name of the file, which is its owner's."""
        result = obj.result or {}
        return json.dumps({key: value for key, value in result.items() if key != "file"})

    def delete_model(self, request: HttpRequest, obj: Analysis) -> None:
        self.delete_queryset(request, Analysis.objects.filter(pk=obj.pk))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Analysis]) -> None:
        Upload.objects.filter(analysis__in=queryset).delete_with_files()


@admin.register(Batch)
class BatchAdmin(Kept):
    """Batches; how far one is stands on its own page."""

    list_display = ["created_at", "name", "size", "sent", "owner"]
    list_filter = [CreatedAt]
    search_fields = ["=id", "=owner"]
    search_help_text = "Id of a batch, or of its owner, in full."
    sortable_by = ["created_at"]
    readonly_fields = ["states"]

    @admin.display(description="Pictures in each state")
    def states(self, obj: Batch) -> str:
        return ", ".join(f"{state}: {count:,}" for state, count in obj.count_states().items())


@admin.register(ApiToken)
class ApiTokenAdmin(Kept):
    """Tokens without their digests. A new one is made by `manage.py create_api_token`."""

    list_display = ["name", "scope", "created_at", "owner"]
    list_filter = ["scope"]
    search_fields = ["name"]
    exclude = ["digest"]
    actions = ["revoke"]

    @admin.action(description="Revoke the chosen tokens, and delete their messages")
    def revoke(self, request: HttpRequest, queryset: QuerySet[ApiToken]) -> None:
        """Whoever has one of them is refused from now on; their uploads stay until they expire."""
        names = ", ".join(queryset.values_list("name", flat=True))
        queryset.delete()
        self.message_user(request, f"Revoked: {names}.")


@admin.register(Delivery)
class DeliveryAdmin(Kept):
    """Messages to the servers of others: which wait, have arrived or were given up."""

    list_display = ["token", "url", "attempts", "next_at", "ended_at", "error"]
    list_filter = [Arrival]
    list_select_related = ["token"]
    search_fields = ["=id"]
    search_help_text = "Id of a message (`webhook-id`), in full."
    # As the index is: those that wait first.
    ordering = ["-ended_at", "-next_at"]
    sortable_by = ()
    fields = ["token", "url", "upload_id", "batch_id", "attempts", "next_at", "ended_at", "error"]
    readonly_fields = ["upload_id", "batch_id"]


@admin.register(Feedback)
class FeedbackAdmin(ReadOnly):
    """What people said, to read and delete. `manage.py export_feedback` writes it to a folder."""

    list_display = ["created_at", "outcome", "truth", "right", "with_picture", "reason", "version"]
    list_filter = ["truth", OutcomeFilter, CreatedAt]
    search_fields = ["=sha256"]
    search_help_text = "Digest (SHA-256) of a file, in full."
    sortable_by = ["created_at"]
    exclude = ["upload", "picture"]

    @admin.display(description="Was it right?", boolean=True)
    def right(self, obj: Feedback) -> bool | None:
        return obj.was_right

    @admin.display(description="Picture kept", boolean=True)
    def with_picture(self, obj: Feedback) -> bool:
        return bool(obj.picture)

    def delete_model(self, request: HttpRequest, obj: Feedback) -> None:
        Feedback.objects.filter(pk=obj.pk).delete_with_files()

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Feedback]) -> None:
        Feedback.objects.filter(pk__in=queryset.values("pk")).delete_with_files()
