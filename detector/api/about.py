"""The operations that tell about this installation: methods, version, and the schema of results."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, JsonResponse
from ninja import Router

from detector import __version__
from detector.inference.methods import METHODS
from detector.inference.results.schema import json_schema
from detector.inference.results.verdict import SCHEMA
from detector.installation import find_members, get_detector

from . import shapes
from .access import Anybody
from .bodies import check_query

router = Router(tags=["about"], auth=Anybody())

SCHEMA_KIND = "application/schema+json"
SCHEMA_CONTENT = {SCHEMA_KIND: {"schema": {"type": "object"}}}
SCHEMA_EXTRA = {"responses": {200: {"content": SCHEMA_CONTENT}}}


@router.get("/methods", response=shapes.Methods)
def get_methods(request: HttpRequest) -> dict[str, Any]:
    """The methods that look at a picture, and the networks of those that have several."""
    check_query(request)
    return {"items": [_describe(key) for key in METHODS]}


@router.get("/version", response=shapes.Version)
def get_version(request: HttpRequest) -> dict[str, Any]:
    """Which version answers now."""
    check_query(request)
    version = get_detector().version
    return {"version": version, "program": __version__, "result_schema": SCHEMA}


@router.get("/schema", openapi_extra=SCHEMA_EXTRA)
def get_schema(request: HttpRequest) -> JsonResponse:
    """The JSON Schema of a result."""
    check_query(request)
    return JsonResponse(json_schema(), content_type=SCHEMA_KIND)


def _describe(key: str) -> dict[str, Any]:
    method = METHODS[key]
    told = {name: getattr(method, name) for name in ("number", "name", "reads", "idea", "about")}
    return {"key": key, **told, "members": find_members(key)}
