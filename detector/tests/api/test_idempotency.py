"""The same request, sent again with the same key, makes nothing twice."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django import Settings

from detector.models import Batch, IdempotencyKey, Upload
from detector.sweep import sweep
from detector.tests.factories.asking import Asker

pytestmark = pytest.mark.django_db

KEY = {"Idempotency-Key": "order-7"}


@pytest.mark.slow
def test_the_same_form_has_the_same_answer(asker: Asker, jpeg: bytes) -> None:
    first, second = (asker.send(jpeg, b"x", headers=KEY) for _ in range(2))
    assert (first.status_code, first.json()) == (second.status_code, second.json())
    assert Upload.objects.count() == 2
    asker.send(jpeg, b"x", headers={"Idempotency-Key": "order-8"}), asker.send(jpeg, b"x")
    assert Upload.objects.count() == 6


def test_the_same_batch_is_made_once(asker: Asker) -> None:
    first, second = (asker.post_json("batches", {"name": "a"}, KEY) for _ in range(2))
    assert first.status_code == second.status_code == 201 and first.json() == second.json()
    assert Batch.objects.count() == 1


def test_a_key_of_another_content_is_refused(asker: Asker, jpeg: bytes) -> None:
    asker.send(jpeg, headers=KEY)
    others = [
        asker.send(b"x", headers=KEY),
        asker.send(jpeg, jpeg, headers=KEY),
        asker.send(jpeg, stability="1", headers=KEY),
        asker.post_json("batches", {"name": "a"}, KEY),
    ]
    for response in others:
        assert response.status_code == 422
        assert response.json()["errors"][0]["field"] == "Idempotency-Key"
    assert Upload.objects.count() == 1 and not Batch.objects.exists()


@pytest.mark.slow
def test_two_tokens_may_use_the_same_key(asker: Asker, afar: Asker, jpeg: bytes) -> None:
    assert asker.send(jpeg, headers=KEY).json() != afar.send(jpeg, headers=KEY).json()


def test_while_the_first_is_at_work_the_second_is_told_to_come_back(
    asker: Asker, jpeg: bytes
) -> None:
    asker.send(jpeg, headers=KEY)
    IdempotencyKey.objects.update(made=None)
    response = asker.send(jpeg, headers=KEY)
    assert response.status_code == 409 and response.headers["Retry-After"] == "5"
    # The process of the first one was killed.
    IdempotencyKey.objects.update(created_at=timezone.now() - timedelta(minutes=11))
    assert asker.send(jpeg, headers=KEY).status_code == 200


def test_a_request_that_failed_leaves_its_key_free(
    asker: Asker, jpeg: bytes, settings: Settings
) -> None:
    settings.ANALYSIS_ENGINE, settings.ANALYSIS_QUEUE = "EMBEDDED", 1
    asker.send(b"first")
    assert asker.send(jpeg, headers=KEY).status_code == 503
    settings.ANALYSIS_QUEUE = 4
    assert asker.send(jpeg, headers=KEY).status_code == 202


def test_what_was_deleted_comes_back_by_no_key(asker: Asker, jpeg: bytes) -> None:
    asker.delete(asker.send(jpeg, headers=KEY).headers["Location"])
    assert asker.send(jpeg, headers=KEY).status_code == 404
    assert not Upload.objects.exists()


def test_a_key_is_kept_as_long_as_results(asker: Asker, jpeg: bytes) -> None:
    asker.send(jpeg, headers=KEY)
    day = timezone.now() - timedelta(hours=23)
    IdempotencyKey.objects.update(created_at=day)
    sweep()
    assert IdempotencyKey.objects.exists()
    IdempotencyKey.objects.update(created_at=day - timedelta(hours=2))
    sweep()
    assert not IdempotencyKey.objects.exists()


@pytest.mark.parametrize("key", ["", "x" * 256, "caf\xe9"])
def test_a_key_that_is_none_is_refused(asker: Asker, jpeg: bytes, key: str) -> None:
    response = asker.send(jpeg, headers={"Idempotency-Key": key})
    assert response.status_code == 400 and "1 to 255" in response.json()["detail"]
