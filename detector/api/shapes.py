"""The objects of the API, as its OpenAPI document describes them."""

from __future__ import annotations

import uuid
from typing import Annotated, Any

from django.conf import settings
from ninja import Schema
from pydantic import AwareDatetime, BeforeValidator, ConfigDict, Field

from detector.inference.results.verdict import Label, Outcome
from detector.models.analysis import State
from detector.services.addresses import ADDRESS

from .pages import CURSOR

Moment = Annotated[str, Field(json_schema_extra={"format": "date-time"})]
Whole = Annotated[int, BeforeValidator(lambda n: int(n) if _is_whole(n) else n)]
LARGEST_BATCH = 10**9
DEFAULT_LIMIT, MOST = 50, 200


def _is_whole(number: object) -> bool:
    """Whether it is an integer in the sense of JSON Schema, which 3.0 is."""
    return isinstance(number, float) and number.is_integer()


class Fault(Schema):
    """Why there is no result; `status` is that of a request which asks for this one result."""

    status: int
    detail: str


class Detection(Schema):
    """An upload; `result` is null until it is done, an object of schema 1 afterwards."""

    id: uuid.UUID
    state: State
    filename: str
    created: Moment
    batch: uuid.UUID | None
    url: str
    result: dict[str, Any] | None
    error: Fault | None


class Detections(Schema):
    """What a form has made, in the order of its files."""

    items: list[Detection]


class Page(Schema):
    """A part of a list; `next` is the cursor of the next part, null at the end."""

    items: list[Detection]
    next: str | None


class Counts(Schema):
    queued: int
    running: int
    done: int
    failed: int


class Batch(Schema):
    """`finished`: nothing waits, and as many pictures were sent as `size` announced."""

    id: uuid.UUID
    name: str
    created: Moment
    size: int | None
    sent: int
    counts: Counts
    finished: bool
    url: str


class BatchPage(Batch):
    """A batch with a part of its detections, the oldest first."""

    items: list[Detection]
    next: str | None


class NewBatch(Schema):
    """A message about the end of a batch needs its `size`: the number of pictures to be sent."""

    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        json_schema_extra={"dependentRequired": {"callback_url": ["size"]}},
    )

    name: str = Field(min_length=1, max_length=200, pattern=r"^[^\x00]*$")
    size: Whole | None = Field(
        None, ge=1, le=LARGEST_BATCH, json_schema_extra={"minimum": 1, "maximum": LARGEST_BATCH}
    )
    callback_url: str | None = Field(None, json_schema_extra={"pattern": ADDRESS.pattern})


class FieldFault(Schema):
    field: str
    detail: str


class Problem(Schema):
    """RFC 9457; `errors` name the fields that are wrong."""

    type: str
    title: str
    status: int
    detail: str
    errors: list[FieldFault] = []


class Wait(Schema):
    """For how many seconds the answer may wait for the results."""

    wait: int = Field(0, ge=0, le=settings.API_WAIT_SECONDS)


class Part(Schema):
    """Which part of a list is wanted."""

    cursor: str | None = Field(None, json_schema_extra={"pattern": CURSOR.pattern})
    limit: int = Field(DEFAULT_LIMIT, ge=1, le=MOST)


class Filters(Part):
    """Which detections are wanted: those that fit everything."""

    label: Label | None = None
    outcome: Outcome | None = None
    since: AwareDatetime | None = None
    until: AwareDatetime | None = None
    batch: uuid.UUID | None = None


class Member(Schema):
    """A network of a method: where its weights come from."""

    title: str
    state: str
    source: str


class Method(Schema):
    key: str
    number: int
    name: str
    reads: str
    idea: str
    about: str
    members: list[Member]


class Methods(Schema):
    items: list[Method]


class Version(Schema):
    """`version` is that of every result; its parts tell program, code, weights and context."""

    version: str
    program: str
    result_schema: int
