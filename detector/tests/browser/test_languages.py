"""The choice of a language, long words on a phone, and a page from right to left."""

from __future__ import annotations

import pytest
from pytest_django.fixtures import Settings
from pytest_django.live_server_helper import LiveServer
from selenium import webdriver
from selenium.webdriver.common.by import By

from detector.tests.factories.browsing import UNFOLD, get_number, get_texts, next_page, set_screen

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def width_beyond_screen(browser: webdriver.Chrome) -> int:
    root = browser.find_element(By.TAG_NAME, "html")
    return get_number(root, "scrollWidth") - get_number(root, "clientWidth")


def test_a_visitor_chooses_a_language_and_keeps_it(
    browser: webdriver.Chrome, live_server: LiveServer
) -> None:
    browser.get(f"{live_server.url}/methods/")
    assert get_texts(browser, "h1") == ["How the detector decides, and how often it is wrong"]
    browser.find_element(By.CSS_SELECTOR, ".languages [value=de]").click()
    next_page(browser).until(
        lambda b: b.find_element(By.TAG_NAME, "html").get_attribute("lang") == "de"
    )
    assert browser.current_url.endswith("/methods/")
    assert get_texts(browser, "h1") == ["Wie der Detektor entscheidet und wie oft er irrt"]
    browser.get(f"{live_server.url}/nowhere/")
    assert get_texts(browser, "h1") == ["Diese Seite gibt es nicht"]
    assert get_texts(browser, ".languages [aria-current]") == ["Deutsch"]


@pytest.mark.parametrize("language", ["de", "fi"])
def test_long_words_stay_on_a_phone(explained: webdriver.Chrome, language: str) -> None:
    set_screen(explained, 390)
    explained.get(f"{explained.current_url}?language={language}")
    next_page(explained).until(lambda b: b.find_elements(By.TAG_NAME, "footer"))
    explained.execute_script(UNFOLD)
    assert width_beyond_screen(explained) == 0
    for button in explained.find_elements(By.CSS_SELECTOR, ".actions .button"):
        assert get_number(button, "scrollWidth") <= get_number(button, "clientWidth"), button.text


@pytest.mark.parametrize("width", [390, 1280])
def test_a_page_from_right_to_left_keeps_its_layout(
    explained: webdriver.Chrome, settings: Settings, width: int
) -> None:
    settings.LANGUAGES = [*settings.LANGUAGES, ("ar", "العربية")]
    set_screen(explained, width)
    explained.get(f"{explained.current_url}?language=ar")
    next_page(explained).until(lambda b: b.find_elements(By.TAG_NAME, "footer"))
    assert explained.find_element(By.TAG_NAME, "html").get_attribute("dir") == "rtl"
    assert width_beyond_screen(explained) == 0
    mark = explained.find_element(By.CSS_SELECTOR, ".wordmark").rect
    assert mark["x"] + mark["width"] > width / 2
