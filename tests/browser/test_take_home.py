"""Files to take home: each kind is made, comes to the browser, and holds what the page shows."""

from __future__ import annotations

import io
import json
import time
import zipfile
from pathlib import Path

import cv2
import httpx
import numpy as np
import pypdf
import pytest
from playwright.sync_api import Page, expect

from cxr_demo.text.catalogue import format_text
from tests.browser.test_page import enter, give, wait_for_rest


def give_anyway(page: Page, path: Path) -> None:
    """A film, and that it is one where the page asks."""
    give(page, path)
    wait_for_rest(page)
    anyway = page.locator("#findings button.anyway")
    if anyway.count():
        anyway.click()
        wait_for_rest(page)


@pytest.fixture
def page_with_film(open_page, films) -> Page:
    page, _ = open_page()
    enter(page)
    give_anyway(page, films["film.png"])
    page.locator("#take_home summary").click()
    return page


def take(page: Page, selector: str) -> tuple[str, bytes]:
    """What it is called, and what it holds."""
    with page.expect_download() as coming:
        page.locator(f"#take_home {selector}").click()
    return coming.value.suggested_filename, Path(coming.value.path()).read_bytes()


def test_each_kind_is_made_and_holds_what_is_shown(page_with_film, server):
    page = page_with_film
    buttons = page.locator("#take_home button.make")
    expect(buttons.first).to_be_disabled()  # before anybody has looked for names
    page.get_by_label(format_text("take-home.looked")).check()
    expect(buttons.first).to_be_enabled()
    name, file = take(page, "button[data-kind=pdf]")
    text = " ".join(each.extract_text() for each in pypdf.PdfReader(io.BytesIO(file)).pages)
    assert name == "film-bacterial_pneumonia.pdf" and "film.png" in text
    for score in page.locator("#findings .score").all_inner_texts():
        assert score in text
    for tick in page.locator("#panels .ticks.own span").all_inner_texts():
        assert tick.strip() in text
    name, file = take(page, "button[data-kind=zip]")
    archive = zipfile.ZipFile(io.BytesIO(file))
    assert archive.testzip() is None and json.loads(archive.read("manifest.json"))["file"] == "film.png"
    for panel in ("film", "grad-cam"):
        name, file = take(page, f"button[data-panel={panel}]")
        assert name.startswith(f"film-{panel}") and name.endswith(".png")
        scratch = cv2.imdecode(np.frombuffer(file, np.uint8), cv2.IMREAD_COLOR)
        assert scratch is not None and scratch.shape[0] > 120
    address = page.locator("#take_home .state a").get_attribute("href")
    assert server.left_files() == [], "a file to take home touches no disk"
    page.close()
    for _ in range(100):
        if httpx.get(f"{server.url}/{address}").status_code == 404:
            break
        time.sleep(0.1)
    assert httpx.get(f"{server.url}/{address}").status_code == 404, "it outlives the page"


def test_another_film_asks_again(page_with_film, films):
    page = page_with_film
    looked = page.get_by_label(format_text("take-home.looked"))
    looked.check()
    give_anyway(page, films["film16.png"])
    expect(page.get_by_label(format_text("take-home.looked"))).not_to_be_checked()
    expect(page.locator("#take_home button.make").first).to_be_disabled()
