"""Every page in light and in dark by axe-core, at every width, with large text, by keyboard."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from pytest_django import Settings
from selenium import webdriver
from selenium.webdriver.common.keys import Keys

from detector.tests.factories.browsing import (
    UNFOLD,
    get_complaints,
    get_texts,
    next_page,
    set_screen,
)
from detector.tests.factories.desk import PAGES, STATES, Desk

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]

AXE = (Path(__file__).parent / "vendor" / "axe.min.js").read_text("utf-8")
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
RUN = """
const done = arguments[arguments.length - 1];
const part = document.querySelector(arguments[1]);
axe.run(part, { runOnly: arguments[0] }).then((found) => done(found.violations));
"""
ALL = [*PAGES, *STATES]
Visit = Callable[[str], webdriver.Chrome]


def set_scheme(browser: webdriver.Chrome, scheme: str) -> None:
    features = [{"name": "prefers-color-scheme", "value": scheme}]
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})


def assert_no_rule_is_broken(browser: webdriver.Chrome, part: str = "html") -> None:
    """By axe-core, in light and in dark, with everything unfolded, within a part of the page."""
    browser.execute_script(UNFOLD)
    for scheme in ("light", "dark"):
        set_scheme(browser, scheme)
        browser.execute_script(AXE)
        assert name_problems(browser.execute_async_script(RUN, TAGS, part)) == []


def name_problems(violations: list[dict[str, Any]]) -> list[str]:
    """Each rule that is broken, with the first element that breaks it."""
    return [
        f"{one['id']}: {one['help']} ({one['nodes'][0]['html'][:200]}: "
        f"{one['nodes'][0]['failureSummary'][:300]})"
        for one in violations
    ]


@pytest.mark.parametrize("page", ALL)
def test_no_page_breaks_a_rule_of_wcag(visit: Visit, desk: Desk, page: str) -> None:
    assert_no_rule_is_broken(browser := visit(desk.find(page)))
    get_complaints(browser)


@pytest.mark.parametrize("page", ["index", "history", "compare", "feedback"])
def test_no_answer_to_a_form_breaks_a_rule_of_wcag(visit: Visit, desk: Desk, page: str) -> None:
    """Each form is sent as it is, empty, as a browser without its own checks would."""
    browser = visit(desk.find(page))
    browser.execute_script("document.querySelector('main form[enctype]').submit()")
    next_page(browser).until(
        lambda b: get_texts(b, "main [role=alert]") and b.find_elements("tag name", "footer")
    )
    assert_no_rule_is_broken(browser)
    get_complaints(browser)


def test_the_overview_of_operators_breaks_no_rule_of_wcag(
    visit: Visit, desk: Desk, client: Client, settings: Settings
) -> None:
    client.force_login(User.objects.create_superuser("operator"))
    browser, name = visit("/help/"), settings.SESSION_COOKIE_NAME
    browser.add_cookie({"name": name, "value": client.cookies[name].value})
    visit("/admin/overview/")
    next_page(browser).until(lambda b: "Overview" in get_texts(b, "h1"))
    assert_no_rule_is_broken(browser, "#content")  # around it are Django's own pages


# 320 pixels are a screen of 1280 at a zoom of 400 %.
@pytest.mark.parametrize("width", [320, 360, 768, 1280, 2560])
def test_no_page_scrolls_sideways(visit: Visit, desk: Desk, width: int) -> None:
    browser = visit("/help/")
    set_screen(browser, width)
    too_wide = []
    for page in ALL:
        visit(desk.find(page))
        browser.execute_script(UNFOLD)
        wide = browser.execute_script("return document.documentElement.scrollWidth")
        too_wide += [(page, wide)] if wide > width else []
    assert too_wide == []
    get_complaints(browser)


def test_text_of_twice_the_size_fits_a_phone(visit: Visit, desk: Desk) -> None:
    browser = visit("/help/")
    set_screen(browser, 390)
    too_wide = []
    for page in ALL:
        visit(desk.find(page))
        browser.execute_script("document.documentElement.style.fontSize = '200%'")
        wide = browser.execute_script("return document.documentElement.scrollWidth")
        too_wide += [(page, wide)] if wide > 390 else []
    assert too_wide == []
    get_complaints(browser)


# The keyboard

# What takes the focus, and whether it shows: an input that is drawn over its label shows it there.
WATCH = """
window.stops = [];
const isMarked = (element) => getComputedStyle(element).outlineStyle !== "none";
document.addEventListener("focusin", ({ target }) => {
  const label = target.closest("label");
  stops.push({ target, shows: isMarked(target) || Boolean(label && isMarked(label)) });
});
"""
# Of a group of radio buttons one is a stop; a page that scrolls sideways within a box has the box.
REACH = """
const all = "a[href], button, input, select, textarea, summary, [tabindex='0']";
const name = (element) => element.outerHTML.slice(0, 150);
const reached = new Set(stops.map((stop) => stop.target));
const stands = (element) => element.checkVisibility({ visibilityProperty: true })
  && !element.disabled && element.type !== "hidden" && element.type !== "radio";
const stops_to_be = [...document.querySelectorAll(all)].filter(stands);
const missed = stops_to_be.filter((each) => !reached.has(each));
return [missed.map(name), stops.filter((stop) => !stop.shows).map((stop) => name(stop.target))];
"""


def press_tab_until_all_is_reached(browser: webdriver.Chrome) -> tuple[list[str], list[str]]:
    """What Tab has missed, and what does not show that it has the focus.

    It is not pressed once more than needed: after the last stop the focus leaves the page for the
    window, and while both pass it on, a busy machine is between two states.
    """
    next_page(browser).until(lambda b: b.execute_script("return document.hasFocus()"))
    browser.execute_script(UNFOLD + WATCH)
    missed, unseen = browser.execute_script(REACH)
    left = browser.execute_script("return document.querySelectorAll('*').length")
    while missed and left > 0:
        # So many stops are ahead at least, so these cannot pass the last one.
        webdriver.ActionChains(browser).send_keys(Keys.TAB * len(missed)).perform()
        left -= len(missed)
        missed, unseen = browser.execute_script(REACH)
    return missed, unseen


@pytest.mark.parametrize("page", ALL)
def test_every_link_button_and_field_is_reached_by_keyboard(
    visit: Visit, desk: Desk, page: str
) -> None:
    assert press_tab_until_all_is_reached(visit(desk.find(page))) == ([], [])


def test_the_first_stop_of_the_keyboard_skips_to_the_content(visit: Visit) -> None:
    browser = visit("/")
    browser.execute_script("window.stays = true")
    webdriver.ActionChains(browser).send_keys(Keys.TAB).send_keys(Keys.ENTER).perform()
    next_page(browser).until(lambda b: b.switch_to.active_element.get_property("id") == "main")
    # A page that starts anew loses the focus, and what was typed or is being sent.
    assert browser.execute_script("return window.stays")


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
