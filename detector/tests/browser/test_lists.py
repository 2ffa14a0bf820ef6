"""Batches and the history in a real browser: rows that arrive, keys, undo, sorting."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import Select, WebDriverWait

from detector.models import Analysis, Batch, Upload
from detector.tests.factories.browsing import (
    PATIENCE,
    get_complaints,
    get_texts,
    next_page,
    wait_for_result,
    wait_for_text,
)

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

Visit = Callable[[str], webdriver.Chrome]
NAMES = ["a.jpg", "b.jpg", "c.jpg"]


@pytest.fixture
def batch(make_upload: Callable[..., Upload], owner: uuid.UUID) -> Batch:
    """Three pictures with results, the first of them the oldest."""
    batch = Batch.objects.create(owner=owner, name="Desk", size=3, sent=3)
    for place, name in enumerate(NAMES):
        upload = make_upload(filename=name)
        moment = timezone.now() - timedelta(minutes=5 - place)
        Upload.objects.filter(pk=upload.pk).update(batch=batch, created_at=moment)
    return batch


def page_of(batch: Batch) -> str:
    return f"/batches/{batch.pk}/"


def get_focus(browser: webdriver.Chrome) -> str:
    return browser.switch_to.active_element.text


def test_a_row_that_ends_appears_and_leaves_what_is_written_alone(visit: Visit, batch: Batch):
    last = Analysis.objects.filter(uploads__filename="c.jpg")
    last.update(state="queued", finished_at=None)
    browser = visit(page_of(batch))
    wait_for_text(browser, "#progress", "2 of 3 pictures analysed")
    note = browser.find_element(By.CSS_SELECTOR, ".item input[name^=note]")
    note.send_keys("half a no")
    last.update(state="done", finished_at=timezone.now())
    wait_for_text(browser, "#progress", "3 pictures analysed")
    next_page(browser).until(lambda b: len(get_texts(b, "#pictures .badge")) == 3)
    assert browser.switch_to.active_element == note and note.get_property("value") == "half a no"
    note.send_keys("te", Keys.TAB)
    WebDriverWait(browser, PATIENCE).until(lambda _: Upload.objects.filter(note="half a note"))
    said = browser.find_element(By.ID, "progress-said")
    WebDriverWait(browser, PATIENCE).until(lambda _: said.get_property("textContent"))
    assert not get_complaints(browser)


def test_a_batch_is_worked_through_with_the_keyboard_alone(visit: Visit, batch: Batch):
    browser = visit(page_of(batch))

    def press(keys: str) -> None:
        browser.switch_to.active_element.send_keys(keys)

    press("j")
    assert get_focus(browser) == "a.jpg"
    press("j")
    press("x")
    press("k")
    assert get_focus(browser) == "a.jpg"
    picked = [box.is_selected() for box in browser.find_elements(By.CLASS_NAME, "pick")]
    assert picked == [False, True, False]
    switch = browser.find_element(By.CSS_SELECTOR, "[data-keys]")
    switch.send_keys(Keys.SPACE)
    press("j")
    assert browser.switch_to.active_element == switch
    switch.send_keys(Keys.SPACE)
    press("j")
    press("j")
    press(Keys.ENTER)
    wait_for_result(browser)


def test_marks_are_kept_as_soon_as_they_are_set(visit: Visit, batch: Batch):
    browser = visit(page_of(batch))
    Select(browser.find_element(By.CSS_SELECTOR, ".item select")).select_by_value("question")
    WebDriverWait(browser, PATIENCE).until(lambda _: Upload.objects.filter(mark="question"))
    assert not get_complaints(browser)


def test_a_batch_is_sorted_without_leaving_the_page(visit: Visit, batch: Batch):
    Upload.objects.filter(filename="b.jpg").update(mark="accept")
    browser = visit(page_of(batch))
    Select(browser.find_element(By.NAME, "mark")).select_by_value("accept")
    next_page(browser).until(lambda b: get_texts(b, "#pictures .name") == ["b.jpg"])
    assert "mark=accept" in browser.current_url
    browser.refresh()
    next_page(browser).until(lambda b: get_texts(b, "#pictures .name") == ["b.jpg"])
    browser.back()
    next_page(browser).until(lambda b: get_texts(b, "#pictures .name") == NAMES)


@pytest.mark.parametrize("scripted", [True, False])
def test_deleting_can_be_taken_back(
    visit: Visit, batch: Batch, scripted: bool, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("detector.models.upload.UNDO_GRACE", 300)  # on a busy machine, too
    browser = visit("/help/")
    browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": not scripted})
    visit("/history/")
    for box in browser.find_elements(By.CLASS_NAME, "pick")[:2]:
        box.click()
    browser.find_element(By.CSS_SELECTOR, "[value=delete]").click()
    next_page(browser).until(lambda b: get_texts(b, "#pictures .name") == ["a.jpg"])
    browser.find_element(By.CSS_SELECTOR, "[data-undo] button").click()
    next_page(browser).until(lambda b: get_texts(b, "#pictures .name") == NAMES[::-1])
