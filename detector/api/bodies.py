"""Reads what is sent to the API, and names each field that is missing, unknown, or there twice."""

from __future__ import annotations

import json
import uuid
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest
from django.utils.datastructures import MultiValueDict
from ninja.parser import Parser

from detector.inference.images import say_too_large
from detector.installation import get_limits
from detector.web.errors import MAX_QUOTED

from .problems import Field, Problem, field_error, wrong_fields

IMAGE, BATCH, CALLBACK, STABILITY = "image", "batch", "callback_url", "stability"
TEXTS = (BATCH, CALLBACK, STABILITY)
MULTIPART, JSON = "multipart/form-data", "application/json"
YES, NO = ("1", "true"), ("0", "false")


@dataclass(frozen=True)
class Form:
    """The form of POST detections."""

    images: list[UploadedFile[Any]]
    batch: uuid.UUID | None
    callback_url: str
    stability: bool


def read_form(request: HttpRequest) -> Form:
    """Raises `Problem` for a form that is none, or is wrong."""
    _check_kind(request, MULTIPART)
    texts, files = request.POST, request.FILES
    if faults := list(_find_faults(texts, files)):
        raise wrong_fields(faults)
    images = files.getlist(IMAGE)
    _check_sizes(images)
    return Form(
        images,
        uuid.UUID(texts[BATCH]) if BATCH in texts else None,
        str(texts.get(CALLBACK, "")),
        texts.get(STABILITY, "0") in YES,
    )


def _find_faults(texts: MultiValueDict[str, Any], files: MultiValueDict[str, Any]) -> list[Field]:
    faults = [field_error(name, "is not known here") for name in _unknown(texts, files)]
    if IMAGE in texts:
        faults.append(field_error(IMAGE, "is text and no file, which has a file name"))
    elif IMAGE not in files:
        faults.append(field_error(IMAGE, "is missing"))
    faults += [field_error(name, "is a file and no text") for name in TEXTS if name in files]
    counts = {name: len(texts.getlist(name)) for name in TEXTS}
    faults += [_second(name, times) for name, times in counts.items() if times > 1]
    return faults + _find_bad_values(texts)


def _unknown(*fields: Iterable[str]) -> list[str]:
    return [name for some in fields for name in some if name not in (IMAGE, *TEXTS)]


def _second(name: str, times: int) -> Field:
    return field_error(name, f"is there {times} times; once is accepted")


def _find_bad_values(texts: MultiValueDict[str, Any]) -> list[Field]:
    faults = []
    wish, batch = texts.get(STABILITY, "0"), texts.get(BATCH)
    if wish not in YES + NO:
        said = f"is {wish[:MAX_QUOTED]!r}; accepted are {', '.join(NO + YES)}"
        faults.append(field_error(STABILITY, said))
    if batch is not None and not _is_uuid(batch):
        faults.append(field_error(BATCH, f"is {batch[:MAX_QUOTED]!r} and no id of a batch"))
    return faults


def _is_uuid(text: str) -> bool:
    try:
        return str(uuid.UUID(text)) == text.lower()
    except ValueError:
        return False


def _check_sizes(images: list[UploadedFile[Any]]) -> None:
    limits = get_limits()
    for image in images:
        if image.size is not None and image.size > limits.max_bytes:
            raise Problem(413, say_too_large(image.size, limits))


def _check_kind(request: HttpRequest, wanted: str) -> None:
    """Raises `Problem` (415) for a body of another kind."""
    if request.content_type != wanted:
        kind = (request.content_type or "of no stated kind")[:MAX_QUOTED]
        raise Problem(415, f"The body is {kind}; accepted is {wanted}.", headers={"Accept": wanted})


class StrictParser(Parser):
    """Reads JSON in which no name stands twice, and no number is none."""

    def parse_body(self, request: HttpRequest) -> Any:
        _check_kind(request, JSON)
        return json.loads(request.body, object_pairs_hook=_once, parse_constant=_refuse_constant)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    times = Counter(name for name, _ in pairs)
    if second := [_second(name, count) for name, count in times.items() if count > 1]:
        raise wrong_fields(second)
    return dict(pairs)


def _refuse_constant(name: str) -> float:
    raise ValueError(f"{name} is no number of JSON")


def check_query(request: HttpRequest, *names: str) -> None:
    """Raises `Problem` for parameters of the address that are not these, or stand there twice."""
    query = request.GET
    faults = [field_error(name, "is not known here") for name in query if name not in names]
    counts = {name: len(query.getlist(name)) for name in names}
    faults += [_second(name, times) for name, times in counts.items() if times > 1]
    if faults:
        raise wrong_fields(faults)
