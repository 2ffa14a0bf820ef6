"""Pictures are sent from a real browser: chosen, dropped, pasted, and without JavaScript."""

from __future__ import annotations

import base64
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support import expected_conditions
from selenium.webdriver.support.ui import WebDriverWait

from detector.inference.method import Answer
from detector.models import Batch, Upload
from detector.tests.factories.browsing import (
    GIVE_FILE,
    PATIENCE,
    assert_result_is_complete,
    get_complaints,
    get_texts,
    go_offline,
    next_page,
    upload,
    wait_for_result,
    wait_for_text,
)
from detector.tests.factories.pictures import encode
from detector.tests.factories.stubs import make_stub

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def stub(use_methods: Callable[..., None], monkeypatch: pytest.MonkeyPatch) -> None:
    """A method that answers at once; all threads of the test's server share one connection."""
    use_methods(deep_learning=make_stub(Answer(0.99)))
    monkeypatch.setattr("detector.web.upload_limits.AT_ONCE", 1)


def give(browser: webdriver.Chrome, kind: str, selector: str, data: bytes, *names: str) -> None:
    """Drop or paste files with these names, all of them with these bytes and their name."""
    encoded = base64.b64encode(data).decode()
    browser.execute_script(GIVE_FILE, selector, kind, encoded, list(names))


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


@pytest.mark.usefixtures("stub")
def test_a_text_file_renamed_to_jpg_is_refused_with_a_sentence(
    browser: webdriver.Chrome, live_server: LiveServer, tmp_path: Path
):
    fake = tmp_path / "fake.jpg"
    fake.write_text("This is not a picture.")
    browser.get(live_server.url)
    upload(browser, fake)
    wait_for_text(browser, "[data-error]", "not a picture of a known kind")
    assert not Upload.objects.exists()


@pytest.mark.usefixtures("stub")
@pytest.mark.parametrize(
    ("kind", "page", "selector"),
    [("drop", "/", "footer"), ("drop", "/methods/", "h1"), ("paste", "/help/", "body")],
)
def test_a_picture_is_analysed_at_once_wherever_it_is_dropped_or_pasted(
    browser: webdriver.Chrome, live_server: LiveServer, jpeg: bytes, kind, page, selector
):
    browser.get(live_server.url + page)
    give(browser, kind, selector, jpeg, "given.jpg")
    wait_for_result(browser)
    assert get_texts(browser, ".filename") == ["given.jpg"]


@pytest.mark.usefixtures("stub")
def test_many_files_become_a_batch_whose_rows_appear(
    browser: webdriver.Chrome, live_server: LiveServer, jpeg: bytes
):
    browser.get(f"{live_server.url}/methods/")
    names = [f"{number}.jpg" for number in range(5)]
    give(browser, "drop", "footer", jpeg, *names)
    wait_for_text(browser, "#progress", "5 pictures analysed")
    next_page(browser).until(lambda b: sorted(get_texts(b, "#pictures .name")) == names)
    assert browser.current_url.endswith(Batch.objects.get().pk.__str__() + "/")
    assert "Likely made by AI" in get_texts(browser, "#pictures .badge")[0]
    # The page was not loaded anew, so nothing that still had to be sent was lost.
    wait_for_text(browser, ".uploader [data-state]", "All pictures are sent.")
    assert not get_complaints(browser)
    browser.back()
    next_page(browser).until(lambda b: b.find_elements(By.ID, "summary-table"))


PASTE = """
const transfer = new DataTransfer();
transfer.setData("text/plain", arguments[0]);
const options = { bubbles: true, clipboardData: transfer };
document.body.dispatchEvent(new ClipboardEvent("paste", options));
"""


def test_a_web_address_is_not_fetched_and_the_page_says_why(
    browser: webdriver.Chrome, live_server: LiveServer
):
    browser.get(live_server.url)
    browser.execute_script(PASTE, "https://example.org/a.jpg")
    wait_for_text(browser, "[data-error]", "Pictures are not fetched from the web here")


def test_a_web_address_is_asked_where_the_operator_allows_it(
    browser: webdriver.Chrome, live_server: LiveServer, settings: Settings
):
    settings.ALLOW_URLS = True
    browser.get(f"{live_server.url}/help/")
    browser.execute_script(PASTE, "https://127.0.0.1/a.jpg")
    wait_for_text(browser, "[data-error]", "This web address is not accepted.")


@pytest.mark.usefixtures("stub")
@pytest.mark.parametrize("count", [1, 3])
def test_files_are_kept_while_the_server_is_away(
    browser: webdriver.Chrome, live_server: LiveServer, jpeg: bytes, count: int
):
    browser.get(live_server.url)
    go_offline(browser, True)
    give(browser, "drop", "footer", jpeg, *(f"{number}.jpg" for number in range(count)))
    wait_for_text(browser, "[data-error]", "The server cannot be reached.")
    retry = browser.find_element(By.CSS_SELECTOR, "[data-retry]")
    assert retry == browser.switch_to.active_element
    retry.send_keys(Keys.ENTER)  # still away
    wait_for_text(browser, "[data-error]", "kept here")
    go_offline(browser, False)
    next_page(browser).until(
        lambda b: "/results/" in b.current_url or "/batches/" in b.current_url or press(retry)
    )
    WebDriverWait(browser, PATIENCE).until(lambda _: Upload.objects.count() == count)


def press(button) -> bool:
    """Press a button that may be gone, as the page tries again by itself, too."""
    if button.is_displayed():
        button.click()
    return False


@pytest.mark.parametrize(
    ("name", "size", "sentence"),
    [
        ("large.jpg", 2**20 + 1, "At most 1 MB"),
        ("empty.jpg", 0, "is empty"),
        ("notes.pdf", 5, "not a picture of a kind"),
    ],
)
def test_a_file_that_would_be_refused_is_not_sent(
    browser: webdriver.Chrome, live_server: LiveServer, tmp_path: Path, settings: Settings,
    name: str, size: int, sentence: str,
):  # fmt: skip
    settings.MAX_UPLOAD_MB = 1
    browser.get(live_server.url)
    (tmp_path / name).write_bytes(bytes(size))
    upload(browser, tmp_path / name)
    wait_for_text(browser, "[data-error]", sentence)
    assert not Upload.objects.exists()


LARGE = (1250, 801)  # just above a million pixels


@pytest.mark.usefixtures("stub")
def test_a_picture_of_too_many_pixels_is_not_sent(
    browser: webdriver.Chrome, live_server: LiveServer, tmp_path: Path, settings: Settings
):
    settings.MAX_MEGAPIXELS = 1
    browser.get(live_server.url)
    Image.new("RGB", LARGE).save(tmp_path / "large.jpg")
    upload(browser, tmp_path / "large.jpg")
    wait_for_text(browser, "[data-error]", "At most 1 million are accepted.")
    assert not Upload.objects.exists()
    Image.new("RGB", (1250, 800)).save(tmp_path / "fits.jpg")
    upload(browser, tmp_path / "fits.jpg")
    wait_for_result(browser)


COUNT = """
const [base64, done] = arguments;
countPixels(new Blob([Uint8Array.from(atob(base64), (c) => c.charCodeAt(0))])).then(done);
"""


def test_the_browser_reads_the_pixels_of_a_file_from_its_head(
    browser: webdriver.Chrome, live_server: LiveServer
):
    """The options make heads of other kinds: of WebP with VP8, VP8L and VP8X, of PNG and GIF."""
    browser.get(live_server.url)
    picture, exif = Image.new("RGB", LARGE), Image.Exif()
    exif[0x010E] = "x" * 60_000  # before the size
    heads = [
        encode(picture, "JPEG", exif=exif),
        encode(picture, "JPEG", progressive=True),
        encode(picture, "PNG"),
        encode(picture, "GIF"),
        encode(picture, "WEBP"),
        encode(picture, "WEBP", lossless=True),
        encode(picture, "WEBP", exif=exif),
    ]
    for data in heads:
        encoded = base64.b64encode(data).decode()
        assert browser.execute_async_script(COUNT, encoded) == LARGE[0] * LARGE[1], data[:30]
    for data in (b"", b"RIFF", heads[0][:200], encode(picture, "TIFF")):
        assert browser.execute_async_script(COUNT, base64.b64encode(data).decode()) == 0


@pytest.mark.usefixtures("stub")
def test_a_sample_is_analysed(browser: webdriver.Chrome, live_server: LiveServer):
    browser.get(live_server.url)
    browser.find_element(By.CSS_SELECTOR, ".sample").click()
    wait_for_result(browser)
    assert get_texts(browser, ".filename") == ["lighthouse-with-settings.png"]


def reach(browser: webdriver.Chrome, selector: str) -> None:
    """Press the Tab key until the focus is there."""
    wanted = "return document.activeElement.matches(arguments[0])"
    for _ in range(200):
        if browser.execute_script(wanted, selector):
            return
        webdriver.ActionChains(browser).send_keys(Keys.TAB).perform()
    raise AssertionError(f"{selector} is not reached by the keyboard")


@pytest.mark.usefixtures("stub")
def test_a_picture_is_checked_and_reported_by_keyboard_alone(
    browser: webdriver.Chrome, live_server: LiveServer
):
    browser.get(live_server.url)
    for selector, page in ((".sample", "/results/"), ("main a[href$='/report/']", "/report/")):
        reach(browser, selector)
        webdriver.ActionChains(browser).send_keys(Keys.ENTER).perform()
        next_page(browser).until(expected_conditions.url_contains(page))
        next_page(browser).until(lambda b: b.find_elements(By.TAG_NAME, "footer"))


@pytest.mark.usefixtures("stub")
@pytest.mark.parametrize("count", [1, 2])
def test_upload_works_without_javascript(
    browser: webdriver.Chrome, live_server: LiveServer, jpeg: bytes, tmp_path: Path, count: int
):
    paths = [tmp_path / f"{number}.jpg" for number in range(count)]
    for path in paths:
        path.write_bytes(jpeg + path.name.encode())
    browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    browser.get(live_server.url)
    assert not browser.find_element(By.CSS_SELECTOR, ".with-script").is_displayed()
    upload(browser, *paths)
    browser.find_element(By.CSS_SELECTOR, "main button[type=submit]").click()
    page, where = ("/results/", ".filename") if count == 1 else ("/batches/", "#pictures .name")
    next_page(browser).until(
        lambda b: page in b.current_url and b.find_elements(By.TAG_NAME, "footer")
    )
    assert sorted(get_texts(browser, where)) == [path.name for path in paths]
