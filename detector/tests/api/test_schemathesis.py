"""What the OpenAPI document promises, asked for with many requests that a program makes up."""

from __future__ import annotations

from collections.abc import Callable

import hypothesis
import pytest
import schemathesis
from django.core.wsgi import get_wsgi_application
from hypothesis import HealthCheck
from pytest_django import Settings
from schemathesis import GenerationMode

from detector.models import IdempotencyKey
from detector.tests.factories.asking import V1, Asker

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

# With the kinds of requests that can be made up: where nothing is asked, nothing can be wrong.
RIGHT, WRONG = GenerationMode.POSITIVE, GenerationMode.NEGATIVE
OPERATIONS = [
    ("POST", "detections", (RIGHT, WRONG)),
    ("GET", "detections", (RIGHT, WRONG)),
    ("GET", "detections/{id}", (RIGHT,)),
    ("DELETE", "detections/{id}", (RIGHT,)),
    ("POST", "batches", (RIGHT, WRONG)),
    ("GET", "batches/{id}", (RIGHT, WRONG)),
    ("GET", "batches/{id}.csv", (RIGHT,)),
    ("GET", "batches/{id}.jsonl", (RIGHT,)),
    ("GET", "methods", (RIGHT,)),
    ("GET", "version", (RIGHT,)),
    ("GET", "schema", (RIGHT,)),
]
CASES = [(method, path, mode) for method, path, modes in OPERATIONS for mode in modes]


@pytest.fixture
def document(settings: Settings) -> schemathesis.BaseSchema:
    """The document as the application gives it, which answers in this process."""
    settings.API_ADDRESS_RATE = settings.API_TOKEN_RATE = 10**6
    return schemathesis.openapi.from_wsgi(f"{V1}openapi.json", get_wsgi_application())


@pytest.fixture
def token(make_token: Callable[..., str]) -> str:
    return make_token()


def call(case: schemathesis.Case, token: str) -> schemathesis.Response:
    return case.call_and_validate(
        headers={"Authorization": f"Bearer {token}", "Accept-Encoding": "identity"}
    )


def is_sent(case: schemathesis.Case) -> bool:
    """Whether all fields reach the server: a form has no way to send an empty list or nothing.

    A field that is empty counts as one that is left out, as pages send it.
    """
    fields = case.body.values() if isinstance(case.body, dict) else ()
    return all(value not in ([], {}, None, "") for value in fields)


@pytest.mark.parametrize(("method", "path", "mode"), CASES)
def test_every_answer_is_as_the_document_says(
    document: schemathesis.BaseSchema, token: str, method: str, path: str, mode: GenerationMode
) -> None:
    @hypothesis.given(case=document[V1 + path][method].as_strategy(mode))
    @hypothesis.settings(
        max_examples=12,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    def ask(case: schemathesis.Case) -> None:
        hypothesis.assume(is_sent(case))
        # Another case may have had this key for other content, which is rightly refused.
        IdempotencyKey.objects.all().delete()
        call(case, token)

    ask()


def test_what_is_there_is_described_too(
    document: schemathesis.BaseSchema, token: str, jpeg: bytes
) -> None:
    """Ids that are made up lead nowhere; these lead to a result, a failure and a batch."""
    asker = Asker(token)
    batch = asker.make_batch()
    items = asker.send(jpeg, b"text", batch=batch).json()["items"]
    places = [("detections/{id}", item["id"]) for item in items]
    places += [(f"batches/{{id}}{suffix}", batch) for suffix in ("", ".csv", ".jsonl")]
    for path, pk in places:
        case = document[V1 + path]["GET"].Case(path_parameters={"id": pk})
        assert call(case, token).status_code == 200
    listed = document[f"{V1}detections"]["GET"].Case(query={"limit": 1})
    assert len(call(listed, token).json()["items"]) == 1
