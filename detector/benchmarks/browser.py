"""Chromium, steered by selenium: for measurements of pages, for pictures of them, and for tests."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .clock import Failed

if TYPE_CHECKING:
    from selenium import webdriver

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
PATIENCE = 180  # seconds: the first picture loads the models


@contextmanager
def open_browser(profile: Path) -> Iterator[webdriver.Chrome]:
    """A browser whose profile is in this folder. Raises `Failed` where a part of it is missing."""
    # Not at the top: selenium comes with the packages of the tests.
    try:
        from selenium import webdriver
    except ImportError as error:
        raise Failed("This needs selenium, which `make test` installs.") from error
    if not (CHROMIUM and DRIVER):
        raise Failed(f"There is no browser: Chromium is {CHROMIUM}, chromedriver is {DRIVER}.")
    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    for argument in [*ARGUMENTS, f"--user-data-dir={profile}"]:
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(DRIVER))
    try:
        yield driver
    finally:
        driver.quit()


def send(browser: webdriver.Chrome, home: str, *paths: Path) -> str:
    """Choose files on the home page; returns the address of their result, or of their batch."""
    browser.get(home)
    browser.find_element("name", "image").send_keys("\n".join(map(str, paths)))
    finished = "#progress progress[value='{count}']" if len(paths) > 1 else "main .verdict"
    wait_for(browser, finished.format(count=len(paths)))
    return browser.current_url


def wait_for(browser: webdriver.Chrome, selector: str) -> None:
    """Wait over a change of page until it has such an element. Raises `Failed`."""
    from selenium.common.exceptions import TimeoutException, WebDriverException
    from selenium.webdriver.support.ui import WebDriverWait

    def find(browser: Any) -> Any:
        return browser.find_elements("css selector", selector)

    try:
        # An element of the old page may go between finding and reading it.
        WebDriverWait(browser, PATIENCE, ignored_exceptions=[WebDriverException]).until(find)
    except TimeoutException as error:
        raise Failed(f"{browser.current_url} has no {selector} after {PATIENCE} s.") from error


def set_screen(
    browser: webdriver.Chrome, width: int, height: int = 900, scheme: str = "light"
) -> None:
    """Show pages as a screen of so many CSS pixels does, below 800 as a phone; light or dark."""
    size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 800}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    features = [{"name": "prefers-color-scheme", "value": scheme}]
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
