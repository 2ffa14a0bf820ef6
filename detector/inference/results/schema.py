"""The JSON Schema of a result, made from its types, so that both always agree."""

from __future__ import annotations

import types
from collections.abc import Mapping
from dataclasses import is_dataclass
from typing import Any, Literal, Union, get_args, get_origin

from .reading import SCALARS, hints_of, public_fields, required_fields
from .verdict import SCHEMA, TOP, Verdict

DIALECT = "https://json-schema.org/draft/2020-12/schema"
TYPES = {str: "string", bool: "boolean", int: "integer", float: "number"}
# The types of fields that are computed from other fields, by name.
DERIVED: dict[str, Any] = {"text": str, "lean": Literal["ai", "real"] | None}

Schema = dict[str, Any]

PROBABILITY: Schema = {"type": "number", "minimum": 0, "maximum": 1}
# The fields that have a range, whatever type they belong to.
RANGES: dict[str, Schema] = {"score": {"anyOf": [PROBABILITY, {"type": "null"}]}}


def json_schema() -> Schema:
    """The schema of `Verdict.to_dict()`, with a definition for each type of which it is made."""
    definitions: dict[str, Schema] = {}
    fields = _properties(Verdict, definitions)
    top = {name: fields.pop(name) for name in TOP}
    required = [name for name in required_fields(Verdict) if name not in TOP]
    verdict = _object(fields, _about(Verdict)) | {"required": required}
    return {
        "$schema": DIALECT,
        "title": f"Result of the AI image detector, schema {SCHEMA}",
        **_object({"schema": {"const": SCHEMA}, **top, "verdict": verdict}, ""),
        "$defs": definitions,
    }


def _object(properties: Schema, about: str) -> Schema:
    described = {"description": about} if about else {}
    return described | {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _properties(cls: type, definitions: dict[str, Schema]) -> Schema:
    hints = hints_of(cls)
    kinds = {name: hints[name] for name in public_fields(cls)}
    kinds |= {name: DERIVED[name] for name in getattr(cls, "DERIVED", ())}
    schemas = {name: _of(kind, definitions) for name, kind in kinds.items()}
    return schemas | {name: RANGES[name] for name in RANGES.keys() & schemas.keys()}


def _of(kind: Any, definitions: dict[str, Schema]) -> Schema:
    origin, inner = get_origin(kind), get_args(kind)
    if origin in (Union, types.UnionType):
        option_kind = next(option for option in inner if option is not type(None))
        return {"anyOf": [_of(option_kind, definitions), {"type": "null"}]}
    if origin is Literal:
        return {"enum": list(inner)}
    if origin is tuple:
        return {"type": "array", "items": _of(inner[0], definitions)}
    if origin in (dict, Mapping):
        return {"type": "object", "additionalProperties": _of(inner[1], definitions)}
    if kind in SCALARS:
        return {"type": TYPES[kind]}
    return _reference(kind, definitions) if is_dataclass(kind) else {}


def _reference(kind: Any, definitions: dict[str, Schema]) -> Schema:
    if kind.__name__ not in definitions:
        definitions[kind.__name__] = {}  # before its contents, because a type may contain itself
        schema = _object(_properties(kind, definitions), _about(kind))
        definitions[kind.__name__] = schema
    return {"$ref": f"#/$defs/{kind.__name__}"}


def _about(kind: type) -> str:
    """The description of a type, in one line."""
    return " ".join((kind.__doc__ or "").split())
