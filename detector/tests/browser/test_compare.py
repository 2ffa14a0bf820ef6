"""Comparing copies in a real browser: without JavaScript, by keyboard, on a phone, on paper."""

from __future__ import annotations

import base64
import io
import unicodedata
from collections.abc import Callable
from pathlib import Path

import pypdf
import pytest
from pytest_django.live_server_helper import LiveServer
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from detector.lab.comparison.scenes import make_scene
from detector.tests.factories.browsing import FETCH, get_number, get_texts, next_page, set_screen
from detector.tests.factories.comparing import use_methods_and_the_file
from detector.tests.factories.pages_of_pdf import read_text
from detector.tests.factories.pictures import encode
from detector.tests.factories.raw import make_dng

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def copies(tmp_path: Path) -> list[Path]:
    """A picture, a crop of it with a part that was replaced, and its RAW file."""
    scene = make_scene(640, 480)
    changed = scene.copy()
    changed.paste(scene.crop((80, 330, 160, 390)), (300, 200))
    files = {
        "finished.jpg": encode(scene, "JPEG", quality=92),
        "shared.jpg": encode(changed.crop((60, 40, 600, 460)), "JPEG", quality=70),
        "camera.dng": make_dng(scene),
    }
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
    return [tmp_path / name for name in files]


@pytest.fixture
def compared(
    browser: webdriver.Chrome,
    live_server: LiveServer,
    copies: list[Path],
    use_methods: Callable[..., None],
) -> webdriver.Chrome:
    """The browser on the page of a comparison."""
    use_methods_and_the_file(use_methods)
    browser.get(f"{live_server.url}/compare/")
    browser.find_element(By.NAME, "copies").send_keys("\n".join(map(str, copies[:2])))
    browser.find_element(By.NAME, "more").send_keys(str(copies[2]))
    browser.find_element(By.CSS_SELECTOR, "main button[type=submit]").click()
    next_page(browser).until(
        lambda b: (
            b.find_elements(By.CLASS_NAME, "ranking") and b.find_elements(By.TAG_NAME, "footer")
        )
    )
    return browser


def shown(browser: webdriver.Chrome, pair: int) -> list[str]:
    figures = browser.find_elements(By.CSS_SELECTOR, ".stage")[pair].find_elements(
        By.TAG_NAME, "figure"
    )
    return [str(each.get_attribute("class")) for each in figures if each.is_displayed()]


def test_copies_and_a_raw_file_are_compared_and_shown_by_keyboard(
    compared: webdriver.Chrome,
) -> None:
    assert get_texts(compared, "h1") == ["The same picture, 3 copies"]
    assert "Copy 3 is clearly the nearest to the camera" in get_texts(compared, ".answer .call")[0]
    pairs = get_texts(compared, ".pair h2")
    assert pairs == ["Copy 1 against copy 3", "Copy 2 against copy 3"]
    assert len(compared.find_elements(By.CSS_SELECTOR, ".pair:last-of-type .regions li")) <= 2
    assert shown(compared, 0) == ["reference"]
    compared.find_elements(By.CSS_SELECTOR, ".blink")[0].find_element(
        By.CLASS_NAME, "see-reference"
    ).send_keys(Keys.ARROW_RIGHT)
    assert shown(compared, 0) == ["copy"] and shown(compared, 1) == ["reference"]
    widths = "return [...document.querySelectorAll('.stage img')].map((i) => i.naturalWidth)"
    assert all(compared.execute_script(widths))
    complaints = [e["message"] for e in compared.get_log("browser") if e["level"] == "SEVERE"]
    assert not complaints


@pytest.mark.parametrize("width", [360, 1280])
def test_nothing_runs_out_of_the_page(compared: webdriver.Chrome, width: int) -> None:
    set_screen(compared, width)
    root = compared.find_element(By.TAG_NAME, "html")
    assert get_number(root, "scrollWidth") == get_number(root, "clientWidth")
    compared.find_element(By.LINK_TEXT, "New comparison").click()
    next_page(compared).until(lambda b: b.find_elements(By.NAME, "copies"))
    root = compared.find_element(By.TAG_NAME, "html")
    assert get_number(root, "scrollWidth") == get_number(root, "clientWidth")


def test_the_printed_report_shows_both_copies_and_the_map(compared: webdriver.Chrome) -> None:
    printed = compared.execute_cdp_cmd("Page.printToPDF", {"preferCSSPageSize": True})
    reader = pypdf.PdfReader(io.BytesIO(base64.b64decode(printed["data"])))
    pages = (unicodedata.normalize("NFKC", page.extract_text()) for page in reader.pages)
    text = " ".join(" ".join(page.split()) for page in pages)
    assert "The same picture, 3 copies" in text and "Map of differences" in text
    assert "SHA-256" in text and "Delete this comparison" not in text


def test_the_report_of_a_comparison_is_fetched(compared: webdriver.Chrome) -> None:
    link = compared.find_element(By.PARTIAL_LINK_TEXT, "Download the PDF")
    pdf = base64.b64decode(compared.execute_async_script(FETCH, link.get_property("href")))
    assert "The same picture, 3 copies" in read_text(pdf)
    assert "report.json" in pypdf.PdfReader(io.BytesIO(pdf)).attachments
