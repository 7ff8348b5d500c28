"""What a browser keeps of a visit, and pages that find in its storage what they have not written."""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, Page, Response, sync_playwright
from pydicom.uid import ExplicitVRLittleEndian

from cxr_demo.export.static.edition import write_edition
from tests.browser.presses import wait_for_rest
from tests.browser.static_visit import PANELS, REST
from tests.chromium import FLAGS, find_chromium, launch_chromium
from tests.fire.corpus import MARKER, make_dataset, save_dicom
from tests.fire.on_files import list_paths, replace
from tests.fire.outcome import Attack, Outcome
from tests.fire.server import NETWORKS, Server
from tests.static_site import serve_folder

PROBE = "ZZPROBEZZ"  # is kept on purpose: who looks must find it
WITHIN_MS = 120_000
PAGE, STATIC = "the page", "the static edition"
NAMES = {"visit_page": PAGE, "read_gradio": PAGE, "visit_edition": STATIC, "read_static": STATIC}
IN_STORAGE = """async (marker) => {
  const found = [];
  const look = (place, ...texts) => texts.some((text) => String(text).includes(marker)) && found.push(place);
  look("cookies", document.cookie);
  look("the address", location.href);
  look("the history", JSON.stringify(history.state));
  look("localStorage", JSON.stringify({ ...localStorage }));
  look("sessionStorage", JSON.stringify({ ...sessionStorage }));
  const ended = (asked) => new Promise((done, failed) => {
    asked.onsuccess = () => done(asked.result);
    asked.onerror = () => failed(asked.error);
  });
  for (const { name } of await indexedDB.databases()) {
    const base = await ended(indexedDB.open(name));
    for (const store of base.objectStoreNames) {
      const values = await ended(base.transaction(store).objectStore(store).getAll());
      look(`IndexedDB ${name} ${store}`, name, JSON.stringify(values));
    }
    base.close();
  }
  for (const name of await caches.keys()) {
    const cache = await caches.open(name);
    for (const request of await cache.keys()) {
      look(`cache ${name}`, request.url, await (await cache.match(request)).text());
    }
  }
  return found;
}"""
Visit = Callable[[Page, str, Path], None]  # a page, its address and a film

# Whatever is asked for is there, and is this; a page that lists a value of another version finds it under its own name.
VALUES = {
    "broken JSON": '{"deck": "shortcuts", "turns": [',
    "null": "null",
    "another version's JSON": '{"version": 99, "deck": "shortcuts", "networks": [], "turns": [{}], "at": -1}',
    "a list": "[[], {}, 1e999]",
    "a number": "-1",
    "markup": "<img src=x onerror=alert(1)>\\0\u202e",
    "a huge value": "9" * 5_000_000,
}
HOLD = "value => { Storage.prototype.getItem = () => value; }"
REFUSALS = {
    "storage refused": """() => {
      const refuse = () => { throw new DOMException("refused", "SecurityError"); };
      for (const name of ["localStorage", "sessionStorage", "indexedDB", "caches"])
        Object.defineProperty(window, name, { get: refuse });
    }""",
    "storage full": """() => {
      Storage.prototype.setItem = () => { throw new DOMException("full", "QuotaExceededError"); };
      CacheStorage.prototype.open = () => Promise.reject(new DOMException("full", "QuotaExceededError"));
    }""",
}


def write_film(folder: Path) -> Path:
    """Its name and its header name a patient."""
    film = folder / f"{MARKER}.dcm"
    film.write_bytes(save_dicom(make_dataset(12, False, "MONOCHROME2", ExplicitVRLittleEndian)))
    return film


def visit_page(page: Page, address: str, film: Path) -> None:
    """The gradio page: a film, its maps, a report and the first question of the exam."""
    page.goto(address)
    page.wait_for_function("document.body.dataset.ready === '1'")
    page.click("#accept")
    wait_for_rest(page)
    page.set_input_files("#film input[type=file]", film)
    wait_for_rest(page)
    if page.locator("#findings button.anyway").count():
        page.click("#findings button.anyway")
        wait_for_rest(page)
    assert MARKER in page.inner_text("#strip")
    page.click("#take_home summary")
    page.check("#take_home input[type=checkbox]")
    with page.expect_download():
        page.locator("#take_home button.make").first.click()
    page.click("#doors a[href='#lesson-section']")
    page.locator("#exam button.go").first.click()
    page.wait_for_selector("#exam .boxes")


def visit_edition(page: Page, address: str, film: Path) -> None:
    """The same of the static edition, whose service worker has kept what was loaded."""
    page.goto(address)
    page.wait_for_selector(PANELS)
    page.set_input_files("#film input[type=file]", film)
    page.wait_for_selector(f"#findings :text('{MARKER}')")
    page.wait_for_selector(REST)
    if page.locator("#findings button.anyway").count():
        page.click("#findings button.anyway")
        page.wait_for_selector(REST)
    page.wait_for_selector("body[data-kept='1']", state="attached")
    page.click("#doors a[href='#lesson-section']")
    page.locator("#exam button.go").first.click()
    page.wait_for_selector("#exam .boxes")


def attack_page(server: Server, attack: Attack) -> None:
    """The gradio page in a browser, a row each."""
    attack("a browser's files", lambda place: attack_profile(place, server.url, visit_page))
    with open_browser() as browser:
        attack("a browser's storage", lambda _: attack_storage(browser, server.url, read_gradio))


def attack_edition(place: Path, attack: Attack) -> Outcome:
    """The static edition in a browser, a row each."""
    made = Outcome("the static edition, exported")
    with made.trying("the export"):
        write_edition(place / "edition", list(NETWORKS))
    with serve_folder(place / "edition") as address:
        attack("a browser's files, static", lambda place: attack_profile(place, address, visit_edition))
        with open_browser() as browser:
            attack("a browser's storage, static", lambda _: attack_storage(browser, address, read_static))
            attack("an exam that was kept, static", lambda _: attack_kept_exam(browser, address, every=3))
    return made


@contextmanager
def open_browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        yield launch_chromium(playwright)


def attack_profile(place: Path, address: str, visit: Visit) -> Outcome:
    """After a visit the name of a film is in no storage of the page, and in no file of the browser's. A file that was
    taken home lies where the person has put it, and the browser's list of downloads knows its name, not the film's."""
    found = Outcome(f"what the browser keeps, {NAMES[visit.__name__]}")
    profile, film = place / "profile", write_film(place)
    answers: list[Response] = []
    with sync_playwright() as playwright:
        context = playwright.chromium.launch_persistent_context(
            str(profile), executable_path=find_chromium(), args=FLAGS, locale="en-GB",
            downloads_path=str(place / "downloads"),
        )  # fmt: skip
        page = context.pages[0]
        page.set_default_timeout(WITHIN_MS)
        page.on("response", lambda answer: answers.append(answer))  # noqa: PLW0108 a method of a list it does not take
        with found.trying("the visit"):
            visit(page, address, film)
        page.evaluate(f"localStorage.setItem('probe', '{PROBE}')")
        found.check(page.evaluate(IN_STORAGE, PROBE) == ["localStorage"], "who looks does not find what is kept")
        places = page.evaluate(IN_STORAGE, MARKER)
        found.check(not places, f"the name is in {places}")
        found.check(MARKER not in json.dumps(context.cookies()), "the name is in a cookie")
        for answer in answers:
            if urlsplit(answer.url).path.startswith(("/gradio_api/film/", "/gradio_api/export/")):
                kept = answer.headers.get("cache-control", "")
                found.check("no-store" in kept, f"{urlsplit(answer.url).path[:20]} may be kept: {kept!r}")
        context.close()
    found.check(bool(list(find_on_disk(profile, PROBE))), "who looks does not find what is kept on the disk")
    places = [str(path.relative_to(profile)) for path in find_on_disk(profile, MARKER)]
    found.check(not places, f"the name is in {places} of the browser's files")
    return found


def find_on_disk(folder: Path, marker: str) -> Iterator[Path]:
    """The files that are called so or hold it, as it is, in UTF-16 or compressed as the web does."""
    for path in folder.rglob("*"):
        if marker in path.name or (path.is_file() and any(_holds(part, marker) for part in _list_bodies(path))):
            yield path


def _holds(data: bytes, marker: str) -> bool:
    return marker.encode() in data or marker.encode("utf-16-le") in data


def _list_bodies(path: Path) -> Iterator[bytes]:
    data, at = path.read_bytes(), 0
    yield data
    while (at := data.find(b"\x1f\x8b\x08", at)) >= 0:
        with suppress(zlib.error):
            yield zlib.decompressobj(31).decompress(data[at:])
        at += 1


@contextmanager
def watch(context: BrowserContext) -> Iterator[tuple[Page, list[str]]]:
    """A tab, and what goes wrong in it."""
    page, wrong = context.new_page(), []
    page.set_default_timeout(WITHIN_MS)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("dialog", lambda dialog: wrong.append(f"a dialog: {dialog.message}"))
    yield page, wrong
    context.close()


def read_gradio(page: Page, address: str) -> list[str]:
    """What a visit is shown: the first film's findings and panels, and the pages of a class."""
    page.goto(address)
    page.wait_for_function("document.body.dataset.ready === '1'")
    page.click("#accept")
    wait_for_rest(page)
    shown = [page.inner_text("#findings"), page.inner_text("#panels .of"), page.get_attribute("html", "lang") or ""]
    for path, start in (("class", "#code"), ("class/teach", "#room button")):
        page.goto(f"{address}/{path}")
        page.wait_for_selector(start)
        shown.append(page.inner_text("#room"))
    return shown


def read_static(page: Page, address: str) -> list[str]:
    page.goto(address)
    page.wait_for_selector(PANELS)
    page.wait_for_selector(REST)
    shown = [page.inner_text("#findings"), page.inner_text("#panels .of"), page.get_attribute("html", "lang") or ""]
    page.click("#doors a[href='#lesson-section']")
    page.locator("#exam button.go").first.wait_for()
    return [*shown, page.inner_text("#exam")]


def attack_storage(
    browser: Browser, address: str, read: Callable[[Page, str], list[str]], names: tuple[str, ...] = ()
) -> Outcome:
    """A page whose storage holds rubbish, or is refused, is what it is where nothing is kept. `names`: of the rubbish,
    all where none are given."""
    found = Outcome(f"a browser's storage full of rubbish, {NAMES[read.__name__]}")
    with watch(browser.new_context(locale="en-GB")) as (page, wrong):
        empty = read(page, address)
        found.check(not wrong, f"nothing kept: {wrong}")
    scripts = {name: f"({HOLD})({json.dumps(value)})" for name, value in VALUES.items()}
    scripts |= {name: f"({script})()" for name, script in REFUSALS.items()}
    for name in names or scripts:
        context = browser.new_context(locale="en-GB")
        context.add_init_script(scripts[name])
        with watch(context) as (page, wrong), found.trying(f"{name}, {read.__name__}"):
            assert read(page, address) == empty, "the page is another"
            assert not wrong, wrong
    return found


def attack_kept_exam(browser: Browser, address: str, every: int = 1) -> Outcome:
    """The static edition's exam goes on where it was; of a plan that somebody has changed it begins anew, or goes on.
    `every`: one change in so many."""
    found = Outcome("an exam that the browser has kept, changed")
    with watch(browser.new_context(locale="en-GB")) as (page, wrong):
        page.goto(f"{address}#lesson-section")
        page.locator("#exam button.go").first.click()
        page.wait_for_selector("#exam .boxes")
        page.click("#exam button.choice[data-label=no_finding]")
        page.click("#exam [data-go=answer]")
        page.locator("#exam section:not([data-step=question]) button:visible").first.wait_for()
        before = _read_exam(page)
        page.reload()
        found.check(_read_exam(page) == before, "an exam that nobody has changed does not go on")
        plan = json.loads(before[0])
        cases = [(path, value) for path in list_paths(plan) for value in (None, -1, 0.5, 1e9, "x", [], {}, [[None]])]
        for path, value in cases[::every]:
            with found.trying(f"{'.'.join(map(str, path))} = {value!r}"):
                kept = json.dumps(replace(plan, path, value))
                page.evaluate("kept => sessionStorage.setItem('exam', kept)", kept)
                page.reload()
                _read_exam(page)
                assert not wrong, wrong
            wrong.clear()
    return found


def _read_exam(page: Page) -> list[str]:
    """What is kept, the step and the place; AssertionError where it says that something went wrong."""
    page.locator("#exam button:visible").first.wait_for(timeout=30_000)
    alerts = page.locator("#exam [role=alert]").all_inner_texts()
    assert alerts == [], alerts
    section = page.locator("#exam section")
    kept = page.evaluate("sessionStorage.getItem('exam')")
    return [kept, *(section.get_attribute(f"data-{name}") or "" for name in ("step", "state"))]
