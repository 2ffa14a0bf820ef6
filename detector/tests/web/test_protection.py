"""What protects visitors and the site: headers, limits, reports, the door of the administration."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from axes.models import AccessAttempt
from django.contrib.auth.models import User
from django.contrib.auth.password_validation import validate_password
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from detector.models.refusals import FREE
from detector.sweep import sweep
from detector.tests.factories.processes import run_python
from detector.web.protection import HEADERS, UNUSED

pytestmark = pytest.mark.django_db

AFAR: dict[str, Any] = {"REMOTE_ADDR": "203.0.113.9"}
ELSEWHERE: dict[str, Any] = {"REMOTE_ADDR": "198.51.100.7"}


@pytest.fixture(autouse=True)
def nothing_counted() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


def test_who_posts_damaged_files_alone_has_to_wait_with_whatever_session() -> None:
    def post(number: int, where: dict[str, Any]) -> Any:
        file = SimpleUploadedFile("a.jpg", b"damaged %d" % number)
        return Client(**where).post("/", {"image": file})

    assert [post(number, AFAR).status_code for number in range(FREE + 1)] == [400] * (FREE + 1)
    answer = post(FREE + 1, AFAR)
    assert answer.status_code == 429 and int(answer.headers["Retry-After"]) >= 1
    assert "Your last files were all damaged" in answer.text
    assert post(FREE + 1, ELSEWHERE).status_code == 400


# Headers


@pytest.mark.slow
@pytest.mark.parametrize(
    "path", ["/", "/methods/", "/nowhere", "/static/css/base.css", "/healthz", "/api/v1/version"]
)
def test_every_answer_has_the_headers(client: Client, path: str) -> None:
    response = client.get(path)
    for name, value in HEADERS.items():
        assert response.headers[name] == value, name
    response.close()


def test_pages_are_kept_apart_from_others(client: Client) -> None:
    headers = client.get("/").headers
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    denied = headers["Permissions-Policy"].split(", ")
    assert {"camera=()", "microphone=()", "geolocation=()"} <= set(denied)
    assert len(denied) == len(UNUSED) == len(set(UNUSED))


@pytest.mark.slow
def test_behind_tls_browsers_never_come_without_it(client: Client, settings: Settings) -> None:
    settings.HTTPS = settings.SECURE_SSL_REDIRECT = True
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    settings.SECURE_HSTS_SECONDS = 31_536_000
    response = client.get("/", headers={"x-forwarded-proto": "https"})
    assert response.headers["Strict-Transport-Security"] == "max-age=31536000"
    response = client.get("/methods/")
    assert response.status_code == 301
    assert response.headers["Location"] == "https://testserver/methods/"
    assert client.get("/healthz").status_code == 200  # a probe comes from within


# Production settings

ASK = """
import django; django.setup()
from django.conf import settings as s
names = ("SESSION_COOKIE_SECURE CSRF_COOKIE_SECURE SECURE_SSL_REDIRECT SECURE_HSTS_SECONDS "
    "SESSION_COOKIE_HTTPONLY").split()
import json; print(json.dumps([getattr(s, name) for name in names]))
"""


@pytest.mark.slow
def test_the_deployment_check_is_clean_in_production_settings(tmp_path: Path) -> None:
    production = {"HTTPS": "true", "ALLOWED_HOSTS": "detector.example.org", "DEBUG": "false"}
    done = run_python(
        "manage.py", "check", "--deploy", "--fail-level", "WARNING",
        data_dir=tmp_path, **production,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "System check identified no issues" in done.stdout + done.stderr
    done = run_python("-c", ASK, data_dir=tmp_path, **production)
    assert json.loads(done.stdout) == [True, True, True, 31_536_000, True]
    assert (tmp_path / "secret_key").stat().st_mode & 0o777 == 0o600


# Reports of browsers


REPORTS = {
    "old": {"csp-report": {"violated-directive": "script-src-elem https://x", "blocked-uri": "u"}},
    "new": [
        {"type": "csp-violation", "body": {"effectiveDirective": "img-src", "blockedURL": "u"}}
    ],
}


@pytest.fixture
def said(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    caplog.set_level(logging.WARNING, "detector.web.views.policy_reports")
    return caplog


@pytest.mark.parametrize(("form", "directive"), [("old", "script-src-elem"), ("new", "img-src")])
def test_a_report_names_the_directive_and_nothing_else(
    client: Client, said: pytest.LogCaptureFixture, form: str, directive: str
) -> None:
    body = json.dumps(REPORTS[form])
    response = client.post("/csp-report", body, content_type="application/csp-report")
    assert response.status_code == 204
    assert [record.getMessage() for record in said.records] == [
        f"A browser reports a violation of the content policy: {directive}"
    ]


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"[1]", b'{"csp-report": 1}', b"[" * 9000, b"\xff",
             b'{"csp-report": {"violated-directive": "\\u001b[31m FORGED LINE"}}']
)  # fmt: skip
def test_what_is_no_report_writes_nothing(
    client: Client, said: pytest.LogCaptureFixture, body: bytes
) -> None:
    assert client.post("/csp-report", body, content_type="application/json").status_code == 204
    assert not said.records


def test_a_long_report_is_not_read(client: Client) -> None:
    response = client.post("/csp-report", b" " * 20_000, content_type="application/json")
    assert response.status_code == 413


# Limits


def post(client: Client, where: dict[str, Any], **headers: str) -> Any:
    return client.post(
        "/", {"image": SimpleUploadedFile("a.jpg", b"text")}, headers=headers, **where
    )


@pytest.mark.slow
def test_an_address_that_posts_too_much_is_told_when_to_come_back(
    settings: Settings, client: Client
) -> None:
    settings.PAGE_ADDRESS_RATE = 2
    answers = [post(Client(), AFAR) for _ in range(3)]  # each with a session of its own
    assert [answer.status_code for answer in answers] == [400, 400, 429]
    assert 1 <= int(answers[2].headers["Retry-After"]) <= 60
    assert "Too many requests" in answers[2].content.decode()
    assert post(Client(), ELSEWHERE).status_code == 400
    assert client.get("/", **AFAR).status_code == 200  # who only looks is not refused


def test_a_session_counts_for_itself_wherever_it_is(
    settings: Settings, client: Client, owner: object
) -> None:
    settings.PAGE_SESSION_RATE = 1
    assert [post(client, where).status_code for where in (AFAR, ELSEWHERE)] == [400, 429]


@pytest.mark.slow
def test_behind_a_proxy_the_visitors_are_counted_and_not_the_proxy(settings: Settings) -> None:
    settings.HTTPS, settings.PAGE_ADDRESS_RATE = True, 1
    said = [
        post(Client(), {"REMOTE_ADDR": "127.0.0.1"}, **{"x-forwarded-for": passed}).status_code
        for passed in ("192.0.2.1, 203.0.113.1", "192.0.2.2, 203.0.113.1", "203.0.113.2")
    ]
    assert said == [400, 429, 400]


@pytest.mark.slow
def test_programs_of_this_machine_are_not_counted(settings: Settings, client: Client) -> None:
    settings.PAGE_ADDRESS_RATE = 1
    assert [post(client, {}).status_code for _ in range(3)] == [400] * 3


# The administration


def log_in(where: dict[str, Any], password: str = "wrong", name: str = "root") -> int:
    form = {"username": name, "password": password}
    return Client().post("/admin/login/", form, **where).status_code


RIGHT = "correct horse battery"


def test_without_a_superuser_there_is_no_administration(client: Client) -> None:
    User.objects.create_user("somebody", is_staff=True)
    for path in ("/admin/", "/admin/login/", "/admin/nowhere/"):
        assert client.get(path).status_code == 404
    root = User.objects.create_superuser("root", password=RIGHT)
    assert client.get("/admin/").status_code == 302
    root.is_active = False
    root.save()
    assert client.get("/admin/login/").status_code == 404


@pytest.mark.slow
def test_who_guesses_passwords_is_locked_out_and_nobody_else(settings: Settings) -> None:
    User.objects.create_superuser("root", password=RIGHT)
    guesses = [log_in(AFAR, name=f"root{n}" if n % 2 else "root") for n in range(5)]
    assert guesses[:4] == [200] * 4 and guesses[4] == 429
    assert log_in(AFAR, RIGHT) == 429
    response = Client().post("/admin/login/", {"username": "root", "password": "x"}, **AFAR)
    assert response.headers["Retry-After"] == "900" and "Too many" in response.content.decode()
    assert log_in(ELSEWHERE, RIGHT) == 302
    # A network of IPv6 is one visitor.
    for number in range(5):
        log_in({"REMOTE_ADDR": f"2001:db8::{number + 1}"})
    assert log_in({"REMOTE_ADDR": "2001:db8::99"}, RIGHT) == 429
    AccessAttempt.objects.update(attempt_time=timezone.now() - timedelta(minutes=16))
    assert log_in(AFAR, RIGHT) == 302


def test_what_was_noted_of_attempts_is_swept() -> None:
    User.objects.create_superuser("root", password=RIGHT)
    log_in(AFAR)
    assert AccessAttempt.objects.count() == 1
    sweep()
    assert AccessAttempt.objects.count() == 1
    AccessAttempt.objects.update(attempt_time=timezone.now() - timedelta(minutes=16))
    sweep()
    assert not AccessAttempt.objects.exists()


@pytest.mark.parametrize(
    "password", ["short-1-Pass", "password1234", "123456789012345", "rootroot"]
)
def test_weak_passwords_are_refused(password: str) -> None:
    weak = password[:11]
    with pytest.raises(ValidationError):
        validate_password(weak, User(username="rootroot"))
    validate_password(RIGHT, User(username="root"))
