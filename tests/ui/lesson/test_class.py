"""The two pages of a class as they are served, without a browser: what each is told at each stage, and what of a
request is not believed."""

from __future__ import annotations

import base64
import re
import secrets
import socket
from types import SimpleNamespace

import bcrypt
import cv2
import httpx
import numpy as np
import pytest

from cxr_demo.limits import LOOK_SECONDS, MAX_CLASSES_OF_CLIENT, MAX_SEATS
from cxr_demo.teaching.classroom import Classes
from cxr_demo.teaching.deck import find_truth_boxes, tell_film
from cxr_demo.teaching.deck_file import find_bundled_decks, read_deck
from cxr_demo.teaching.planted import CHEAT
from cxr_demo.text import exam_text
from cxr_demo.text.catalogue import format_text, use_language
from cxr_demo.ui.app import page as app_page
from cxr_demo.ui.app.host_settings import HostSettings
from cxr_demo.ui.lesson import class_routes, class_view
from cxr_demo.ui.lesson.class_view import WayIn
from cxr_demo.ui.lesson.exam_room import ExamRoom
from tests.serving import find_port
from tests.ui.lesson.test_exam import stand_in
from tests.ui.stand_ins import NASTY, StandIn

pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # gradio's loops
DECK = read_deck(next(folder for folder in find_bundled_decks() if folder.name == "shortcuts"))
BOX = [0.1, 0.2, 0.3, 0.4]
ADDRESS = "http://192.168.0.7:7860/class"
WAY_IN = WayIn((ADDRESS,))


class Teacher:
    def __init__(self, client: httpx.Client, deck: str = "shortcuts", address: str = ADDRESS) -> None:
        self.client, self.key = client, secrets.token_hex(16)
        opened = client.post("/class/open", json={"deck": deck, "address": address, "key": self.key}).json()
        self.wall = opened["html"]
        self.code = re.search(r'class="code large".*?<b>(\w+)</b>', self.wall)[1]

    def press(self, act: str) -> str:
        stage, turn = re.search(r'data-step="([^"]+)"(?: data-state="(\d+)")?', self.wall).groups()
        told = {"key": self.key, "act": act, "stage": stage, "turn": int(turn or -1)}
        answer = self.client.post("/class/act", json=told).json()
        self.wall = answer.get("html", answer.get("error"))
        return self.wall

    def watch(self, seen: int = -1) -> dict:
        return self.client.post("/class/wall", json={"key": self.key, "seen": seen}).json()

    def close(self) -> None:
        self.client.post("/class/act", json={"key": self.key, "act": "close"})


class Learner:
    def __init__(self, client: httpx.Client, code: str, nickname: str = "", language: str = "en") -> None:
        self.client, self.language = client, language
        self.seat = secrets.token_hex(16)
        told = {"code": code, "nickname": nickname, "language": language, "seat": self.seat}
        self.joined = client.post("/class/join", json=told).json()

    def look(self, seen: int = -1, **more) -> dict:
        told = {"seat": self.seat, "seen": seen, "language": self.language} | more
        return self.client.post("/class/look", json=told).json()

    def answer(self, turn: object, own: object) -> dict:
        """What it says, and what is shown then."""
        said = self.client.post("/class/answer", json={"seat": self.seat, "turn": turn, "own": own}).json()
        return said | {"html": self.look().get("html", "")}


@pytest.fixture
def teacher(served):
    teacher = Teacher(served[0])
    yield teacher
    teacher.close()


def test_both_pages_are_small_and_in_the_language_of_the_browser(served):
    client, _, _ = served
    for path, title in (("/class", "class-join-title"), ("/class/teach", "class-teach-title")):
        for asked, language in (("de-AT,de;q=0.9", "de"), ("fr, en;q=0.5", "en")):
            page = client.get(path, headers={"accept-language": asked})
            with use_language(language):
                assert page.status_code == 200 and format_text(title) in page.text
            assert f'<html lang="{language}">' in page.text and len(page.content) < 60_000
            assert "frame-ancestors" in page.headers["content-security-policy"]
        assert '<html lang="de">' in client.get(f"{path}?lang=de").text


def test_a_class_from_the_first_learner_to_the_end(teacher, served):
    learner = Learner(served[0], teacher.code, "Ada")
    assert format_text("class-joined") in learner.look()["html"]
    teacher.press("start")
    film = DECK.films[0]
    secrets = [exam_text.describe_truth(film.kinds), *tell_film(film)]
    for shown in (learner.look()["html"], teacher.wall, teacher.press("pause"), learner.look()["html"]):
        assert not any(secret in shown for secret in secrets)
    teacher.press("go-on")
    given = learner.answer(0, [{"label": "consolidation", "box": BOX}])
    assert format_text("class-waiting") in given["html"] and not any(secret in given["html"] for secret in secrets)
    assert "1 of 1" in teacher.watch()["html"]
    wall = teacher.press("truth")
    assert all(secret in wall for secret in secrets)
    assert wall.count("box crowd") == 1 and "Consolidation: 1" in wall
    assert "1 of 1 name all that is there, and nothing else. 0 of them drew it where it is." in wall
    assert all(secret in learner.look()["html"] for secret in secrets)
    teacher.press("end")
    assert format_text("class-end-told") in learner.look()["html"]


def test_truth_comes_before_networks_and_networks_before_what_is_told_of_them(tiny_checkpoint):
    room = ExamRoom(find_bundled_decks(), {"x": stand_in(tiny_checkpoint, CHEAT, 0.0, 0)})
    deck = room.decks["shortcuts"]
    classroom = Classes().open(deck, "key")
    seat = classroom.join("", "token")
    truth, (_, why) = exam_text.describe_truth(deck.films[0].kinds), tell_film(deck.films[0])
    says = format_text("exam-advice", letter="A")
    for act, told in (("start", ()), ("truth", (truth,)), ("networks", (truth, says, why))):
        classroom.act(act)
        for shown in (class_view.render_wall(room, classroom, WAY_IN), class_view.render_seat(room, classroom, seat)):
            assert [each for each in (truth, says, why) if each in shown] == list(told)
            assert CHEAT not in shown, "which network it is stays open"
    assert "--map:url" in class_view.render_wall(room, classroom, WAY_IN)


def test_nobody_s_name_is_on_the_wall(teacher, served):
    learner = Learner(served[0], teacher.code, "Zaphod")
    walls = [teacher.press("start"), teacher.watch()["html"]]
    learner.answer(0, [])
    walls += [teacher.press(act) for act in ("truth", "networks", "next", "end")]
    assert not any("Zaphod" in wall or learner.seat in wall for wall in walls)
    assert "Zaphod" in served[0].post("/class/results.csv", json={"key": teacher.key}).text


def test_who_comes_back_has_the_same_place_and_counts_once(teacher, served):
    learner = Learner(served[0], teacher.code)
    teacher.press("start")
    for _ in range(3):
        learner.answer(0, [{"label": "mass", "box": BOX}])
    back = learner.look()
    assert format_text("class-waiting") in back["html"] and "1 of 1" in teacher.watch()["html"]


def test_a_look_waits_until_there_is_something_newer(teacher, served, monkeypatch):
    learner = Learner(served[0], teacher.code)
    number = learner.look()["number"]
    monkeypatch.setattr(class_routes, "LOOK_SECONDS", 0.5)
    assert learner.look(number) == {"number": number}
    numbers = [number]
    for act in ("start", "pause", "go-on", None, "truth", "next"):
        if act:
            teacher.press(act)
        else:
            learner.answer(0, [])
        numbers.append(learner.look(number)["number"])
    assert numbers == sorted(set(numbers)) and LOOK_SECONDS < 60  # as proxies wait


def test_a_film_is_sent_once(teacher, served):
    learner = Learner(served[0], teacher.code)
    assert "picture" not in learner.look()
    teacher.press("start")
    first = learner.look(has=-1)
    assert first["has"] == 0 and first["picture"].startswith("--film-picture:url(data:image/")
    assert "picture" not in learner.look(has=0) and "data:image" not in first["html"]
    for act in ("truth", "next"):
        teacher.press(act)
    assert learner.look(has=0)["has"] == 1
    watched = served[0].post("/class/wall", json={"key": teacher.key, "seen": -1, "has": 1}).json()
    assert "picture" not in watched and len(str(watched)) < 5000, "told with every answer"


def test_a_look_that_comes_again_joins_and_opens_once(teacher, served):
    client, demo, _ = served
    told = {"code": teacher.code, "nickname": "Ada", "seat": secrets.token_hex(16)}
    for _ in range(3):
        assert client.post("/class/join", json=told).json() == {"seat": told["seat"], "code": teacher.code}
    assert format_text("class-seats", seats=1) in teacher.watch()["html"]
    again = client.post("/class/open", json={"deck": "shortcuts", "address": ADDRESS, "key": teacher.key}).json()
    assert teacher.code in again["html"] and len(class_routes.HALLS[demo].classes) == 1


def test_who_leaves_gives_the_place_back(teacher, served):
    learner = Learner(served[0], teacher.code)
    served[0].post("/class/leave", json={"seat": learner.seat})
    assert learner.look()["over"] and format_text("class-seats", seats=0) in teacher.watch()["html"]


def test_a_class_that_lets_nobody_in_says_so(teacher, served):
    assert format_text("class-act-unlock") in teacher.press("lock")
    told = {"code": teacher.code, "seat": secrets.token_hex(16)}
    assert format_text("class-locked") in served[0].post("/class/join", json=told).json()["error"]
    teacher.press("unlock")
    assert served[0].post("/class/join", json=told).status_code == 200


def test_another_s_words_reach_nobody(served):
    client, _, _ = served
    wrong = [
        ("join", {"code": NASTY}), ("join", {}), ("look", {"seat": NASTY}), ("answer", {"seat": "x", "own": NASTY}),
        ("open", {"deck": NASTY}), ("wall", {"key": NASTY}), ("act", {"key": "", "act": "start"}),
        ("results.csv", {"key": NASTY}), ("handout.pdf", {}), ("solutions.pdf", {"key": None}),
    ]  # fmt: skip
    for name, told in wrong:
        answer = client.post(f"/class/{name}", json=told)
        assert answer.status_code in (400, 410) and answer.json()["error"], name
    odd = [
        b"",
        b"[]",
        b"{",
        b"\xff",
        b"null",
        b"[" * 200_000,
        b'{"code": "\\ud800"}',
        b'{"code": "' + b"A" * 9000 + b'"}',
    ]
    for body in odd:
        assert client.post("/class/join", content=body).status_code == 400
    assert client.post("/class/wall", content=b'{"key": "\\ud800"}').status_code == 410
    assert client.get("/class/open").status_code == 405 and client.get("/class/nothing").status_code in (403, 404)


def test_wrong_answers_are_sentences(teacher, served):
    learner = Learner(served[0], teacher.code)
    assert learner.answer(0, [])["error"] == format_text("class-late")
    teacher.press("start")
    for turn, own in ((True, []), ("0", []), (None, []), (0, "mass"), (0, [{"label": NASTY, "box": BOX}])):
        assert learner.answer(turn, own)["error"]
    assert "0 of 1" in teacher.watch()["html"]


def test_a_full_class_and_a_full_page_say_so(teacher, served):
    client, _, _ = served
    for _ in range(MAX_SEATS):
        Learner(client, teacher.code)
    full = client.post("/class/join", json={"code": teacher.code, "seat": secrets.token_hex(16)})
    assert full.json()["error"] == format_text("class-full", most=MAX_SEATS)
    more = [Teacher(client) for _ in range(MAX_CLASSES_OF_CLIENT - 1)]
    refused = client.post("/class/open", json={"deck": "shortcuts", "key": secrets.token_hex(16)})
    assert refused.status_code == 400
    assert format_text("class-no-room", most=MAX_CLASSES_OF_CLIENT) in refused.json()["error"]
    for other in more:
        other.close()


def test_a_closed_class_is_forgotten_and_its_pages_are_told(served):
    client, demo, _ = served
    teacher = Teacher(client)
    learner = Learner(client, teacher.code)
    teacher.close()
    assert learner.look() == {"error": format_text("class-over"), "over": True}
    assert teacher.watch()["over"] and len(class_routes.HALLS[demo].classes) == 0


def test_results_and_hand_outs_are_files(teacher, served):
    client, _, _ = served
    learner = Learner(client, teacher.code)
    teacher.press("start")
    learner.answer(0, [])
    table = client.post("/class/results.csv", json={"key": teacher.key})
    assert table.headers["content-type"] == "text/csv; charset=utf-8" and table.text.startswith(
        "\ufefflearner,nickname"
    )
    for name in ("handout.pdf", "solutions.pdf"):
        assert client.post(f"/class/{name}", json={"key": teacher.key}).content.startswith(b"%PDF")


def test_true_boxes_and_the_class_s_lie_where_they_were_drawn(teacher, served):
    learner = Learner(served[0], teacher.code)
    teacher.press("start")
    learner.answer(0, [{"label": "mass", "box": BOX}])
    wall = teacher.press("truth")
    (true,) = find_truth_boxes(DECK.films[0])["consolidation"]
    assert 'style="left:10.00%;top:20.00%;width:30.00%;height:40.00%;--crowd:#' in wall and 'title="Mass"' in wall
    assert f"left:{true[0]:.2%};top:{true[1]:.2%}" in wall


# ---- the way in


def test_the_qr_code_leads_to_the_class(teacher):
    source = re.search(r'<img src="data:image/png;base64,([^"]+)"', teacher.wall)[1]
    picture = cv2.imdecode(np.frombuffer(base64.b64decode(source), np.uint8), cv2.IMREAD_GRAYSCALE)
    assert (picture[:4] == 255).all() and (picture[:, -4:] == 255).all()
    large = cv2.resize(picture, None, fx=8, fy=8, interpolation=cv2.INTER_NEAREST)
    assert cv2.QRCodeDetector().detectAndDecode(large)[0] == f"{ADDRESS}#{teacher.code}"
    assert ADDRESS in teacher.wall


@pytest.mark.parametrize(
    ("address", "listens_on", "ways"),
    [
        ("https://owner-name.hf.space/class", "0.0.0.0", ["https://owner-name.hf.space/class"]),
        ("https://a.example/lungs/class", "127.0.0.1", ["https://a.example/lungs/class"]),
        ("http://192.168.0.7:7860/class", "0.0.0.0", ["http://192.168.0.7:7860/class"]),
        ("http://127.0.0.1:7860/class", "0.0.0.0", ["http://10.0.0.5:7860/class", "http://10.8.0.2:7860/class"]),
        ("http://localhost:7860/class", "::", ["http://10.0.0.5:7860/class", "http://10.8.0.2:7860/class"]),
        ("http://[::1]/class", "0.0.0.0", ["http://10.0.0.5/class", "http://10.8.0.2/class"]),
        ("http://127.0.0.1:7860/class", "127.0.0.1", []),
        ("javascript:alert(1)", "0.0.0.0", []),
        ("http://[broken", "0.0.0.0", []),
        ("http://127.0.0.1:port/class", "0.0.0.0", []),
        (f"http://{'a' * 5000}/class", "0.0.0.0", []),
        ("", "0.0.0.0", []),
    ],
)
def test_phones_are_sent_where_they_can_come(address, listens_on, ways, monkeypatch):
    monkeypatch.setattr(class_routes, "list_own_addresses", lambda: ["10.0.0.5", "10.8.0.2"])
    assert list(class_routes.find_way_in(address, listens_on).addresses) == ways


def test_where_phones_cannot_come_the_wall_says_how_they_could(served):
    teacher = Teacher(served[0], address="http://127.0.0.1:7860/class")
    assert format_text("class-unreachable") in teacher.wall and "<img" not in teacher.wall
    teacher.close()


def test_addresses_are_found_in_a_room_without_a_way_out(monkeypatch):
    """A laptop that is the hotspot: its network is there, and no route leads out of it."""
    entry = SimpleNamespace(family=socket.AF_INET, address="192.168.137.1")
    own = SimpleNamespace(family=socket.AF_INET, address="127.0.0.1")
    monkeypatch.setattr(class_routes.psutil, "net_if_addrs", lambda: {"lo": [own], "ap0": [entry]})

    class NoWay:
        def __init__(self, *_): ...
        def __enter__(self):
            return self

        def __exit__(self, *_): ...
        def connect(self, _):
            raise OSError(101, "Network is unreachable")

    monkeypatch.setattr(class_routes.socket, "socket", NoWay)
    assert class_routes.list_own_addresses() == ["192.168.137.1"]
    monkeypatch.setattr(class_routes.psutil, "net_if_addrs", lambda: {"lo": [own]})
    assert class_routes.list_own_addresses() == []


def test_a_long_address_still_has_a_code_that_can_be_read():
    link = f"https://{'a' * 150}.example/class#ABCDEF"
    source = base64.b64decode(class_view.encode_qr(link).partition(",")[2])
    picture = cv2.imdecode(np.frombuffer(source, np.uint8), cv2.IMREAD_GRAYSCALE)
    large = cv2.resize(picture, None, fx=8, fy=8, interpolation=cv2.INTER_NEAREST)
    assert cv2.QRCodeDetector().detectAndDecode(large)[0] == link


# ---- with a login


def test_a_login_is_asked_of_the_teacher_and_not_of_learners(folder):
    hashed = bcrypt.hashpw(b"secret", bcrypt.gensalt(4))
    settings = HostSettings(port=find_port(), login={"teacher": hashed})
    demo = app_page.build_page({"a": StandIn()}, {}, folder)
    app_page.serve_page(demo, settings, ["a"])
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{settings.port}", timeout=60) as client:
            assert client.get("/class").status_code == 200
            asked = client.get("/class/teach")
            assert (asked.status_code, asked.headers["location"]) == (303, "../")
            assert client.get("/class/").status_code != 401
            refused = client.post("/class/open", json={"deck": "shortcuts"})
            assert refused.status_code == 401
            assert client.post("/login", data={"username": "teacher", "password": "secret"}).status_code == 200
            teacher = Teacher(client)
        with httpx.Client(base_url=f"http://127.0.0.1:{settings.port}", timeout=60) as phone:
            assert format_text("class-joined") in Learner(phone, teacher.code).look()["html"]
            assert phone.post("/class/act", json={"key": teacher.key, "act": "start"}).status_code == 401
    finally:
        demo.close(verbose=False)
