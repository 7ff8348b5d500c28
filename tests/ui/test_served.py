"""What the page keeps and for how long, and the page as it is served, without a browser."""

import contextlib
import fcntl
import gc
import json
import os
import re
import threading
import time
import weakref
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from gradio_client.utils import apply_diff

from cxr_demo.analysis import DEFAULT_METHODS
from cxr_demo.film.reading import read_image
from cxr_demo.limits import KEPT_MINUTES, MAX_FILMS, MAX_PAGE_BYTES, MAX_SESSIONS
from cxr_demo.text import page_text
from cxr_demo.text.catalogue import format_text, use_language
from cxr_demo.ui.app import guard, program_bounds, upload_route, uploads
from cxr_demo.ui.app import page as app_page
from cxr_demo.ui.app.intentions import INTENTIONS
from cxr_demo.ui.app.sessions import Film, Sessions
from tests.ui.stand_ins import LABELS, Page, StandIn, make_desk, png

pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


def test_a_session_goes_after_its_time_and_when_its_page_closes():
    gone = []
    store = Sessions(on_gone=lambda key, session: gone.append(key))
    store.keep("old").used -= KEPT_MINUTES * 60 + 1
    store.keep("new")
    store.sweep()
    assert gone == ["old"] and store.find("old") is None and store.find("new")
    store.forget("new")
    store.forget("new")
    assert gone == ["old", "new"] and len(store) == 0


def test_the_longest_unused_session_with_a_film_of_a_person_makes_room():
    store = Sessions()
    for number in range(MAX_SESSIONS):
        session = store.keep(str(number))
        session.used += number
        session.films["1"] = Film("1", "a.png")
    store.keep("example").films["1"] = Film("1", "Synthetic", example=1)
    store.find("0")
    more = store.keep("one more")
    more.used += 1000
    more.films["1"] = Film("1", "a.png")
    store.keep("one more")
    assert len(store) == MAX_SESSIONS + 1 and store.find("one more") and store.find("example")


def test_a_film_that_is_removed_is_nowhere_in_memory(folder):
    page = Page(make_desk({"a": StandIn(), "b": StandIn()}, folder))
    page.open()
    page.press("draw_regions", regions=[{"shape": [0.1, 0.1, 0.2, 0.2]}])
    page.press("compare_with", choice="with b")
    page.press("run_checks")
    page.settle()
    page.press("choose_film", film=page.session.wish.film)
    pixels = weakref.ref(page.session.film.image)
    map_ = weakref.ref(next(iter(page.session.reading.maps.values())))
    page.press("remove_film", film=page.session.wish.film)
    page.settle()
    gc.collect()
    assert pixels() is None and map_() is None
    pictures = [part for part in page.session.rendered.list_parts("panels") if part.pictures]
    assert pictures == [] and page.session.pair_rows is None


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


def test_the_page_answers_with_its_headers_and_health(served):
    client, _, _ = served
    answer = client.get("/")
    assert answer.status_code == 200 and format_text("page-title") in answer.text
    assert "frame-ancestors" in answer.headers["content-security-policy"]
    assert answer.headers["x-content-type-options"] == "nosniff" and answer.headers["cache-control"] == "no-store"
    assert client.get("/healthz").json() == {"ok": True, "served": ["a"], "refused": ["broken"]}
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


def find_event(demo, name: str) -> int:
    """The number of what happens when the one component of the page triggers it."""
    return next(number for number, fn in demo.fns.items() if name in [event for _, event in fn.targets])


class Browser:
    """What the page's script does: it sends presses with their numbers, and follows until the page is at rest."""

    def __init__(self, client: httpx.Client, demo, session: str) -> None:
        self.client, self.demo, self.session, self.number, self.bodies = client, demo, session, 0, {}
        self.parts = self.press("open_page")

    def upload(self, data: bytes, name: str) -> str:
        (path,) = self.client.post("/gradio_api/upload", files={"files": (name, data)}).raise_for_status().json()
        self.press("take_film", path=path, name=name)
        return path

    def press(self, intention: str, **data) -> dict:
        self.number += 1
        answer = self.client.post("/gradio_api/run/predict", json=self._describe(intention, data)).raise_for_status()
        return self._read(answer.json()["data"][0])

    def settle(self) -> dict:
        """What stands in each part in the end."""
        self.client.post("/gradio_api/queue/join", json=self._describe("follow", {})).raise_for_status()
        value, parts = None, {}
        with self.client.stream("GET", f"/gradio_api/queue/data?session_hash={self.session}") as stream:
            for line in stream.iter_lines():
                message = json.loads(line.removeprefix("data: ")) if line else {}
                kind = message.get("msg")
                if kind not in ("process_generating", "process_completed"):
                    continue
                assert message["success"], message
                (given,) = message["output"]["data"]
                # After the first, gradio sends what is different.
                value = given if value is None or kind == "process_completed" else apply_diff(value, given)
                parts = self._read(value)
                if kind == "process_completed":
                    assert value["rest"] and not value["follow"] and value["heard"][-1] == self.number
                    return parts
        raise AssertionError("the stream ended before the page was at rest")

    def _describe(self, event: str, data: dict) -> dict:
        data = {**data, "press": self.number, "have": list(self.bodies)}
        return {"data": [], "fn_index": find_event(self.demo, event), "session_hash": self.session, "event_data": data}

    def _read(self, value: dict) -> dict:
        self.bodies |= value["bodies"]
        return {name: self.bodies[id_] for name, id_ in value["parts"].items()}


def list_left(folder: Path) -> list[Path]:
    """Folders, and files that are not empty; what goes while it is looked at is not left."""
    left = []
    for place, folders, files in os.walk(folder):
        left += [Path(place, name) for name in folders]
        for path in (Path(place, name) for name in files):
            with contextlib.suppress(FileNotFoundError):
                left += [path] if path.stat().st_size else []
    return left


def upload_at_once(served, films: list[bytes], name: str) -> list[tuple[str, dict]]:
    """Every film by a session of its own, all within the same moment -> (path, what its page shows in the end)."""
    client, demo, _ = served
    gate = threading.Barrier(len(films))

    def run(number: int) -> tuple[str, dict]:
        with httpx.Client(base_url=client.base_url, timeout=120) as own:
            browser = Browser(own, demo, f"{name}-{number}")
            browser.press("open_page")
            gate.wait()
            path = browser.upload(films[number], "film.png")
            return path, browser.settle()

    with ThreadPoolExecutor(len(films)) as pool:
        return list(pool.map(run, range(len(films))))


def test_thirty_sessions_that_upload_the_same_bytes_within_a_second_get_their_film_each(served):
    _, _, folder = served
    paths, shown = zip(*upload_at_once(served, [png()] * 30, "same"), strict=True)
    assert len(set(paths)) == 30
    digest = digest_of(folder, png())
    for parts in shown:
        assert f'data-label="{LABELS[1]}" aria-pressed="true"' in parts["findings"]["html"]
        assert parts["panels"]["about"].startswith(digest) and set(parts["panels"]["maps"]) == set(DEFAULT_METHODS)
        assert parts["notice"]["html"] == ""
    assert list_left(folder) == []


def test_thirty_sessions_that_upload_thirty_films_at_once_see_their_own(served):
    _, _, folder = served
    films = [png(seed) for seed in range(30)]
    shown = [parts for _, parts in upload_at_once(served, films, "own")]
    digests = [digest_of(folder, film) for film in films]
    assert len(set(digests)) == 30
    assert [parts["panels"]["about"].split()[0] for parts in shown] == digests
    assert all(set(parts["panels"]["maps"]) == set(DEFAULT_METHODS) for parts in shown)
    assert len({parts["panels"]["film"]["picture"] for parts in shown}) == 30
    assert list_left(folder) == []


def digest_of(folder: Path, film: bytes) -> str:
    """By which the page knows the film: of its pixels."""
    path = folder / "digest"
    path.write_bytes(film)
    try:
        return read_image(path).sha256
    finally:
        path.unlink()


def test_a_page_that_is_closed_takes_its_films_along(served):
    client, demo, folder = served
    with client.stream("GET", "/gradio_api/heartbeat/closed") as open_page:
        beats = open_page.iter_raw()
        next(beats)
        browser = Browser(client, demo, "closed")
        browser.upload(png(), "film.png")
        parts = browser.settle()
        assert "film.png" in parts["strip"]["html"]
        browser.upload(png(1), "unread.png")  # nobody follows, so nobody reads it
        assert len(list_left(folder)) == 2
    until = time.monotonic() + 20
    while list_left(folder) and time.monotonic() < until:
        time.sleep(0.05)
    assert list_left(folder) == []
    told = browser.press("choose_label", label="normal")
    assert told["strip"]["html"] == "" and "no longer in memory" in told["notice"]["html"]


def test_a_refused_upload_is_one_sentence(served, monkeypatch):
    client, _, folder = served
    monkeypatch.setattr(upload_route, "MAX_UNREAD_BYTES", 1000)
    answer = client.post("/gradio_api/upload", files={"files": ("film.png", bytes(100_000))})
    assert answer.status_code == 429 and answer.text == format_text("upload-yours-waiting")
    assert answer.headers["cache-control"] == "no-store"


def test_programs_are_offered_their_endpoints_and_nothing_of_the_page(served):
    client, demo, _ = served
    info = client.get("/gradio_api/info").json()
    names = ["/models", "/methods", "/predict", "/explain", "/evaluate", "/report"]
    assert [*info["named_endpoints"]] == names and info["unnamed_endpoints"] == {}
    offered = [fn.api_name for fn in demo.fns.values() if (fn.fn or fn.js) and fn.api_visibility != "private"]
    assert offered == [name.removeprefix("/") for name in names]


def test_a_press_waits_for_nobody_and_as_many_follow_as_there_are_pages(served):
    _, demo, _ = served
    events = {event: fn for fn in demo.fns.values() for _, event in fn.targets}
    assert set(INTENTIONS) <= set(events)
    assert [name for name in INTENTIONS if events[name].queue is not False] == []
    assert events["follow"].queue and events["follow"].concurrency_limit is None
    assert {events[name].trigger_mode for name in (*INTENTIONS, "follow")} == {"multiple"}


def test_no_component_holds_pixels_between_events(served):
    _, demo, _ = served
    kinds = {type(block).__name__ for block in demo.blocks.values()}
    assert not kinds & {"State", "Image", "BrowserState", "Gallery", "ImageEditor", "DeepLinkButton"}


def test_a_checkpoint_that_cannot_be_used_is_listed_with_its_reason(served):
    client, demo, _ = served
    told = Browser(client, demo, "facts").parts["facts"]["html"]
    assert "broken" in told and "&lt;b&gt;It is cut short." in told


def test_without_a_checkpoint_the_page_opens_and_says_how_to_make_one(folder):
    demo = app_page.build_page({}, {}, folder)
    told = str(demo.get_config_file())
    assert "no network" in told and "python -m train run" in told


def test_the_assurance_on_the_page_names_the_times_that_the_code_keeps():
    assert f"{KEPT_MINUTES} minutes" in page_text.describe_keeping()
    longest_s = uploads.LEFT_OVER_S + uploads.SWEEP_EVERY_S
    assert (
        f"within {page_text.LEFT_OVER_MINUTES} minutes" in page_text.describe_keeping()
        and longest_s <= page_text.LEFT_OVER_MINUTES * 60
    )
    assert f"at most {MAX_FILMS} films, and {MAX_PAGE_BYTES // 2**20} MB" in page_text.describe_keeping()
    assert guard.OPEN and not any("file" in path for path in guard.OPEN)


def test_a_full_queue_is_told_in_the_page_s_own_words(served, monkeypatch):
    client, demo, _ = served
    person = Browser(client, demo, "one too many")
    monkeypatch.setattr(demo._queue, "max_size", 0)
    order = person._describe("follow", {})
    answer = client.post("/gradio_api/queue/join", json=order, headers={"accept-language": "de"})
    with use_language("de"):
        assert (answer.status_code, answer.json()) == (503, {"detail": format_text("queue-full")})
    monkeypatch.undo()
    assert person.settle()


def test_what_gradio_keeps_of_an_answer_to_a_program_goes_and_pages_stay(served, monkeypatch):
    client, demo, _ = served
    person = Browser(client, demo, "a page that stays")
    holder, queue = demo.state_holder, demo._queue
    event = client.post("/gradio_api/call/v2/methods", json={}).json()["event_id"]
    answer = client.get(f"/gradio_api/call/methods/{event}").text
    assert "event: complete" in answer and "grad-cam" in answer
    lost = client.post("/gradio_api/call/v2/methods", json={}).json()["event_id"]  # nobody fetches it
    desk_keys = {"a page that stays"}
    answers = program_bounds.AnswersKept(demo, desk_keys.__contains__)
    answers.forget()
    assert queue.pending_event_ids_session and lost
    monkeypatch.setattr(program_bounds, "KEPT_ANSWER_S", 0)
    kept = holder.session_data, queue.pending_messages_per_session, queue.pending_event_ids_session
    until = time.monotonic() + 20
    while set().union(*kept) - desk_keys and time.monotonic() < until:  # a call under way keeps its own
        time.sleep(0.05)
        answers.forget()
    assert set().union(*kept) <= desk_keys
    assert person.settle()


def test_programs_leave_room_in_the_row_for_people(served, monkeypatch):
    client, demo, _ = served
    monkeypatch.setattr(program_bounds, "MAX_PROGRAMS_WAITING", 0)
    asked = client.post("/gradio_api/call/v2/methods", json={})
    told = client.post("/gradio_api/call/v2/methods", json={})
    assert 503 in (asked.status_code, told.status_code) and format_text("queue-full") in asked.text + told.text
    assert Browser(client, demo, "a person").settle()
