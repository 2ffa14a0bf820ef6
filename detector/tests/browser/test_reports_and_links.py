"""Report, link and feedback in a real browser, with and without JavaScript."""

from __future__ import annotations

import base64
import io
from pathlib import Path

import pypdf
import pytest
from pytest_django.live_server_helper import LiveServer
from selenium import webdriver
from selenium.webdriver.common.by import By

from detector.models import Feedback, Share
from detector.tests.factories.browsing import (
    FETCH,
    get_complaints,
    get_texts,
    next_page,
    set_screen,
)
from detector.tests.factories.pages_of_pdf import read_text

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]

PAGES = ("Report and PDF", "Share", "Ask the maker", "Was this right?")


def follow(browser: webdriver.Chrome, link: str) -> None:
    """Follow a link of the page by its text, and wait until the next page is whole."""
    before = browser.current_url
    browser.find_element(By.LINK_TEXT, link).click()
    next_page(browser).until(
        lambda b: b.current_url != before and b.find_elements(By.TAG_NAME, "footer")
    )


def press(browser: webdriver.Chrome, button: str, then: str) -> None:
    """Press a button of the page, and wait until the page says `then`."""
    path = f"//main//button[starts-with(normalize-space(), {button!r})]"
    browser.find_element(By.XPATH, path).click()
    next_page(browser).until(lambda b: then in b.find_element(By.TAG_NAME, "main").text)


def switch_scripts_off(browser: webdriver.Chrome) -> None:
    browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})


def test_the_report_is_read_and_its_pdf_is_fetched(explained: webdriver.Chrome):
    follow(explained, "Report and PDF")
    assert get_texts(explained, "h1") == ["Likely made by AI"]
    assert "Multi-Model Comparison Analysis" in get_texts(explained, "h2")
    link = explained.find_element(By.PARTIAL_LINK_TEXT, "Download the PDF")
    pdf = base64.b64decode(explained.execute_async_script(FETCH, link.get_property("href")))
    assert "Likely made by AI" in read_text(pdf)
    assert "report.json" in pypdf.PdfReader(io.BytesIO(pdf)).attachments
    assert not [text for text in get_complaints(explained) if "Content Security" in text]


def test_a_printed_report_has_no_buttons(explained: webdriver.Chrome):
    follow(explained, "Report and PDF")
    explained.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    try:
        for selector in (".tools", ".site-header", "footer.site-footer", ".on-screen"):
            assert not explained.find_element(By.CSS_SELECTOR, selector).is_displayed()
        assert explained.find_element(By.CSS_SELECTOR, ".methods-of-report").is_displayed()
    finally:
        explained.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})


def test_a_result_is_shared_and_the_link_is_revoked(
    explained: webdriver.Chrome, live_server: LiveServer
):
    switch_scripts_off(explained)
    follow(explained, "Share")
    press(explained, "Switch on the link", then="The link is switched on")
    address = get_texts(explained, ".address")[0]
    assert address.startswith(f"{live_server.url}/shared/")
    page = explained.current_url
    explained.delete_all_cookies()  # somebody else, who has the link
    explained.get(address)
    assert get_texts(explained, "h1") == ["Likely made by AI"]
    assert not explained.find_elements(By.CSS_SELECTOR, "main a[href*='/results/'], main img")
    explained.get(page)
    assert get_texts(explained, "h1") == ["There is no such page"]


def test_a_revoked_link_leads_nowhere(explained: webdriver.Chrome):
    follow(explained, "Share")
    press(explained, "Switch on the link", then="The link is switched on")
    address = Share.objects.get().get_absolute_url()
    press(explained, "Switch the link off", then="No link is switched on.")
    explained.get(explained.current_url.partition("/results/")[0] + address)
    assert get_texts(explained, "h1") == ["There is no such page"]


def test_feedback_is_given_with_the_picture(explained: webdriver.Chrome, picture: Path):
    switch_scripts_off(explained)
    follow(explained, "Was this right?")
    explained.find_element(By.CSS_SELECTOR, "input[value=real]").click()
    explained.find_element(By.NAME, "reason").send_keys("I took it.")
    explained.find_element(By.NAME, "agreed").click()
    press(explained, "Send", then="Choose the file once more")
    explained.find_element(By.NAME, "file").send_keys(str(picture))
    press(explained, "Send", then="The picture is kept for the operator")
    assert Feedback.objects.get().picture.read() == picture.read_bytes()


def test_what_a_maker_answered_goes_into_the_report(explained: webdriver.Chrome):
    follow(explained, "Ask the maker")
    explained.find_element(By.ID, "id_openai_answer").send_keys("Nothing was detected.")
    path = "//section[@aria-labelledby='openai']//button"
    explained.find_element(By.XPATH, path).click()
    next_page(explained).until(
        lambda b: "as reported by you" in b.find_element(By.TAG_NAME, "main").text
    )
    follow(explained, "The report with these answers")
    assert "Reported by you" in get_texts(explained, "h2")


@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("name", PAGES)
def test_no_page_scrolls_sideways(explained: webdriver.Chrome, name: str, width: int):
    set_screen(explained, width)
    follow(explained, name)
    assert explained.execute_script("return document.documentElement.scrollWidth") <= width
    assert not [text for text in get_complaints(explained) if "Content Security" in text]
