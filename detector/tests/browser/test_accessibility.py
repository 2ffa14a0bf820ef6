"""Every page in light and in dark by axe-core, at every width, and with large text."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from selenium import webdriver
from selenium.webdriver.common.keys import Keys

from detector.inference.results import Verdict
from detector.models import Analysis, Batch, Upload
from detector.tests.factories.browsing import get_complaints, set_screen
from detector.tests.factories.explained import EXPLAINED, MOVES

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]

AXE = (Path(__file__).parent / "vendor" / "axe.min.js").read_text("utf-8")
TAGS = ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]
RUN = """
const done = arguments[arguments.length - 1];
axe.run(document, { runOnly: arguments[0] }).then((found) => done(found.violations));
"""
OPEN = "document.querySelectorAll('details').forEach((fold) => { fold.open = true });"
PAGES = [
    "/",
    "/history/",
    "/methods/",
    "/help/",
    "/privacy/",
    "/nowhere",
    "result",
    "waiting",
    "batch",
    "sheet",
]
Visit = Callable[[str], webdriver.Chrome]


@pytest.fixture
def addresses(
    make_upload: Callable[..., Upload], verdict: Callable[..., Verdict], owner: uuid.UUID
) -> dict[str, str]:
    """Pages that need rows: a result with all charts, one that waits, a batch of all states."""
    explained = make_upload(verdict(methods=EXPLAINED, contributions=MOVES))
    waiting, failed = make_upload(filename="waits.jpg"), make_upload(filename="fails.jpg")
    Analysis.objects.filter(uploads=waiting).update(state="queued", finished_at=None)
    Analysis.objects.filter(uploads=failed).update(state="failed", error="It is damaged.")
    batch = Batch.objects.create(owner=owner, name="Desk", size=5, sent=3)
    Upload.objects.update(batch=batch)
    page = f"/batches/{batch.pk}/"
    return {
        "result": explained.get_absolute_url(),
        "waiting": waiting.get_absolute_url(),
        "batch": page,
        "sheet": f"{page}?view=sheet",
    }


def set_scheme(browser: webdriver.Chrome, scheme: str) -> None:
    features = [{"name": "prefers-color-scheme", "value": scheme}]
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})


def name_problems(violations: list[dict[str, Any]]) -> list[str]:
    """Each rule that is broken, with the first element that breaks it."""
    return [
        f"{one['id']}: {one['help']} ({one['nodes'][0]['html'][:200]}: "
        f"{one['nodes'][0]['failureSummary'][:300]})"
        for one in violations
    ]


@pytest.mark.parametrize("page", PAGES)
def test_no_page_breaks_a_rule_of_wcag(visit: Visit, addresses: dict[str, str], page: str) -> None:
    browser = visit(addresses.get(page, page))
    browser.execute_script(OPEN)
    for scheme in ("light", "dark"):
        set_scheme(browser, scheme)
        browser.execute_script(AXE)
        assert name_problems(browser.execute_async_script(RUN, TAGS)) == []
    get_complaints(browser)


# 320 pixels are a screen of 1280 at a zoom of 400 %.
@pytest.mark.parametrize("width", [320, 360, 768, 1280, 2560])
def test_no_page_scrolls_sideways(visit: Visit, addresses: dict[str, str], width: int) -> None:
    browser = visit("/help/")
    set_screen(browser, width)
    too_wide = []
    for page in PAGES:
        visit(addresses.get(page, page))
        browser.execute_script(OPEN)
        wide = browser.execute_script("return document.documentElement.scrollWidth")
        too_wide += [(page, wide)] if wide > width else []
    assert too_wide == []
    get_complaints(browser)


def test_text_of_twice_the_size_fits_a_phone(visit: Visit, addresses: dict[str, str]) -> None:
    browser = visit("/help/")
    set_screen(browser, 390)
    too_wide = []
    for page in PAGES:
        visit(addresses.get(page, page))
        browser.execute_script("document.documentElement.style.fontSize = '200%'")
        wide = browser.execute_script("return document.documentElement.scrollWidth")
        too_wide += [(page, wide)] if wide > 390 else []
    assert too_wide == []
    get_complaints(browser)


def test_the_first_stop_of_the_keyboard_skips_to_the_content(visit: Visit) -> None:
    browser = visit("/")
    webdriver.ActionChains(browser).send_keys(Keys.TAB).send_keys(Keys.ENTER).perform()
    assert browser.switch_to.active_element.get_property("id") == "main"


def test_nothing_moves_for_those_who_asked_for_that(visit: Visit) -> None:
    browser = visit("/")
    features = [{"name": "prefers-reduced-motion", "value": "reduce"}]
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
    moving = (
        "return [...document.querySelectorAll('*')].filter((element) => { const style = "
        "getComputedStyle(element); return style.animationName !== 'none' || "
        "parseFloat(style.transitionDuration) > 0 }).length"
    )
    assert browser.execute_script(moving) == 0
