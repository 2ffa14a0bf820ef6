"""Methods and API in a real browser."""

from __future__ import annotations

import pytest
from pytest_django.live_server_helper import LiveServer
from selenium import webdriver
from selenium.webdriver.common.by import By

from detector.inference.methods import METHODS
from detector.tests.factories.browsing import get_number, get_texts, next_page

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_the_page_of_the_methods_fits_a_phone(browser: webdriver.Chrome, live_server: LiveServer):
    phone = {"width": 390, "height": 844, "deviceScaleFactor": 1, "mobile": True}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", phone)
    browser.get(live_server.url)
    browser.find_element(By.LINK_TEXT, "Methods").click()
    next_page(browser).until(
        lambda b: b.current_url.endswith("/methods/") and b.find_elements(By.TAG_NAME, "footer")
    )
    for fold in browser.find_elements(By.TAG_NAME, "details"):
        browser.execute_script("arguments[0].open = true", fold)
    root = browser.find_element(By.TAG_NAME, "html")
    assert get_number(root, "scrollWidth") == get_number(root, "clientWidth") == 390
    tables = browser.find_elements(By.CSS_SELECTOR, ".scroll")
    assert any(get_number(t, "scrollWidth") > get_number(t, "clientWidth") for t in tables)
    titles = ["Verdict", *(spec.title for spec in METHODS.values())]
    assert get_texts(browser, ".method h2") == titles
    assert not [e for e in browser.get_log("browser") if "Content Security" in e["message"]]


def test_the_page_of_the_api_is_drawn_from_here_alone(
    browser: webdriver.Chrome, live_server: LiveServer
) -> None:
    browser.get(f"{live_server.url}/api/v1/docs")
    next_page(browser).until(lambda b: len(b.find_elements(By.CLASS_NAME, "opblock")) == 11)
    assert "OAS 3.1" in browser.find_element(By.CLASS_NAME, "info").text
    # Its policy has let everything through, and nothing was asked for elsewhere.
    assert [
        entry for entry in browser.get_log("browser") if "favicon" not in entry["message"]
    ] == []
    places = browser.execute_script(
        "return performance.getEntriesByType('resource').map((entry) => entry.name)"
    )
    assert places and all(place.startswith((live_server.url, "data:")) for place in places)
