"""The words of a PDF, as the tests look for them."""

from __future__ import annotations

import io

import pypdf


def read_text(pdf: bytes) -> str:
    """The text of all pages, with single spaces between its words."""
    pages = pypdf.PdfReader(io.BytesIO(pdf)).pages
    return " ".join(" ".join(page.extract_text() for page in pages).split())
