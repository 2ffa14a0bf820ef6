"""The admin of batches, tokens and messages: filters and lists that a million rows do not slow."""

from __future__ import annotations

import re
import uuid
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from detector import admin as own
from detector.models import Analysis, ApiToken, Batch, Delivery, State

pytestmark = pytest.mark.django_db

NAMES = ("analysis", "batch", "apitoken", "delivery")


@pytest.fixture
def admin() -> Client:
    client = Client()
    client.force_login(User.objects.create_superuser("root", password="x"))
    return client


@pytest.fixture
def token() -> ApiToken:
    return ApiToken.objects.create(name="press", digest="d" * 64)


@pytest.fixture
def rows(token: ApiToken) -> None:
    """Three analyses, two batches, and a message that waits, one that came and one given up."""
    now = timezone.now()
    ApiToken.objects.create(name="jury", digest="e" * 64, scope="read")
    for number, outcome in enumerate(("ai", "no_sign", "ai")):
        values = {"sha256": f"{number}" * 64, "scope": uuid.uuid4(), "size": 1, "outcome": outcome}
        old = now - timedelta(days=30 * number)
        Analysis.objects.create(version="1+a", state=State.DONE, queued_at=old, **values)
    for number in range(2):
        batch = Batch.objects.create(owner=token.owner, name=f"batch {number}", size=3)
        for error in ("", "No route."):
            ended = now if number else None
            about = {"token": token, "batch": batch, "error": error if number else ""}
            Delivery.objects.create(url=f"https://h/{number}{error}", ended_at=ended, **about)


def show(admin: Client, name: str, **query: str) -> str:
    answer = admin.get(reverse(f"admin:detector_{name}_changelist"), query)
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.mark.slow
@pytest.mark.usefixtures("rows")
@pytest.mark.parametrize(
    ("name", "query", "wanted", "unwanted"),
    [
        ("analysis", {"outcome": "ai"}, "2 analyses", ""),
        ("analysis", {"outcome": "ai", "time": "week"}, "1 analysis", ""),
        ("analysis", {"q": "1" * 64}, "1 result", ""),
        ("analysis", {"state__exact": "failed"}, "0 analyses", ""),
        ("batch", {"time": "hour"}, "2 batches", ""),
        ("delivery", {"state": "waits"}, "https://h/0", "https://h/1"),
        ("delivery", {"state": "arrived"}, "https://h/1<", "No route"),
        ("delivery", {"state": "given_up"}, "No route", "https://h/0"),
        ("apitoken", {"scope__exact": "write"}, "press", "dddd"),
    ],
)
def test_filters_find_what_they_say(
    admin: Client, name: str, query: dict[str, str], wanted: str, unwanted: str
) -> None:
    html = show(admin, name, **query)
    assert wanted in html and (not unwanted or unwanted not in html)


@pytest.mark.slow
@pytest.mark.usefixtures("rows")
@pytest.mark.parametrize("name", NAMES)
def test_a_list_asks_for_no_count_of_all_and_for_no_values_of_a_column(
    admin: Client, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(own.ReadOnly, "list_per_page", 1)  # else all rows are on one page
    with CaptureQueriesContext(connection) as queries:
        show(admin, name)
    of_table = [each["sql"] for each in queries if f"detector_{name}" in each["sql"]]
    assert of_table and len(of_table) <= 3
    for sql in of_table:
        assert "DISTINCT" not in sql and "MIN(" not in sql
        assert "LIMIT" in sql, "nothing reads or counts a table as a whole"
        assert '"result"' not in sql, "14 kB a row"


@pytest.mark.slow
@pytest.mark.usefixtures("rows")
def test_a_list_is_read_along_an_index(admin: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """SQLite says so of the very statements that the pages run."""
    monkeypatch.setattr(own.ReadOnly, "list_per_page", 1)
    for name in ("analysis", "batch", "delivery"):
        with CaptureQueriesContext(connection) as queries:
            show(admin, name)
        lists = [one["sql"] for one in queries if re.search(r"ORDER BY .* LIMIT", one["sql"])]
        for sql in lists:
            if f"detector_{name}" in sql:
                with connection.cursor() as cursor:
                    cursor.execute(f"EXPLAIN QUERY PLAN {sql}")
                    plan = " ".join(row[3] for row in cursor.fetchall())
                assert "USING INDEX" in plan and "TEMP B-TREE FOR ORDER BY" not in plan, plan


@pytest.mark.usefixtures("rows")
def test_what_is_counted_ends(admin: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(own, "MOST_ROWS", 2)
    assert "2 analyses" in show(admin, "analysis")


@pytest.mark.usefixtures("rows")
def test_the_page_of_a_batch_says_how_far_it_is(admin: Client) -> None:
    page = reverse("admin:detector_batch_change", args=[Batch.objects.all()[0].pk])
    html = admin.get(page).content.decode()
    assert "queued: 0, running: 0, done: 0, failed: 0" in html and 'name="_save"' not in html


@pytest.mark.usefixtures("rows")
def test_a_token_is_revoked_with_its_messages_and_its_digest_is_never_shown(
    admin: Client, token: ApiToken
) -> None:
    page = reverse("admin:detector_apitoken_change", args=[token.pk])
    assert token.digest not in admin.get(page).content.decode()
    chosen = {"action": "revoke", "_selected_action": [str(token.pk)]}
    answer = admin.post(reverse("admin:detector_apitoken_changelist"), chosen, follow=True)
    assert "Revoked: press." in answer.content.decode()
    assert ApiToken.objects.get().name == "jury" and not Delivery.objects.exists()
    assert Batch.objects.count() == 2


@pytest.mark.slow
@pytest.mark.usefixtures("rows")
@pytest.mark.parametrize("name", ["batch", "apitoken", "delivery"])
def test_nothing_is_added_changed_or_deleted(admin: Client, name: str) -> None:
    rows = {"batch": Batch.objects, "apitoken": ApiToken.objects, "delivery": Delivery.objects}
    pk = rows[name].values_list("pk", flat=True)[0]
    page = reverse(f"admin:detector_{name}_change", args=[pk])
    assert admin.get(page).status_code == 200
    assert admin.post(page, {"name": "mine"}).status_code == 403
    assert admin.get(reverse(f"admin:detector_{name}_add")).status_code == 403
    assert admin.post(reverse(f"admin:detector_{name}_delete", args=[pk])).status_code == 403
