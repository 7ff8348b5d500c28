"""What the static page keeps for a visit without a network, in Chromium."""

from __future__ import annotations

import json
import shutil

from playwright.sync_api import expect

from tests.browser.static_visit import open_edition

NAMES = """async () => {
  const found = {};
  for (const name of await caches.keys())
    found[name] = (await (await caches.open(name)).keys()).map(({ url }) => url.replace(location.href, ""));
  return found;
}"""


def test_all_but_other_networks_is_kept_and_told_and_an_earlier_edition_goes(browser, edition, tmp_path):
    folder = tmp_path / "site"
    shutil.copytree(edition, folder)
    with open_edition(browser, folder) as visit:
        page = visit.page
        page.wait_for_selector("body[data-kept]")
        assert "works without a connection" in page.inner_text("#offline")
        told = page.locator("#film .still-to-load")
        expect(told).to_have_count(1)
        expect(told).to_be_hidden()  # 8 MB that are here by now
        page.click("#top button[data-language=de]")
        assert "ohne Verbindung" in page.inner_text("#offline")
        ((first, kept),) = page.evaluate(NAMES).items()
        facts = json.loads((edition / "edition.json").read_text())
        (other,) = (network["name"] for network in facts["networks"] if not network["default"])
        assert set(kept) == {"", *(name for name in facts["files"] if not name.startswith(f"networks/{other}/"))}
        answered = "(path) => fetch(path).then((answer) => answer.ok, () => false)"
        page.context.set_offline(True)
        assert page.evaluate(answered, "gate/model.safetensors") and page.evaluate(
            answered, "decks/shortcuts/film_5.png"
        )
        page.context.set_offline(False)
        script = folder / "sw.js"
        script.write_text(script.read_text().replace('const EDITION = "', 'const EDITION = "other'))
        page.evaluate("caches.open('somebody else')")
        page.reload()
        is_changed = """async ([first, count]) => {
          const own = (await caches.keys()).filter((name) => name.startsWith("cxr-demo"));
          return own.length === 1 && own[0] !== first && (await (await caches.open(own[0])).keys()).length === count;
        }"""
        page.wait_for_function(is_changed, arg=[first, len(kept)])
        assert "somebody else" in page.evaluate(NAMES)
