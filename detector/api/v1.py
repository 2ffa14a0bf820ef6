"""The API, version 1: OpenAPI 3.1 at /api/v1/openapi.json, a page to try it at /api/v1/docs."""

from __future__ import annotations

from typing import Any

from ninja import NinjaAPI, Swagger
from ninja.openapi.schema import OpenAPISchema
from ninja.operation import Operation

from detector import __version__
from detector.services.describing import NAMESPACE

from . import about, batches, detections, problems
from .bodies import StrictParser
from .openapi import complete

ABOUT = (
    "Send pictures, get the evidence of four methods about whether an AI made them. The result is "
    "the object that `manage.py detect` prints. Errors are `application/problem+json` (RFC 9457)."
)


class Api(NinjaAPI):
    def get_openapi_schema(self, **options: Any) -> OpenAPISchema:
        document = super().get_openapi_schema(**options)
        complete(document)
        return document

    def get_openapi_operation_id(self, operation: Operation) -> str:
        return operation.view_func.__name__


api = Api(
    title="AI Image Detector",
    version=__version__,
    description=ABOUT,
    urls_namespace=NAMESPACE,
    parser=StrictParser(),
    docs=Swagger(settings={"validatorUrl": None, "persistAuthorization": False}),
)
problems.register(api)
api.add_router("/detections", detections.router)
api.add_router("/batches", batches.router)
api.add_router("", about.router)
