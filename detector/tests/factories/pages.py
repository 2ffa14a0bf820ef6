"""What the tests of several rooms make: from test_pages."""

from __future__ import annotations

import re

from django.http import HttpResponse

INLINE = re.compile(r"<style|\sstyle=|\son[a-z]+=|<script(?![^>]*\ssrc=)", re.IGNORECASE)


def get_html(response: HttpResponse) -> str:
    return response.content.decode()


def assert_well_formed(html: str) -> None:
    assert html.count("<h1") == 1
    assert not INLINE.search(html)
    assert 'href="#main"' in html and 'id="main"' in html
    ids = re.findall(r'\sid="([^"]+)"', html)
    assert len(ids) == len(set(ids))
