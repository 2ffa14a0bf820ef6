"""One Chromium for the tests, and pages of the real server in it."""

from __future__ import annotations

import os
import threading
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NoReturn

import pytest
from django.conf import settings
from django.test import Client
from pytest_django.live_server_helper import LiveServer
from selenium import webdriver

from detector.benchmarks.browser import CHROMIUM, DRIVER, open_browser
from detector.inference.results import Verdict
from detector.models import Upload
from detector.tests.factories.browsing import PATIENCE, UNFOLD, next_page
from detector.tests.factories.explained import EXPLAINED, MOVES

IS_WHOLE = "return document.readyState === 'complete'"
ALL_UNFOLDED = (
    "return [...document.querySelectorAll('summary + *')]"
    ".every((e) => e.checkVisibility({contentVisibilityAuto: true}))"
)


def _missing() -> NoReturn:
    """Skip where there is no browser; where CI promises one, its absence is a failure."""
    reason = f"no browser: Chromium is {CHROMIUM}, chromedriver is {DRIVER}"
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def chromium(
    tmp_path_factory: pytest.TempPathFactory, live_server: LiveServer
) -> Iterator[webdriver.Chrome]:
    """One program for all tests: a start takes longer than most of them.

    It needs the server so that it ends before it. A thread of the server stays with a connection
    until the browser closes it, and then closes the database, which it may share only as long as
    the server runs: later, that thread would fail.
    """
    if not (CHROMIUM and DRIVER):
        _missing()
    with open_browser(tmp_path_factory.mktemp("profile")) as driver:
        yield driver
    for thread in threading.enumerate():
        if thread.name.endswith("(process_request_thread)"):
            thread.join(PATIENCE)


@pytest.fixture
def browser(chromium: webdriver.Chrome) -> Iterator[webdriver.Chrome]:
    """A tab of the test's own, with no cookies and no messages of the tests before."""
    old = chromium.current_window_handle
    chromium.switch_to.new_window("tab")
    fresh = chromium.current_window_handle
    chromium.switch_to.window(old)
    chromium.close()
    chromium.switch_to.window(fresh)
    # Without this the tab stays behind the closed one: no focus, and frames only now and then.
    chromium.execute_cdp_cmd("Page.bringToFront", {})
    chromium.execute_cdp_cmd("Network.clearBrowserCookies", {})
    chromium.get_log("browser")
    yield chromium
    chromium.get("about:blank")  # a page that still asks for news would disturb the next test


@pytest.fixture
def picture(tmp_path: Path, jpeg: bytes) -> Path:
    path = tmp_path / "picture.jpg"
    path.write_bytes(jpeg)
    return path


@pytest.fixture
def visit(
    browser: webdriver.Chrome, live_server: LiveServer, client: Client, owner: uuid.UUID
) -> Callable[[str], webdriver.Chrome]:
    """Open a page as the visitor whose browser `client` is, who owns what `make_upload` makes."""
    browser.get(f"{live_server.url}/static/icons/favicon.svg")  # a cookie needs a page of its site
    name = settings.SESSION_COOKIE_NAME
    browser.add_cookie({"name": name, "value": client.cookies[name].value})

    def open_page(path: str) -> webdriver.Chrome:
        browser.get(live_server.url + path)
        # On a busy machine chromedriver sometimes returns while the page is still being read.
        next_page(browser).until(lambda b: b.execute_script(IS_WHOLE))
        return browser

    return open_page


@pytest.fixture
def explained(
    visit: Callable[[str], webdriver.Chrome],
    verdict: Callable[..., Verdict],
    make_upload: Callable[..., Upload],
) -> webdriver.Chrome:
    """The browser on the page of a result with all charts, its details unfolded."""
    detection = make_upload(verdict(methods=EXPLAINED, contributions=MOVES))
    browser = visit(detection.get_absolute_url())
    # Chromium draws what has unfolded in a later frame: until then nothing in it is displayed.
    next_page(browser).until(lambda b: b.execute_script(UNFOLD + ALL_UNFOLDED))
    return browser
