"""The short form of what `make fire` does with a browser's storage."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.fire import in_browser
from tests.static_site import serve_folder

SOME = ("another version's JSON", "a huge value", "storage refused", "storage full")


def look_in_profile(place: Path, address: str, visit: in_browser.Visit) -> list[str]:
    """In a thread, where another browser may be started."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(in_browser.attack_profile, place, address, visit).result().lost


def test_rubbish_in_the_storage_is_nothing_to_the_page(browser, server):
    assert in_browser.attack_storage(browser, server.url, in_browser.read_gradio, SOME).lost == []


def test_a_visit_leaves_nothing_of_a_film_in_the_browser(server, tmp_path):
    assert look_in_profile(tmp_path, server.url, in_browser.visit_page) == []


def test_rubbish_in_the_storage_is_nothing_to_the_static_page(browser, edition):
    with serve_folder(edition) as address:
        assert in_browser.attack_storage(browser, address, in_browser.read_static, SOME).lost == []
        assert in_browser.attack_kept_exam(browser, address, every=16).lost == []


def test_a_visit_of_the_static_page_leaves_nothing_of_a_film_in_the_browser(edition, tmp_path):
    with serve_folder(edition) as address:
        assert look_in_profile(tmp_path, address, in_browser.visit_edition) == []
