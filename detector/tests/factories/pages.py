"""Pages as the tests read them: their HTML, and whether it is well-formed."""

from __future__ import annotations

import re
from typing import Any, Protocol

INLINE = re.compile(r"<style|\sstyle=|\son[a-z]+=|<script(?![^>]*\ssrc=)", re.IGNORECASE)


# What the client of the tests answers; its class has no public name.
Response = Any


class Page(Protocol):
    """A response of a view, of the test client or of neither: it has a body."""

    @property
    def content(self) -> bytes: ...


def get_html(response: Page) -> str:
    return response.content.decode()


def assert_well_formed(html: str) -> None:
    assert html.count("<h1") == 1
    assert not INLINE.search(html)
    assert 'href="#main"' in html and 'id="main"' in html
    ids = re.findall(r'\sid="([^"]+)"', html)
    assert len(ids) == len(set(ids))
