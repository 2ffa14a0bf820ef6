"""Compressed pages. Pictures are compressed already, and static files have copies of their own.

A page that repeats what a visitor sends, beside a secret, could betray it by its length (BREACH).
The one secret in these pages is the token against forged posts, which Django masks anew each time;
and Django adds a random number of bytes.
"""

from __future__ import annotations

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware

TEXT = ("text/", "application/json", "application/jsonl", "application/problem+json")


class CompressText(GZipMiddleware):
    """Middleware: gzip for answers that are text, where the browser takes it."""

    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        if not response.headers.get("Content-Type", "").startswith(TEXT):
            return response
        compressed: HttpResponseBase = super().process_response(request, response)
        return compressed
