"""Who may ask to be told the end of something, and where to; services do the telling."""

from __future__ import annotations

import pytest

from detector.models import Batch, Delivery, Upload
from detector.tests.factories.asking import Asker

pytestmark = pytest.mark.django_db

URL = "https://hooks.example/a"


def test_each_picture_and_each_batch_has_a_message(afar: Asker, jpeg: bytes) -> None:
    afar.send(jpeg, b"x", callback_url=URL)
    afar.post_json("batches", {"name": "a", "size": 2, "callback_url": URL})
    afar.send(jpeg)
    deliveries = Delivery.objects.all()
    assert {delivery.url for delivery in deliveries} == {URL} and len(deliveries) == 3
    assert {d.upload_id for d in deliveries} < {None, *Upload.objects.values_list("pk", flat=True)}
    assert [d.batch_id for d in deliveries if d.batch_id] == [Batch.objects.get().pk]


@pytest.mark.parametrize("url", ["http://hooks.example/", "https://127.0.0.1/", "nothing"])
def test_an_address_that_is_refused_takes_nothing_in(afar: Asker, jpeg: bytes, url: str) -> None:
    for response in (
        afar.send(jpeg, callback_url=url),
        afar.post_json("batches", {"name": "a", "size": 1, "callback_url": url}),
    ):
        assert response.status_code == 422
        assert [each["field"] for each in response.json()["errors"]] == ["callback_url"]
    assert not Upload.objects.exists() and not Batch.objects.exists()


def test_without_a_token_there_is_no_secret_to_sign_with(asker: Asker, jpeg: bytes) -> None:
    assert asker.send(jpeg, callback_url=URL).status_code == 403
    assert not Upload.objects.exists()


def test_a_batch_that_may_go_on_for_ever_has_no_end_to_tell(afar: Asker) -> None:
    response = afar.post_json("batches", {"name": "a", "callback_url": URL})
    assert [each["field"] for each in response.json()["errors"]] == ["size"]
