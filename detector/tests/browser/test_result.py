"""The result page in a real browser: its charts, its height on a phone, what can be copied."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from pytest_django.live_server_helper import LiveServer
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import Select, WebDriverWait

from detector.inference.results import ExpectedErrors, Verdict
from detector.models import Upload
from detector.tests.factories.browsing import (
    PATIENCE,
    PHONE,
    get_box,
    get_number,
    get_texts,
    next_page,
    set_screen,
    upload,
    wait_for_result,
    wait_for_text,
)
from detector.tests.factories.explained import EXPLAINED, MOVES
from detector.tests.factories.marked_files import TEXTS, png
from detector.tests.factories.sentences import note

STEPS = (By.CSS_SELECTOR, ".steps > details")

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_the_heat_map_is_hidden_and_shown_by_its_checkbox(explained: webdriver.Chrome):
    explained.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    heat = explained.find_element(By.CSS_SELECTOR, "svg.heat")
    switch = explained.find_element(By.CSS_SELECTOR, ".heat-switch input")
    assert heat.is_displayed() and "Orange argues for AI" in get_texts(explained, ".heat-key")[0]
    assert get_box(explained, "svg.heat") == get_box(explained, ".layers img")
    switch.click()
    assert not heat.is_displayed()
    switch.click()
    assert heat.is_displayed()


def test_the_heat_map_has_a_large_view_and_a_strength(explained: webdriver.Chrome):
    set_screen(explained, 1280)
    _, _, before, _ = get_box(explained, ".layers")
    explained.find_element(By.CSS_SELECTOR, ".heat-large input").click()
    _, _, wide, high = get_box(explained, ".layers")
    assert wide > 1.5 * before and get_box(explained, "svg.heat")[2:] == [wide, high]
    slider = explained.find_element(By.CSS_SELECTOR, "[data-strength]")
    slider.send_keys(Keys.ARROW_LEFT, Keys.ARROW_LEFT)
    heat = explained.find_element(By.CSS_SELECTOR, "svg.heat")
    assert heat.value_of_css_property("opacity") == "0.8"


@pytest.mark.parametrize("width", [320, 390, 1280])
def test_the_result_page_never_scrolls_sideways(explained: webdriver.Chrome, width: int):
    size = PHONE | {"width": width, "mobile": width < 800}
    explained.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    assert explained.execute_script("return document.documentElement.scrollWidth") <= width
    for selector in (".waterfall", ".groups", ".spectrum img", ".layers", ".scale"):
        x, _, wide, _ = get_box(explained, selector)
        assert x >= 0 and x + wide <= width
    assert not [e for e in explained.get_log("browser") if e["level"] == "SEVERE"]


def test_a_printed_result_has_no_buttons(explained: webdriver.Chrome):
    set_screen(explained, 390)  # paper is as narrow as a phone
    explained.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    try:
        for selector in (".actions", ".own", ".heat-tools", ".site-header"):
            assert not explained.find_element(By.CSS_SELECTOR, selector).is_displayed(), selector
    finally:
        explained.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})


MOST = 2500  # CSS pixels that a result takes on a phone with all details closed


def test_a_result_on_a_phone_is_short_and_everything_is_one_tap_away(
    visit: Callable[[str], webdriver.Chrome],
    make_upload: Callable[..., Upload],
    verdict: Callable[..., Verdict],
):
    browser = visit(make_upload(long_verdict(verdict)).get_absolute_url())
    set_screen(browser, 390, 844)
    assert get_number(browser.find_element(By.TAG_NAME, "html"), "scrollHeight") <= MOST
    in_order = ["h1", ".reason", ".errors", ".advice", ".actions", ".comparison", ".fold"]
    places = [get_box(browser, selector)[1] for selector in in_order]
    assert places == sorted(places)
    # The comparison is in sight; what a method used, and its time, come with its findings.
    row = browser.find_element(By.CSS_SELECTOR, ".comparison .method")
    used, time = (row.find_element(By.CLASS_NAME, name) for name in ("used", "time"))
    assert row.find_element(By.CLASS_NAME, "badge").is_displayed() and not used.is_displayed()
    row.find_element(By.TAG_NAME, "summary").click()
    assert used.is_displayed() and time.is_displayed()
    for section in (".heat-map", ".steps", ".file", ".more"):
        fold = browser.find_element(By.CSS_SELECTOR, f"{section} > details")
        assert get_number(fold, "offsetHeight") < 100
        fold.find_element(By.TAG_NAME, "summary").click()
        assert get_number(fold, "offsetHeight") > 300


def long_verdict(verdict: Callable[..., Verdict]) -> Verdict:
    """One that fills its page: charts, second opinions, and sentences as long as real ones."""
    params = {"n": 226, "wrong": 13, "low": 0.034, "high": 0.096, "kind": "", "asked": ""}
    text = "says no more than that the picture has been looked at. "
    methods = EXPLAINED | {"huggingface": {"role": "second_opinion", "weight": 0.0}}
    return verdict(
        "real",
        0.05,
        methods=methods,
        contributions=MOVES,
        reason=f"This sentence {text}" * 4,
        expected_errors=ExpectedErrors(
            "expected.no_sign", params | {"condition": "JPEG 95", "size": ""}, n=226, wrong=13
        ),
        advice=tuple(note(f"{word} {text}" * 2) for word in ("First this", "Then this", "This")),
    )


def test_sections_are_open_on_a_wide_screen(
    visit: Callable[[str], webdriver.Chrome],
    make_upload: Callable[..., Upload],
    verdict: Callable[..., Verdict],
):
    set_screen(visit("/methods/"), 1280)
    browser = visit(make_upload(long_verdict(verdict)).get_absolute_url())
    next_page(browser).until(lambda b: get_number(b.find_element(*STEPS), "offsetHeight") > 300)
    assert get_number(browser.find_element(By.CSS_SELECTOR, ".more"), "offsetHeight") < 150


def test_a_link_into_a_closed_section_opens_it(
    visit: Callable[[str], webdriver.Chrome], make_upload: Callable[..., Upload]
):
    page = make_upload().get_absolute_url()
    set_screen(visit("/methods/"), 390)
    browser = visit(f"{page}#limits-heading")
    limits = next_page(browser).until(lambda b: b.find_element(By.ID, "limits-heading"))
    WebDriverWait(browser, PATIENCE).until(lambda _: limits.is_displayed())


def test_generation_parameters_can_be_copied(
    browser: webdriver.Chrome, live_server: LiveServer, tmp_path: Path
):
    path = tmp_path / "made.png"
    path.write_bytes(png(TEXTS["a1111"]))
    browser.get(live_server.url)
    upload(browser, path)
    wait_for_result(browser)
    browser.find_element(By.CSS_SELECTOR, ".file summary").click()
    assert "Generator" in get_texts(browser, ".timeline h3")
    browser.find_element(By.CSS_SELECTOR, "[data-copy]").click()
    said = browser.find_element(By.CSS_SELECTOR, "[data-copied]")
    WebDriverWait(browser, PATIENCE).until(lambda _: said.text)
    if said.text == "Copied.":
        area = "document.body.append(document.createElement('textarea'))"
        browser.execute_script(area)
        box = browser.find_element(By.TAG_NAME, "textarea")
        box.send_keys(Keys.CONTROL, "v")
        copied = str(box.get_property("value"))
    else:  # a browser without a clipboard: the list is selected instead
        copied = browser.execute_script("return getSelection().toString()")
    assert "lighthouse" in copied and "1415885281" in copied
    assert not [e for e in browser.get_log("browser") if "Content Security" in e["message"]]


@pytest.mark.parametrize("scripted", [True, False])
def test_a_mark_and_a_note_are_kept_from_the_page_of_the_result(
    visit: Callable[[str], webdriver.Chrome], make_upload: Callable[..., Upload], scripted: bool
):
    browser = visit("/help/")
    browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": not scripted})
    visit(make_upload().get_absolute_url())
    Select(browser.find_element(By.CSS_SELECTOR, ".own select")).select_by_value("question")
    field = browser.find_element(By.CSS_SELECTOR, ".own input[name^=note]")
    field.send_keys("Ask Ann.", Keys.ENTER)
    wait_for_text(browser, ".messages", "Your mark and your note are kept.")
    upload = Upload.objects.get()
    assert (upload.mark, upload.note) == ("question", "Ask Ann.")
