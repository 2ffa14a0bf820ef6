"""A real browser before the real server: upload, drop, paste, and all of it without JavaScript."""

from __future__ import annotations

import base64
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NoReturn

import pytest
from django.conf import settings
from django.test import Client
from pytest_django.live_server_helper import LiveServer
from selenium import webdriver
from selenium.common.exceptions import WebDriverException
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import WebDriverWait

from detector.inference.methods import METHODS
from detector.inference.results import Exhibit, Verdict
from detector.inference.wording.verdict import OUTCOMES
from detector.models import Upload
from detector.tests.factories.marked_files import TEXTS, png

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

CHROMIUM = next(filter(None, map(shutil.which, ["chromium", "chromium-browser", "chrome"])), None)
DRIVER = shutil.which("chromedriver")
ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PATIENCE = 60  # seconds: the first picture loads the models, and the machine may be busy

# The page's own listeners get a real DataTransfer, as from a drag or from the clipboard.
GIVE_FILE = """
const [selector, kind, base64] = arguments;
const bytes = Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
const transfer = new DataTransfer();
transfer.items.add(new File([bytes], "given.jpg", { type: "image/jpeg" }));
const options = { bubbles: true, dataTransfer: transfer, clipboardData: transfer };
const event = kind === "paste" ? new ClipboardEvent(kind, options) : new DragEvent(kind, options);
document.querySelector(selector).dispatchEvent(event);
"""


def _missing() -> NoReturn:
    """Skip where there is no browser; where CI promises one, its absence is a failure."""
    reason = f"no browser: Chromium is {CHROMIUM}, chromedriver is {DRIVER}"
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="module")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[webdriver.Chrome]:
    """One program for all tests: a start takes longer than most of them."""
    if not (CHROMIUM and DRIVER):
        _missing()
    profile = tmp_path_factory.mktemp("profile")
    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    for argument in [*ARGUMENTS, f"--user-data-dir={profile}"]:
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(DRIVER))
    yield driver
    driver.quit()


@pytest.fixture
def browser(chromium: webdriver.Chrome) -> webdriver.Chrome:
    """A tab of the test's own, with no cookies and no messages of the tests before."""
    old = chromium.current_window_handle
    chromium.switch_to.new_window("tab")
    fresh = chromium.current_window_handle
    chromium.switch_to.window(old)
    chromium.close()
    chromium.switch_to.window(fresh)
    chromium.execute_cdp_cmd("Network.clearBrowserCookies", {})
    chromium.get_log("browser")
    return chromium


@pytest.fixture
def picture(tmp_path: Path, jpeg: bytes) -> Path:
    path = tmp_path / "picture.jpg"
    path.write_bytes(jpeg)
    return path


def upload(browser: webdriver.Chrome, path: Path) -> None:
    browser.find_element(By.NAME, "image").send_keys(str(path))
    browser.find_element(By.CSS_SELECTOR, "main button[type=submit]").click()


def next_page(browser: webdriver.Chrome) -> WebDriverWait:
    """Wait over a change of page.

    An element of the old page may go between finding and reading it, which chromedriver reports
    in several ways: as stale, as an inspector error, as a node of no document.
    """
    return WebDriverWait(browser, PATIENCE, ignored_exceptions=[WebDriverException])


def wait_for_result(browser: webdriver.Chrome) -> None:
    # The footer comes last: once it is there, the table above it is whole.
    next_page(browser).until(
        lambda b: "/results/" in b.current_url and b.find_elements(By.TAG_NAME, "footer")
    )


def get_number(element: WebElement, name: str) -> int:
    number = element.get_property(name)
    assert isinstance(number, int)
    return number


def get_texts(browser: webdriver.Chrome, selector: str) -> list[str]:
    return [element.text for element in browser.find_elements(By.CSS_SELECTOR, selector)]


def assert_result_is_complete(browser: webdriver.Chrome) -> None:
    # The methods that count come first, so the order is not that of the table of methods.
    rows = browser.find_elements(By.CSS_SELECTOR, ".comparison tbody.method th")
    titles = {row.text.splitlines()[0] for row in rows}
    assert titles == {spec.title for spec in METHODS.values()} and len(rows) == len(METHODS)
    bars = browser.find_elements(By.CSS_SELECTOR, ".comparison tbody svg.bar")
    assert len(bars) == len(METHODS)
    assert all(get_texts(browser, ".comparison tbody .badge"))
    assert get_texts(browser, "h1")[0] in OUTCOMES.values()
    assert get_texts(browser, ".advice li")


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


# The result page, with a result put in as a row


PHONE = {"width": 390, "height": 844, "deviceScaleFactor": 2, "mobile": True}
GROUPS = [{"name": "chroma noise patterns", "log_odds": 1.5}]
HEAT = {"rows": 2, "columns": 3, "log_odds": [[3, 0, -1], [0, 2, 0]]}
EXPLAINED = {
    "deep_learning": {"exhibits": (Exhibit("heat_map", HEAT),)},
    "statistical": {
        "exhibits": (
            Exhibit("feature_groups", {"groups": GROUPS}),
            Exhibit("spectrum", {"side": 64, "levels": base64.b64encode(bytes(4096)).decode()}),
        )
    },
}
MOVES = {"intercept": -0.4, "deep_learning": 2.0, "statistical": 1.0, "huggingface": -0.5}


@pytest.fixture
def explained(
    browser: webdriver.Chrome,
    live_server: LiveServer,
    client: Client,
    verdict: Callable[..., Verdict],
    make_upload: Callable[..., Upload],
) -> webdriver.Chrome:
    """The browser on the page of a result with all charts, its details unfolded."""
    detection = make_upload(verdict(methods=EXPLAINED, contributions=MOVES))
    browser.get(live_server.url)  # a cookie can only be set for the page shown
    name = settings.SESSION_COOKIE_NAME
    browser.add_cookie({"name": name, "value": client.cookies[name].value})
    browser.get(live_server.url + detection.get_absolute_url())
    for summary in browser.find_elements(By.TAG_NAME, "summary"):
        summary.click()
    return browser


def get_box(browser: webdriver.Chrome, selector: str) -> list[int]:
    rect = browser.find_element(By.CSS_SELECTOR, selector).rect
    return [round(rect[side]) for side in ("x", "y", "width", "height")]


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


@pytest.mark.parametrize("width", [320, 390, 1280])
def test_the_result_page_never_scrolls_sideways(explained: webdriver.Chrome, width: int):
    size = PHONE | {"width": width, "mobile": width < 800}
    explained.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    assert explained.execute_script("return document.documentElement.scrollWidth") <= width
    for selector in (".waterfall", ".groups", ".spectrum img", ".layers", ".scale"):
        x, _, wide, _ = get_box(explained, selector)
        assert x >= 0 and x + wide <= width
    assert not [e for e in explained.get_log("browser") if e["level"] == "SEVERE"]


def test_generation_parameters_can_be_copied(
    browser: webdriver.Chrome, live_server: LiveServer, tmp_path: Path
):
    path = tmp_path / "made.png"
    path.write_bytes(png(TEXTS["a1111"]))
    browser.get(live_server.url)
    upload(browser, path)
    wait_for_result(browser)
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
