"""What the tests in a real browser share: how they wait, upload, look, and change the screen."""

from __future__ import annotations

from pathlib import Path

from selenium import webdriver
from selenium.common.exceptions import WebDriverException
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import WebDriverWait

from detector.inference.methods import METHODS
from detector.inference.wording.verdict import OUTCOMES

PATIENCE = 60  # seconds: the first picture loads the models, and the machine may be busy
PHONE = {"width": 390, "height": 844, "deviceScaleFactor": 2, "mobile": True}

# The page's own listeners get a real DataTransfer, as from a drag or from the clipboard.
GIVE_FILE = """
const [selector, kind, base64] = arguments;
const bytes = Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
const transfer = new DataTransfer();
for (const name of arguments[3] ?? ["given.jpg"]) {
  transfer.items.add(new File([bytes, name], name, { type: "image/jpeg" }));
}
const options = { bubbles: true, dataTransfer: transfer, clipboardData: transfer };
const event = kind === "paste" ? new ClipboardEvent(kind, options) : new DragEvent(kind, options);
document.querySelector(selector).dispatchEvent(event);
"""

UNFOLD = "document.querySelectorAll('details').forEach((fold) => { fold.open = true });"

# Through the browser, which has the cookie: the bytes of an address in base64.
FETCH = """
const [address, done] = arguments;
fetch(address).then((response) => response.arrayBuffer()).then((buffer) => {
  done(btoa(Array.from(new Uint8Array(buffer), (byte) => String.fromCharCode(byte)).join("")));
});
"""


def upload(browser: webdriver.Chrome, *paths: Path) -> None:
    """Choose files; the page sends them at once."""
    browser.find_element(By.NAME, "image").send_keys("\n".join(map(str, paths)))


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


def get_box(browser: webdriver.Chrome, selector: str) -> list[int]:
    rect = browser.find_element(By.CSS_SELECTOR, selector).rect
    return [round(rect[side]) for side in ("x", "y", "width", "height")]


def set_screen(browser: webdriver.Chrome, width: int, height: int = 900) -> None:
    """Show pages as a screen of this many CSS pixels does; below 800 as a phone."""
    size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 800}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)


def get_complaints(browser: webdriver.Chrome) -> list[str]:
    """What the browser has logged as an error since the last look.

    A file that is opened by itself, as `visit` does for the cookie, makes it ask for /favicon.ico.
    """
    entries = browser.get_log("browser")
    severe = [entry["message"] for entry in entries if entry["level"] == "SEVERE"]
    return [message for message in severe if "/favicon.ico" not in message]


def go_offline(browser: webdriver.Chrome, offline: bool) -> None:
    """Let the server be away, or back."""
    unlimited = {"latency": 0, "downloadThroughput": -1, "uploadThroughput": -1}
    browser.execute_cdp_cmd("Network.enable", {})
    browser.execute_cdp_cmd("Network.emulateNetworkConditions", {"offline": offline} | unlimited)


def wait_for_text(browser: webdriver.Chrome, selector: str, text: str) -> None:
    """Wait until an element says so; it may be replaced meanwhile."""
    next_page(browser).until(lambda b: text in b.find_element(By.CSS_SELECTOR, selector).text)
