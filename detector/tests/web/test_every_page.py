"""Every route of the site: which of them answer a page, and that each page is well-formed."""

from __future__ import annotations

import pytest
from django.test import Client

from detector.tests.factories.desk import PAGES, ROUTES, STATES, Desk
from detector.tests.factories.pages import Response, assert_well_formed, get_html

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


def is_page(response: Response) -> bool:
    """Whether it is a whole page of HTML; a fragment for a script is none."""
    is_html = response.headers.get("Content-Type", "").startswith("text/html")
    return response.status_code == 200 and is_html and "<html" in get_html(response)


@pytest.mark.parametrize("route", ROUTES)
def test_the_list_of_pages_has_every_route_that_answers_one(
    client: Client, desk: Desk, route: str
) -> None:
    """Else neither axe-core nor the tests of widths and of the keyboard would see that page."""
    response: Response = client.get(desk.find(route))
    assert response.status_code in (200, 302, 405), route
    assert is_page(response) == (route in PAGES)


@pytest.mark.parametrize("page", [*PAGES, *STATES])
def test_every_page_is_well_formed(client: Client, desk: Desk, page: str) -> None:
    html = get_html(client.get(desk.find(page)))
    assert_well_formed(html)
    assert "</html>" in html
