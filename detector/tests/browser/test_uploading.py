"""A picture is sent from a real browser: chosen, dropped, pasted, and without JavaScript."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest
from pytest_django.live_server_helper import LiveServer
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

from detector.tests.factories.browsing import (
    GIVE_FILE,
    PATIENCE,
    assert_result_is_complete,
    get_texts,
    next_page,
    upload,
    wait_for_result,
)

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_upload_gives_a_verdict_and_the_comparison(
    browser: webdriver.Chrome, live_server: LiveServer, picture: Path
):
    browser.get(live_server.url)
    upload(browser, picture)
    wait_for_result(browser)
    assert "Multi-Model Comparison Analysis" in get_texts(browser, "h2")
    assert_result_is_complete(browser)
    image = browser.find_element(By.CSS_SELECTOR, ".picture img")
    WebDriverWait(browser, PATIENCE).until(lambda _: image.get_property("naturalWidth") == 512)
    assert not [e for e in browser.get_log("browser") if "Content Security" in e["message"]]


def test_a_text_file_renamed_to_jpg_is_refused_with_a_sentence(
    browser: webdriver.Chrome, live_server: LiveServer, tmp_path: Path
):
    fake = tmp_path / "fake.jpg"
    fake.write_text("This is not a picture.")
    browser.get(live_server.url)
    upload(browser, fake)
    alert = next_page(browser).until(lambda b: b.find_element(By.CSS_SELECTOR, "[role=alert]").text)
    assert alert.endswith(".") and ("picture" in alert or "file" in alert)
    assert browser.find_element(By.CSS_SELECTOR, "main button[type=submit]").is_enabled()


@pytest.mark.parametrize(("kind", "selector"), [("drop", "[data-zone] label"), ("paste", "body")])
def test_a_dropped_or_pasted_picture_is_analysed_at_once(
    browser: webdriver.Chrome, live_server: LiveServer, jpeg: bytes, kind: str, selector: str
):
    browser.get(live_server.url)
    browser.execute_script(GIVE_FILE, selector, kind, base64.b64encode(jpeg).decode())
    wait_for_result(browser)
    assert_result_is_complete(browser)
    assert get_texts(browser, ".filename") == ["given.jpg"]


def test_the_page_shows_the_picture_and_that_it_is_busy(
    browser: webdriver.Chrome, live_server: LiveServer, picture: Path
):
    browser.get(live_server.url)
    # The page stays as it is while busy, so that it can be looked at.
    browser.execute_script("document.forms[0].addEventListener('submit', e => e.preventDefault())")
    browser.find_element(By.NAME, "image").send_keys(str(picture))
    preview = browser.find_element(By.CSS_SELECTOR, "[data-preview]")
    WebDriverWait(browser, PATIENCE).until(lambda _: preview.get_property("naturalWidth") == 512)
    button = browser.find_element(By.CSS_SELECTOR, "main button[type=submit]")
    button.click()
    assert not button.is_enabled() and button.text == "Analysing…"
    assert browser.find_element(By.CSS_SELECTOR, "[role=status]").text.startswith("Analysing")
    browser.execute_script("window.dispatchEvent(new PageTransitionEvent('pageshow'))")
    assert button.is_enabled() and button.text == "Analyse picture"


def test_too_large_a_file_is_refused_before_it_is_sent(
    browser: webdriver.Chrome, live_server: LiveServer, picture: Path, settings
):
    settings.MAX_UPLOAD_MB = 1
    browser.get(live_server.url)
    with picture.open("ab") as file:
        file.truncate(2**20 + 1)
    browser.find_element(By.NAME, "image").send_keys(str(picture))
    assert "At most 1 MB" in browser.find_element(By.CSS_SELECTOR, "[role=alert]").text
    assert browser.find_element(By.NAME, "image").get_property("value") == ""


def test_upload_works_without_javascript(
    browser: webdriver.Chrome, live_server: LiveServer, picture: Path
):
    browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    browser.get(live_server.url)
    assert not browser.find_element(By.CSS_SELECTOR, "[data-with-script]").is_displayed()
    upload(browser, picture)
    wait_for_result(browser)
    assert_result_is_complete(browser)
