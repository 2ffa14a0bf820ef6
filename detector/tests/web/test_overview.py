"""The overview for staff, and the list of what people said."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.core.files.base import ContentFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from detector import __version__
from detector.models import Analysis, Feedback, Priority, State, Upload
from detector.tests.factories.pages import get_html
from detector.web.presenters.overview import MOST_ERRORS

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


@pytest.fixture
def staff(client: Client) -> Client:
    client.force_login(User.objects.create_superuser("operator"))
    return client


def add(count: int, state: State, priority: Priority = Priority.INTERACTIVE) -> None:
    rows = [
        Analysis(sha256=f"{n:064x}", version=state, scope=uuid.uuid4(), size=1, state=state,
                 priority=priority, error=f"Error {n} of {priority.label}." * (state == "failed"))
        for n in range(count)
    ]  # fmt: skip
    Analysis.objects.bulk_create(rows)


def get_page(client: Client) -> str:
    return get_html(client.get("/admin/overview/"))


def test_nobody_but_staff_sees_it(client: Client):
    assert client.get("/admin/overview/").status_code == 404  # there is no administration yet
    User.objects.create_superuser("operator")
    assert client.get("/admin/overview/").status_code == 302
    client.force_login(User.objects.create_user("guest"))
    assert client.get("/admin/overview/").status_code == 302


def test_it_tells_queue_errors_disk_and_versions(staff: Client):
    add(3, State.QUEUED)
    add(2, State.QUEUED, Priority.BULK)
    add(1, State.RUNNING)
    add(1, State.FAILED, Priority.BULK)
    html = get_page(staff)
    assert "Queue: 1 under way" in html
    assert ">3</td>" in html and ">2</td>" in html
    assert "Error 0 of Bulk." in html and "Free on it" in html
    assert __version__ in html and "openvino" in html
    assert "No worker has given a sign of life." in html


def test_the_admin_leads_to_it(staff: Client):
    assert "/admin/overview/" in get_html(staff.get("/admin/"))


def test_more_rows_ask_no_more_of_the_database(staff: Client, monkeypatch: pytest.MonkeyPatch):
    # Its answers are kept for a second, and are not about rows.
    monkeypatch.setattr("detector.web.presenters.overview.find_health", tuple)
    add(2, State.FAILED)
    with CaptureQueriesContext(connection) as before:
        get_page(staff)
    add(300, State.FAILED, Priority.BULK)
    with CaptureQueriesContext(connection) as after:
        html = get_page(staff)
    assert len(before) == len(after) and html.count("Error ") == MOST_ERRORS
    failed = [query["sql"] for query in after if '"error"' in query["sql"]]
    assert failed and all("LIMIT" in sql and '"result"' not in sql for sql in failed)


def test_the_errors_come_from_the_index(staff: Client):
    rows = Analysis.objects.filter(state=State.FAILED, priority=Priority.BULK)
    assert "analysis_queue" in rows.order_by("-queued_at")[:5].explain()


def test_what_people_said_is_listed_and_deleted_with_its_picture(
    staff: Client, make_upload: Callable[..., Upload], media: Path
):
    row = Feedback(truth="real", reason="I took it.", outcome="ai", sha256="a" * 64, version="1")
    row.picture.save("", ContentFile(b"x"), save=False)
    row.upload = make_upload()
    row.save()
    listed = get_html(staff.get(reverse("admin:detector_feedback_changelist")))
    assert "I took it." in listed
    assert staff.get(reverse("admin:detector_feedback_change", args=[row.pk])).status_code == 200
    chosen = {"action": "delete_selected", "_selected_action": str(row.pk), "post": "yes"}
    staff.post(reverse("admin:detector_feedback_changelist"), chosen)
    assert not Feedback.objects.exists() and not list(media.glob("feedback/*"))
