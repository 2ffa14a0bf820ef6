"""What a request to /api/v1/ fails with, and its answer: `application/problem+json` (RFC 9457)."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from django.core.exceptions import (
    ObjectDoesNotExist,
    RequestDataTooBig,
    SuspiciousOperation,
    TooManyFieldsSent,
    TooManyFilesSent,
)
from django.http import Http404, HttpRequest, HttpResponse, UnreadablePostError
from django.http.multipartparser import MultiPartParserError
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError

from detector.inference.images import ImageError
from detector.web.errors import MAX_QUOTED, PROBLEM, make_problem, mark_refusal

Field = dict[str, str]
# A form or a body that cannot be read.
UNREADABLE = (MultiPartParserError, TooManyFieldsSent, TooManyFilesSent, UnreadablePostError)
# The words of Pydantic that would tell a stranger less than these.
WORDS = {"missing": "is missing", "extra_forbidden": "is not known here"}
MAX_NAMED = 10


class Problem(Exception):
    """A request that is refused; `fields` name what is wrong with which field."""

    def __init__(
        self,
        status: int,
        sentence: str,
        fields: Sequence[Field] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(sentence)
        self.status, self.sentence = status, sentence
        self.fields, self.headers = list(fields)[:MAX_NAMED], dict(headers or {})


def field_error(name: str, why: str) -> Field:
    return {"field": name[:MAX_QUOTED], "detail": why}


def wrong_fields(fields: Sequence[Field]) -> Problem:
    """The problem of a request with these faults."""
    faults = "; ".join(f"'{each['field']}' {each['detail']}" for each in fields[:MAX_NAMED])
    return Problem(422, f"{faults}.", fields)


def answer(problem: Problem) -> HttpResponse:
    body = make_problem(problem.status, problem.sentence, problem.fields)
    return HttpResponse(
        json.dumps(body), content_type=PROBLEM, status=problem.status, headers=problem.headers
    )


def register(api: NinjaAPI) -> None:
    """Let the API answer with problems whatever its operations raise."""
    handlers: dict[type[Exception], Any] = {
        Problem: lambda error: error,
        HttpError: _from_ninja,
        ValidationError: _from_validation,
        Http404: _not_there,
        ObjectDoesNotExist: _not_there,  # deleted meanwhile
        RequestDataTooBig: lambda error: Problem(413, "The fields of the request are too large."),
        SuspiciousOperation: _from_unreadable,
        **dict.fromkeys(UNREADABLE, _from_unreadable),
    }
    for kind, translate in handlers.items():
        api.add_exception_handler(kind, _handler(translate))
    image_handler: Any = _answer_image_error
    api.add_exception_handler(ImageError, image_handler)


def _handler(translate: Any) -> Any:
    return lambda request, error: answer(translate(error))


def _not_there(error: Exception) -> Problem:
    return Problem(404, "There is no such thing here, or it is another's.")


def _from_unreadable(error: Exception) -> Problem:
    return Problem(400, f"The body cannot be read ({str(error).rstrip('.')}).")


def _from_ninja(error: HttpError) -> Problem:
    """The library hides in a sentence of its own what reading a body has raised."""
    cause = error.__cause__
    if isinstance(cause, Problem):
        return cause
    if isinstance(cause, ValueError):
        return Problem(400, f"The body is no JSON: {cause}.")
    return Problem(error.status_code, str(error))


def _from_validation(error: ValidationError) -> Problem:
    """Each field is named by its place below the parameter of the operation that holds it."""
    return wrong_fields([_name(each) for each in error.errors])


def _name(error: dict[str, Any]) -> Field:
    place = [str(part) for part in error["loc"][1:] if part != "payload"]
    why = WORDS.get(error["type"], f"is refused: {error['msg']}")
    return field_error(".".join(place) or "body", why)


def _answer_image_error(request: HttpRequest, error: ImageError) -> HttpResponse:
    """A file that is refused, or too many that wait."""
    response = mark_refusal(HttpResponse(content_type=PROBLEM), error)
    response.content = json.dumps(make_problem(response.status_code, str(error)))
    return response
