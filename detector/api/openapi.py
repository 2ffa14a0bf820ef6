"""What the OpenAPI document says that the types of the operations do not: form, errors, result."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from ninja.openapi.schema import REF_TEMPLATE

from detector.inference.results.schema import json_schema
from detector.services.addresses import ADDRESS
from detector.web.errors import PROBLEM

from . import shapes

Json = dict[str, Any]

UUID_TEXT: Json = {"type": "string", "format": "uuid"}
FORM: Json = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["image"],
                    "additionalProperties": False,
                    "properties": {
                        "image": {
                            "description": "One file or several, each with its name.",
                            "type": "array",
                            "minItems": 1,
                            "items": {"type": "string", "format": "binary"},
                        },
                        "batch": UUID_TEXT | {"description": "The batch that they belong to."},
                        "callback_url": {
                            "type": "string",
                            "pattern": ADDRESS.pattern,
                            "description": "Where the end of each is told; needs a token.",
                        },
                        "stability": {
                            "enum": ["0", "1", "true", "false"],
                            "description": "Whether to ask if the result stays the same when the "
                            "picture is passed on.",
                        },
                    },
                },
            }
        },
    }
}
KEY_PARAMETER: Json = {
    "parameters": [
        {
            "in": "header",
            "name": "Idempotency-Key",
            "description": "The same key with the same content makes nothing twice.",
            "required": False,
            "schema": {"type": "string", "pattern": "^[ -~]{1,255}$"},
        }
    ]
}
_HEADER: Json = {"headers": {"Location": {"schema": {"type": "string", "format": "uri-reference"}}}}


def with_location(*statuses: int) -> Json:
    """The extra of an operation whose answers of these statuses name an address."""
    return {"responses": dict.fromkeys(statuses, _HEADER)}


# The errors of every operation, of those with a body or a path that names something, and of those
# that need a token which may write.
EVERYWHERE = (422, 429, 503)
WITH_TOKEN, WRITES, NAMES, SENDS = (401,), (403,), (404,), (400, 404, 409, 413, 415, 507)


def complete(document: Json) -> Json:
    """The document of the library with what it misses."""
    _add_schemas(document["components"]["schemas"])
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            _complete_operation(path, method, operation)
    return document


def text_of(kind: str, about: str) -> Json:
    """The extra of an operation that answers with a text of this content type."""
    content = {kind: {"schema": {"type": "string"}}}
    return {"responses": {200: {"description": about, "content": content}}}


def _add_schemas(schemas: Json) -> None:
    result = json_schema()
    names = result.pop("$defs")
    del result["$schema"]
    schemas["Result"] = _renamed(result) | {"title": "Result"}  # clients name a class so
    schemas.update({f"Result{name}": _renamed(each) for name, each in names.items()})
    reference = {"$ref": REF_TEMPLATE.format(model="Result")}
    schemas["Detection"]["properties"]["result"] = {"anyOf": [reference, {"type": "null"}]}
    problem = shapes.Problem.model_json_schema(ref_template=REF_TEMPLATE)
    schemas.update(problem.pop("$defs"))
    schemas["Problem"] = problem


def _renamed(value: Any) -> Any:
    """References to definitions of the result lead to their places in the document."""
    if isinstance(value, list):
        return [_renamed(each) for each in value]
    if not isinstance(value, dict):
        return value
    start, place = "#/$defs/", value.get("$ref")
    if isinstance(place, str) and place.startswith(start):
        return {"$ref": REF_TEMPLATE.format(model=f"Result{place.removeprefix(start)}")}
    return {name: _renamed(each) for name, each in value.items()}


def _complete_operation(path: str, method: str, operation: Json) -> None:
    for status in _errors(path, method, operation):
        content = {PROBLEM: {"schema": {"$ref": REF_TEMPLATE.format(model="Problem")}}}
        response = {"description": HTTPStatus(status).phrase, "content": content}
        operation["responses"].setdefault(status, response)
    if "Anybody" in str(operation.get("security")):
        del operation["security"]
    elif "security" in operation:
        operation["security"].append({})  # scripts of the same machine need none
    for parameter in operation.get("parameters", ()):
        parameter["schema"] = _without_null(parameter["schema"])


def _errors(path: str, method: str, operation: Json) -> list[int]:
    groups: list[tuple[int, ...]] = [EVERYWHERE]
    groups += [WITH_TOKEN] if "Token" in str(operation.get("security")) else []
    groups += [WRITES] if method != "get" else []
    groups += [NAMES] if "{" in path else []
    groups += [SENDS] if method == "post" else []
    return sorted({status for group in groups for status in group})


def _without_null(schema: Json) -> Json:
    """A parameter of the address may be left out, but not be null."""
    schema = {name: each for name, each in schema.items() if each is not None}
    kinds = [kind for kind in schema.get("anyOf", ()) if kind != {"type": "null"}]
    if len(kinds) != 1:
        return schema
    del schema["anyOf"]
    return {**schema, **kinds[0]}
