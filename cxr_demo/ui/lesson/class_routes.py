"""The two pages of a class, and what they ask the server: plain requests, since thirty phones need not load all of the
page for films. Nothing of a class is written to disk, and nothing names a learner but the teacher's table."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import time
from collections.abc import Callable
from urllib.parse import urlsplit, urlunsplit
from weakref import WeakKeyDictionary

import gradio as gr
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from cxr_demo.errors import CxrError
from cxr_demo.export.class_table import write_class_table
from cxr_demo.export.handout import make_handout
from cxr_demo.film.bounded_reading import read_bounded
from cxr_demo.limits import LOOK_SECONDS
from cxr_demo.teaching.classroom import Classes, Classroom, Seat, Stage
from cxr_demo.text import class_text
from cxr_demo.text.catalogue import LANGUAGES, match_language, say, use_language
from cxr_demo.ui.faults import describe_error
from cxr_demo.ui.lesson import class_page, class_view
from cxr_demo.ui.lesson.class_page import render_page
from cxr_demo.ui.lesson.exam_room import ExamRoom

CLASS = "/class"
OF_LEARNERS = (
    CLASS,
    f"{CLASS}/join",
    f"{CLASS}/look",
    f"{CLASS}/answer",
)  # by a code alone, also where a host asks for
# a login
LOOK_EVERY_S = 0.2  # a waiting request looks whether there is something new
ALL_ADDRESSES = ("0.0.0.0", "::")
Told = dict[str, object]


class Hall:
    """The classes of a page: `address`, on which it listens, tells whether phones can reach it."""

    def __init__(self, room: ExamRoom, address: str) -> None:
        self.room, self.address, self.classes = room, address, Classes()
        self.addresses: WeakKeyDictionary[Classroom, str] = WeakKeyDictionary()


HALLS: WeakKeyDictionary[gr.Blocks, Hall] = WeakKeyDictionary()


def list_class_routes() -> list[Route]:
    asked: dict[str, Callable] = {
        "join": _join, "look": _look, "answer": _answer, "open": _open, "wall": _watch, "act": _act,
        "results.csv": _take_results, "handout.pdf": _take_handout, "solutions.pdf": _take_handout,
    }  # fmt: skip
    return [
        Route(CLASS, _show_learner_page),
        Route(f"{CLASS}/teach", _show_teacher_page),
        *(Route(f"{CLASS}/{name}", _heed(handle), methods=["POST"]) for name, handle in asked.items()),
    ]


# ---- the pages


async def _show_learner_page(request: Request) -> Response:
    with use_language(_choose_language(request)):
        return HTMLResponse(render_page(say("class-title"), class_view.render_join(), class_page.OF_LEARNER))


async def _show_teacher_page(request: Request) -> Response:
    with use_language(_choose_language(request)):
        decks = class_view.render_opening(_find_hall(request).room)
        return HTMLResponse(render_page(say("class-teach-title"), decks, class_page.OF_TEACHER))


def _choose_language(request: Request) -> str:
    chosen = request.query_params.get("lang", "")
    return chosen if chosen in LANGUAGES else match_language(request.headers.get("accept-language", ""))


def _find_hall(request: Request) -> Hall:
    return HALLS[request.app.get_blocks()]


# ---- what they ask


def _heed(handle: Callable) -> Callable:
    """Each request is JSON and so is its answer, but for a file; what cannot be done is a sentence, `error`."""

    async def heed(request: Request) -> Response:
        told = await _read_json(request)
        language = str(told.get("language"))
        with use_language(language if language in LANGUAGES else _choose_language(request)):
            try:
                return await handle(_find_hall(request), told, request)
            except CxrError as error:
                is_over = error.args == ("class-over",)
                return JSONResponse({"error": str(error), "over": is_over}, 410 if is_over else 400)
            except Exception as error:  # the last place before gradio, which would show or log the traceback
                message, hint = describe_error(error)
                return JSONResponse({"error": f"{message} {hint}".strip(), "over": False}, 500)

    return heed


async def _read_json(request: Request) -> Told:
    try:
        told = await request.json()
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}


async def _join(hall: Hall, told: Told, request: Request) -> Response:
    """`code` and `nickname` -> the token of a seat, and what it shows."""
    classroom = hall.classes.find(str(told.get("code", "")))
    seat = classroom.join(str(told.get("nickname", "")))
    return await _tell_seat(hall, classroom, seat)


async def _look(hall: Hall, told: Told, request: Request) -> Response:
    """As soon as the seat shows something else than `seen`, or after LOOK_SECONDS."""
    classroom, seat = hall.classes.find_seat(str(told.get("seat", "")))
    return await _wait(hall, told, classroom, lambda: _mark_seat(classroom, seat),
                       lambda: _tell_seat(hall, classroom, seat))  # fmt: skip


async def _answer(hall: Hall, told: Told, request: Request) -> Response:
    classroom, seat = hall.classes.find_seat(str(told.get("seat", "")))
    turn = told.get("turn")
    classroom.take_answer(seat, turn if type(turn) is int else -1, told.get("own"))
    return await _tell_seat(hall, classroom, seat)


async def _open(hall: Hall, told: Told, request: Request) -> Response:
    """`deck`, and `address` of the learners' page as the teacher's browser knows it -> the key, and the wall."""
    deck = hall.room.decks.get(str(told.get("deck", "")))
    if deck is None:
        raise CxrError("class-no-deck")
    classroom = hall.classes.open(deck)
    hall.addresses[classroom] = find_way_in(str(told.get("address", "")), hall.address)
    return await _tell_wall(hall, classroom)


async def _watch(hall: Hall, told: Told, request: Request) -> Response:
    """As `_look`, for the teacher."""
    classroom = hall.classes.find_by_key(str(told.get("key", "")))
    return await _wait(hall, told, classroom, lambda: _mark_wall(classroom), lambda: _tell_wall(hall, classroom))


async def _act(hall: Hall, told: Told, request: Request) -> Response:
    classroom, act = hall.classes.find_by_key(str(told.get("key", ""))), str(told.get("act", ""))
    if act == "close":
        hall.classes.close(classroom)
        raise CxrError("class-over")
    if act == "networks" and act in classroom.list_acts():  # shown to all at once, when all of it is there
        for network in classroom.plan.networks.values():
            await asyncio.to_thread(hall.room.ask_network, classroom.deck, classroom.turn, network)
    classroom.act(act)
    return await _tell_wall(hall, classroom)


async def _take_results(hall: Hall, told: Told, request: Request) -> Response:
    table = write_class_table(hall.classes.find_by_key(str(told.get("key", ""))))
    return Response(table, media_type="text/csv")


async def _take_handout(hall: Hall, told: Told, request: Request) -> Response:
    """With the truth where the address says solutions."""
    classroom = hall.classes.find_by_key(str(told.get("key", "")))
    with_truth = request.url.path.endswith("/solutions.pdf")
    shown = range(classroom.turn + 1) if with_truth else ()
    answered = {turn: class_text.describe_answers_of_class(classroom.tally(turn)) for turn in shown}
    made = await asyncio.to_thread(make_handout, classroom.deck, with_truth, read_bounded, answered)
    return Response(made, media_type="application/pdf")


# ---- what they are told


async def _wait(hall: Hall, told: Told, classroom: Classroom, mark: Callable[[], str], tell: Callable) -> Response:
    until = time.monotonic() + LOOK_SECONDS
    while mark() == told.get("seen"):
        if time.monotonic() > until:
            return JSONResponse({"mark": mark()})
        await asyncio.sleep(LOOK_EVERY_S)
        hall.classes.check_open(classroom)
    return await tell()


def _mark_seat(classroom: Classroom, seat: Seat) -> str:
    """Another one where the seat shows something else."""
    return f"{classroom.stage.value} {classroom.turn} {classroom.turn in seat.answers}"


def _mark_wall(classroom: Classroom) -> str:
    answered = classroom.count_answers(classroom.turn)
    counted = 0 if classroom.stage is Stage.ENDED else len(classroom.seats)
    return f"{classroom.stage.value} {classroom.turn} {counted} {answered}"


async def _tell_seat(hall: Hall, classroom: Classroom, seat: Seat) -> Response:
    mark = _mark_seat(classroom, seat)
    shown = await asyncio.to_thread(class_view.render_seat, hall.room, classroom, seat)
    return JSONResponse({"seat": seat.token, "mark": mark, "html": shown})


async def _tell_wall(hall: Hall, classroom: Classroom) -> Response:
    mark, address = _mark_wall(classroom), hall.addresses[classroom]
    shown = await asyncio.to_thread(class_view.render_wall, hall.room, classroom, address)
    return JSONResponse({"key": classroom.key, "mark": mark, "html": shown})


def find_way_in(address: str, listens_on: str) -> str:
    """The address of the learners' page that leads here from another machine: as the teacher's browser has it, and
    where that is this machine's name for itself, its own in its network; "" where there is none."""
    try:
        parts = urlsplit(address)
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return ""
    if parts.scheme not in ("http", "https") or not parts.hostname:
        return ""
    if not _is_own_name(parts.hostname):
        return address
    own = find_own_address() if listens_on in ALL_ADDRESSES else ""
    return urlunsplit(parts._replace(netloc=f"{own}{port}")) if own else ""


def _is_own_name(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def find_own_address() -> str:
    """Of this machine in its network, "" where it is in none. Nothing is sent."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as way:
        try:
            way.connect(("192.0.2.1", 9))  # an address of nobody, RFC 5737
        except OSError:
            return ""
        own = str(way.getsockname()[0])
    return "" if _is_own_name(own) else own
