"""The page behind nginx as docs/hosting.md has it: under a path, in two processes, of which everybody keeps one."""

import asyncio
import gc
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import expect

from cxr_demo.ui.app import page as app_page
from cxr_demo.ui.app.host_settings import HostSettings
from tests.browser.conftest import ANSWERS_WITHIN_MS
from tests.serving import find_port
from tests.ui.stand_ins import StandIn, png

ROOT = Path(__file__).parents[2]
HOSTING = (ROOT / "docs" / "hosting.md").read_text(encoding="utf-8")
NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
pytestmark = [
    pytest.mark.skipif(NGINX is None, reason="nginx is not installed"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


@pytest.fixture(scope="module")
def proxied(tmp_path_factory):
    """The address of the page behind the proxy; the replicas are called "a" and "b"."""
    tmp_path = tmp_path_factory.mktemp("proxied")
    (tmp_path / "uploads").mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GRADIO_TEMP_DIR", str(tmp_path / "uploads"))
        yield from serve_replicas(tmp_path)


def serve_replicas(tmp_path: Path) -> Iterator[str]:
    (written,) = re.findall(r"```nginx\n(.*?)```", HOSTING, re.DOTALL)
    demos = []
    for name, port in (("a", "7861"), ("b", "7862")):
        settings = HostSettings(port=find_port(), root_path="/xray")
        demos.append(app_page.build_page({name: StandIn()}, {}, tmp_path / "uploads", settings=settings))
        app_page.serve_page(demos[-1], settings, [name])
        written = written.replace(port, str(settings.port))
    port = find_port()
    folders = "".join(
        f"    {kind}_temp_path {tmp_path / kind};\n" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    conf = tmp_path / "nginx.conf"
    conf.write_text(
        f"daemon off; pid {tmp_path / 'pid'}; error_log {tmp_path / 'error.log'};\nevents {{}}\nhttp {{\n{folders}"
        f"{written.replace('8080', str(port))}\n}}\n"
    )
    proxy = subprocess.Popen([str(NGINX), "-c", str(conf), "-p", str(tmp_path)])
    url = f"http://127.0.0.1:{port}/xray/"
    for _ in range(100):
        try:
            httpx.get(f"{url}healthz")
            break
        except httpx.TransportError:
            time.sleep(0.1)
    yield url
    proxy.terminate()
    proxy.wait()
    for demo in demos:
        demo.close(verbose=False)
    asyncio.set_event_loop(None)
    gc.collect()


def test_everybody_keeps_one_replica_and_both_are_used(proxied):
    met = set()
    for _ in range(12):
        with httpx.Client() as person:
            names = {person.get(f"{proxied}healthz").json()["served"][0] for _ in range(5)}
            assert len(names) == 1
            met |= names
    assert met == {"a", "b"}


def test_a_path_that_stands_there_twice_opens_no_closed_door(proxied):
    for path in (
        "gradio_api/file=/etc/passwd",
        "xray/gradio_api/file=/etc/passwd",
        "xray/xray/gradio_api/proxy=http://a",
    ):
        answer = httpx.get(f"{proxied}{path}")
        assert (answer.status_code, answer.text) == (403, "Not available."), path


def test_a_film_is_uploaded_and_answered_under_a_path(proxied, browser, tmp_path):
    film = tmp_path / "film.png"
    film.write_bytes(png())
    context = browser.new_context()
    page = context.new_page()
    lost: list[str] = []
    page.on("response", lambda answer: lost.append(answer.url) if answer.status >= 400 else None)
    page.goto(proxied)
    page.locator("#accept").click()
    page.set_input_files("#film input[type=file]", film)
    expect(page.locator("#strip")).to_contain_text("film.png", timeout=ANSWERS_WITHIN_MS)
    expect(page.locator("#findings .finding").first).to_be_visible(timeout=ANSWERS_WITHIN_MS)
    assert lost == []
    assert all(cookie["path"] == "/xray/" for cookie in context.cookies() if cookie["name"] == "replica")
    context.close()


def test_a_class_is_joined_under_a_path_by_phones_that_were_never_there(proxied, browser):
    teacher = browser.new_context()
    page = teacher.new_page()
    page.goto(f"{proxied}#lesson-section")
    page.locator("#accept").click()
    with teacher.expect_page() as opened:
        page.locator(".class-doors a").first.click()
    wall = opened.value
    assert wall.url == f"{proxied}class/teach?lang=en"
    wall.locator("[data-open]").first.click()
    code = wall.locator(".code b").inner_text()
    for number in range(1, 6):
        phone = browser.new_context()
        learner = phone.new_page()
        learner.goto(f"{proxied}class#{code}")
        learner.click("form button")
        expect(learner.locator("header p")).to_contain_text(str(number))
        phone.close()
    expect(wall.locator(".seats")).to_contain_text("5")
    teacher.close()
