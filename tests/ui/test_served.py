"""What the page keeps and for how long, and the page as it is served, without a browser."""

import fcntl
import gc
import os
import re
import socket
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from anyio import open_file  # noqa: F401  here, because pytest rewrites it, and the server's thread would do that late

from cxr_demo.text import page_text, upload_text
from cxr_demo.ui import guard, page, sessions, upload_route, uploads
from tests.ui.test_events import StandIn, png

pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


@pytest.fixture
def folder(tmp_path):
    return tmp_path


def test_a_session_goes_after_its_time_and_when_its_page_closes():
    gone = []
    store = sessions.Sessions(lambda key, session: gone.append(key))
    store.keep("old").used -= sessions.KEPT_MINUTES * 60 + 1
    store.keep("new")
    store.sweep()
    assert gone == ["old"] and store.find("old") is None and store.find("new")
    store.forget("new")
    store.forget("new")
    assert gone == ["old", "new"] and len(store) == 0


def test_the_longest_unused_session_makes_room():
    store = sessions.Sessions()
    for number in range(sessions.MAX_SESSIONS):
        store.keep(str(number)).used += number
    store.find("0")
    store.keep("one more").used += 1000
    assert len(store) == sessions.MAX_SESSIONS and store.find("one more")


def test_the_sweep_takes_old_files_and_empty_folders_only(folder):
    (folder / "a").mkdir()
    (folder / "a" / "old").write_bytes(b"x")
    (folder / "fresh").write_bytes(b"x")
    for path in (folder / "a" / "old", folder / "a"):
        os.utime(path, (time.time() - 1000,) * 2)
    uploads.sweep_folder(folder, 300)
    assert [path.name for path in folder.iterdir()] == ["a"] or [path.name for path in folder.iterdir()] == ["fresh"]
    uploads.sweep_folder(folder, 300)
    assert [path.name for path in folder.iterdir()] == ["fresh"]


def test_folders_of_processes_that_are_gone_are_removed_at_the_start(folder, monkeypatch):
    monkeypatch.setattr(uploads.tempfile, "tempdir", str(folder))
    monkeypatch.setenv("GRADIO_TEMP_DIR", "")
    monkeypatch.setattr(uploads.signal, "signal", lambda *_: None)
    dead, living = folder / f"{uploads.PREFIX}999999999-x", folder / f"{uploads.PREFIX}1-x"
    for left in (dead, living):
        left.mkdir()
        (left / "film").write_bytes(b"x")
    held = os.open(living, os.O_RDONLY)
    fcntl.flock(held, fcntl.LOCK_EX)
    made = uploads.open_folder()
    assert not dead.exists() and living.exists() and made.parent == folder
    assert os.environ["GRADIO_TEMP_DIR"] == str(made) and made.stat().st_mode & 0o077 == 0
    os.close(held)


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """(client, page, upload folder) of the page as `launch` serves it, on a free port of this machine."""
    folder = tmp_path_factory.mktemp("uploads")
    with pytest.MonkeyPatch.context() as patch, socket.socket() as free:
        patch.setenv("GRADIO_TEMP_DIR", str(folder))
        patch.setattr(tempfile, "tempdir", str(folder))
        demo = page.build_page({"a": StandIn()}, {"broken": "<b>It is cut short.</b>"}, folder)
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        free.close()
        demo.launch(server_name="127.0.0.1", server_port=port, prevent_thread_lock=True, **page.make_launch_settings())
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60) as client:
            yield client, demo, folder
        demo.close(verbose=False)
    gc.collect()  # gradio leaves event loops open; their warnings belong here and not to the next test


def test_the_page_answers_with_its_headers_and_health(served):
    client, _, _ = served
    answer = client.get("/")
    assert answer.status_code == 200 and page_text.TITLE in answer.text
    assert "frame-ancestors" in answer.headers["content-security-policy"]
    assert answer.headers["x-content-type-options"] == "nosniff" and answer.headers["cache-control"] == "no-store"
    assert client.get("/healthz").json() == {"ok": True}
    assert client.get("/openapi.json").status_code == 404


def test_assets_may_be_kept_by_the_browser(served):
    client, _, _ = served
    asset = re.search(r"(?:\./|/)(assets/[\w.-]+\.js)", client.get("/").text)[1]
    assert "max-age" in client.get(f"/{asset}").headers["cache-control"]


@pytest.mark.parametrize(
    "path", ["file=/etc/passwd", "file/x", "proxy=http://x", "runs", "deep_link", "component_server", "vibe-code/"]
)
def test_no_file_and_no_list_can_be_fetched(served, path):
    client, _, _ = served
    assert client.get(f"/gradio_api/{path}").status_code == 403
    assert client.get("/monitoring").status_code == 403


def test_an_uploaded_file_cannot_be_fetched_again(served):
    client, _, folder = served
    stored = client.post("/gradio_api/upload", files={"files": ("DOE.png", png())}).json()[0]
    assert Path(stored).is_relative_to(folder)
    assert client.get(f"/gradio_api/file={stored}").status_code == 403
    uploads.sweep_folder(folder, -1)
    assert not Path(stored).exists()


def take_in_page(client, demo, path: str, session: str) -> str:
    """What the browser does when an upload has arrived; returns what the page then says."""
    index = next(number for number, fn in demo.fns.items() if fn.fn and fn.fn.__name__ == "take")
    file = {"path": path, "meta": {"_type": "gradio.FileData"}}
    client.post(
        "/gradio_api/queue/join", json={"data": [file], "fn_index": index, "session_hash": session}
    ).raise_for_status()
    with client.stream("GET", f"/gradio_api/queue/data?session_hash={session}") as stream:
        for line in stream.iter_lines():
            if '"process_completed"' in line:
                return line
    return ""


def test_thirty_sessions_that_upload_the_same_bytes_within_a_second_get_their_film_each(served):
    client, demo, folder = served
    data, gate = png(), threading.Barrier(30)

    def run(number: int) -> tuple[str, str, float]:
        with httpx.Client(base_url=client.base_url, timeout=120) as own:
            gate.wait()
            path = own.post("/gradio_api/upload", files={"files": ("film.png", data)}).json()[0]
            arrived = time.monotonic()
            return path, take_in_page(own, demo, path, f"thirty-{number}"), arrived

    with ThreadPoolExecutor(30) as pool:
        paths, said, arrived = zip(*pool.map(run, range(30)), strict=True)
    assert len(set(paths)) == 30
    assert [line for line in said if '"success":true' not in line or "message error" in line] == []
    assert [path for path in folder.rglob("*") if path.is_file() and path.stat().st_size] == []
    assert [path for path in folder.iterdir() if path.is_dir()] == []


def test_a_refused_upload_is_one_sentence(served, monkeypatch):
    client, _, folder = served
    monkeypatch.setattr(upload_route, "MAX_UNREAD_BYTES", 1000)
    answer = client.post("/gradio_api/upload", files={"files": ("film.png", bytes(100_000))})
    assert answer.status_code == 429 and answer.text == upload_text.YOURS_ARE_WAITING
    assert answer.headers["cache-control"] == "no-store"


def test_nothing_is_offered_as_an_interface(served):
    client, demo, _ = served
    assert client.get("/gradio_api/info").json()["named_endpoints"] == {}
    assert all(fn.api_visibility == "private" for fn in demo.fns.values() if fn.fn or fn.js)


def test_everything_that_touches_a_model_waits_in_one_line(served):
    _, demo, _ = served
    queues = {fn.fn.__name__: fn.concurrency_id for fn in demo.fns.values() if fn.fn and fn.queue is not False}
    assert {queues[name] for name in ("analyse", "switch", "choose")} == {"model"}


def test_checks_wait_neither_for_maps_nor_maps_for_them_and_the_rest_for_nobody(served):
    _, demo, _ = served
    lines = {}
    for fn in demo.fns.values():
        if fn.fn and fn.fn.__qualname__.startswith("EvaluationEvents."):
            lines.setdefault(fn.fn.__name__, set()).add(fn.concurrency_id if fn.queue else None)
    assert lines.pop("check") == {"evaluation", "slow evaluation"}
    assert lines == dict.fromkeys(("show", "follow", "draw", "ask", "stop"), {None})


def test_no_component_holds_pixels_between_events(served):
    _, demo, _ = served
    kinds = {type(block).__name__ for block in demo.blocks.values()}
    assert not kinds & {"State", "Image", "BrowserState", "Gallery", "ImageEditor", "DeepLinkButton"}


def test_a_checkpoint_that_cannot_be_used_is_listed_with_its_reason(served):
    client, _, _ = served
    assert "broken" in client.get("/config").text


def test_without_a_checkpoint_the_page_opens_and_says_how_to_make_one(folder):
    demo = page.build_page({}, {}, folder)
    told = str(demo.get_config_file())
    assert "no checkpoint" in told and "python -m train run" in told


def test_the_assurance_on_the_page_names_the_times_that_the_code_keeps():
    assert f"{sessions.KEPT_MINUTES} minutes" in page_text.KEPT
    longest_s = uploads.LEFT_OVER_S + uploads.SWEEP_EVERY_S
    assert (
        f"within {page_text.LEFT_OVER_MINUTES} minutes" in page_text.KEPT
        and longest_s <= page_text.LEFT_OVER_MINUTES * 60
    )
    assert guard.OPEN and not any("file" in path for path in guard.OPEN)
