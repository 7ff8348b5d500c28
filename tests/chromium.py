"""Chromium as tests, benches and attacks start it."""

from __future__ import annotations

import os
import shutil

from playwright.sync_api import Browser, Playwright

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]


def find_chromium() -> str | None:
    """`make browser` has installed one; None: playwright's own."""
    names = ("chromium", "chromium-browser", "google-chrome")
    return os.environ.get("CXR_CHROMIUM") or next(filter(None, map(shutil.which, names)), None)


def launch_chromium(playwright: Playwright) -> Browser:
    return playwright.chromium.launch(executable_path=find_chromium(), args=FLAGS)
