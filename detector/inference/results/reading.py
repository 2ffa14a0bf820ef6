"""From JSON back to the types of a result: each value is checked against its field's type."""

from __future__ import annotations

import math
import types
from collections.abc import Callable, Hashable, Mapping
from dataclasses import Field, fields
from functools import cache
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

T = TypeVar("T")
MAX_QUOTED = 60
# Marks a field of a dataclass that is not in the JSON.
PRIVATE = {"private": True}
# Marks a field that results of the same schema may lack, because it was added later.
ADDED = {"added": True}


class InvalidResult(ValueError):
    """The JSON is not a result; the message names the place, the value and what is accepted."""


def read(cls: type[T], data: Any, where: str = "result") -> T:
    """A dataclass from its JSON object, which also holds the fields that are derived from others.

    Raises `InvalidResult`.
    """
    if not isinstance(data, Mapping):
        raise _invalid(where, data, "an object")
    names = public_fields(cls)
    derived = getattr(cls, "DERIVED", ())
    if surplus := sorted(map(str, data.keys() - names.keys() - set(derived))):
        raise InvalidResult(f"{where} has the unknown field {surplus[0][:MAX_QUOTED]!r}.")
    if missing := [name for name in required_fields(cls) if name not in data]:
        raise InvalidResult(f"{where} has no field {missing[0]!r}.")
    hints, data = hints_of(cls), getattr(cls, "mend", dict)(data)
    values = {
        name: _value(hints[name], data[name], f"{where}.{name}") for name in names if name in data
    }
    try:
        return cls(**values)
    except ValueError as error:  # the type has rules of its own
        raise InvalidResult(f"{where}: {error}") from error


def public_fields(cls: type) -> dict[str, Field[Any]]:
    """The fields of a dataclass that are in the JSON, by name."""
    return {field.name: field for field in fields(cls) if not field.metadata.get("private")}


def required_fields(cls: type) -> list[str]:
    """The names of the fields without which the JSON of a dataclass is none."""
    return [name for name, field in public_fields(cls).items() if not field.metadata.get("added")]


def hints_of(cls: type) -> dict[str, Any]:
    """The types of the fields of a dataclass."""
    return _hints_of(cls)


@cache
def _hints_of(cls: Hashable) -> dict[str, Any]:
    return get_type_hints(cls)


def _value(kind: Any, value: Any, where: str) -> Any:
    origin = get_origin(kind)
    if origin in (Union, types.UnionType):
        return _optional(kind, value, where)
    if origin is Literal:
        if isinstance(value, str) and value in get_args(kind):
            return value
        raise _invalid(where, value, f"one of {', '.join(get_args(kind))}")
    if origin is tuple:
        return _list(get_args(kind)[0], value, where)
    if origin in (dict, Mapping):
        return _mapping(get_args(kind)[1], value, where)
    if kind is Any:
        return value
    return _scalar(kind, value, where) if kind in SCALARS else read(kind, value, where)


def _optional(kind: Any, value: Any, where: str) -> Any:
    """`kind` is a type or None."""
    inner = next(option for option in get_args(kind) if option is not type(None))
    return None if value is None else _value(inner, value, where)


def _list(kind: Any, value: Any, where: str) -> tuple[Any, ...]:
    if not isinstance(value, (list, tuple)):
        raise _invalid(where, value, "a list")
    return tuple(_value(kind, item, f"{where}[{place}]") for place, item in enumerate(value))


def _mapping(kind: Any, value: Any, where: str) -> dict[str, Any]:
    if not isinstance(value, Mapping) or not all(isinstance(key, str) for key in value):
        raise _invalid(where, value, "an object")
    return {key: _value(kind, item, f"{where}.{key[:MAX_QUOTED]}") for key, item in value.items()}


def _is_number(value: Any) -> bool:
    return type(value) in (int, float) and math.isfinite(value)


# What belongs there in words, and whether a value is one.
SCALARS: dict[type, tuple[str, Callable[[Any], bool]]] = {
    str: ("a text", lambda value: isinstance(value, str)),
    bool: ("true or false", lambda value: isinstance(value, bool)),
    int: ("a whole number", lambda value: type(value) is int),
    float: ("a number", _is_number),
}


def _scalar(kind: type, value: Any, where: str) -> Any:
    accepted_kind, is_valid = SCALARS[kind]
    if not is_valid(value):
        raise _invalid(where, value, accepted_kind)
    return float(value) if kind is float else value


def _invalid(where: str, value: Any, accepted_kind: str) -> InvalidResult:
    return InvalidResult(f"{where} is {repr(value)[:MAX_QUOTED]}; {accepted_kind} belongs there.")
