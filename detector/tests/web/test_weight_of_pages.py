"""How much a visitor loads: little, from here alone, compressed, and only once."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command
from django.http import FileResponse, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.templatetags.static import static
from django.test import Client, RequestFactory
from pytest_django import Settings

from detector.tests.factories.pages import Response, get_html
from detector.web.compression import CompressText

MOST = 60 * 1024  # bytes of the home page with all that it loads, compressed
ASSETS = re.compile(r'(?:src|href)="(/static/[^"#]+)')
EXTERNAL = re.compile(r'(?:src|action|href)="(?:https?:)?//')


@pytest.mark.django_db
def test_the_home_page_is_light_and_all_of_it_comes_from_here(client: Client) -> None:
    html = get_html(client.get("/"))
    assert not EXTERNAL.search(html)
    files = {settings.BASE_DIR / path.lstrip("/") for path in ASSETS.findall(html)}
    assert len(files) > 6
    sizes = [len(gzip.compress(data)) for data in [html.encode(), *map(Path.read_bytes, files)]]
    assert sum(sizes) <= MOST


@pytest.mark.slow
def test_static_files_have_names_with_a_digest_once_they_are_collected(
    settings: Settings, tmp_path: Path
) -> None:
    assert static("css/base.css") == "/static/css/base.css"
    settings.STATIC_ROOT = tmp_path
    call_command("collectstatic", interactive=False, verbosity=0)
    assert re.search(r"/base\.[0-9a-f]{12}\.css$", static("css/base.css"))
    assert list(tmp_path.glob("css/base.*.css.gz"))


def compress(response: HttpResponseBase) -> Response:
    request = RequestFactory().get("/", headers={"Accept-Encoding": "gzip"})
    return CompressText(lambda _: response)(request)


def test_text_is_compressed_and_pictures_are_not() -> None:
    text = compress(HttpResponse("word " * 1000))
    assert text.headers["Content-Encoding"] == "gzip" and len(text.content) < 500
    assert compress(JsonResponse({"word": "word " * 1000})).headers["Content-Encoding"] == "gzip"
    picture = FileResponse(iter([bytes(5000)]), content_type="image/webp")
    assert "Content-Encoding" not in compress(picture).headers
