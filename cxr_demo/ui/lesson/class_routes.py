"""The two pages of a class, and what they ask the server: plain requests, since thirty phones need not load all of the
page for films. Nothing of a class is written to disk, and nothing names a learner but the teacher's table."""

from __future__ import annotations

import asyncio
import ipaddress
import json
import socket
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit, urlunsplit
from weakref import WeakKeyDictionary

import gradio as gr
import psutil
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from cxr_demo.errors import CxrError
from cxr_demo.export.class_table import write_class_table
from cxr_demo.export.handout import make_handout
from cxr_demo.film.bounded_reading import read_bounded
from cxr_demo.limits import LOOK_SECONDS
from cxr_demo.teaching.classroom import Classes, Classroom, Seat, Stage, check_token
from cxr_demo.text import class_text
from cxr_demo.text.catalogue import LANGUAGES, match_language, say, use_language
from cxr_demo.ui.faults import describe_error
from cxr_demo.ui.lesson import class_page, class_view
from cxr_demo.ui.lesson.class_page import render_page
from cxr_demo.ui.lesson.class_view import WayIn
from cxr_demo.ui.lesson.exam_room import ExamRoom
from cxr_demo.ui.lesson.film_card import style_picture

CLASS = "/class"
TEACH = f"{CLASS}/teach"
OF_LEARNERS = tuple(f"{CLASS}{asked}" for asked in ("", "/", "/join", "/leave", "/look", "/answer"))
LOOK_EVERY_S = 0.2  # a waiting request looks whether there is something new
ALL_ADDRESSES = ("0.0.0.0", "::")
LONGEST_ADDRESS = 500  # characters of the learners' page; a QR code holds 2,900
BOM = "\ufeff"  # by which a spreadsheet knows UTF-8
Told = dict[str, Any]


class Hall:
    """The classes of a page: `address`, on which it listens, tells whether phones can reach it."""

    def __init__(self, room: ExamRoom, address: str) -> None:
        self.room, self.address, self.classes = room, address, Classes()
        self.ways_in: WeakKeyDictionary[Classroom, WayIn] = WeakKeyDictionary()
        self.printing = asyncio.Lock()  # one hand-out at a time: its films fill memory


HALLS: WeakKeyDictionary[gr.Blocks, Hall] = WeakKeyDictionary()


def list_class_routes() -> list[Route]:
    asked: dict[str, Callable] = {
        "join": _join, "leave": _leave, "look": _look, "answer": _answer, "open": _open, "wall": _watch, "act": _act,
        "results.csv": _take_results, "handout.pdf": _take_handout, "solutions.pdf": _take_handout,
    }  # fmt: skip
    return [
        Route(CLASS, _show_learner_page),
        Route(f"{CLASS}/", _show_learner_page),
        Route(TEACH, _show_teacher_page),
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
    """Nothing for what no page of ours sends, as text that no answer could say again."""
    try:
        told = await request.json()
        json.dumps(told, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        return {}
    return told if isinstance(told, dict) else {}


async def _join(hall: Hall, told: Told, request: Request) -> Response:
    """`code`, `nickname`, and `seat`, the token that the browser has made for it."""
    classroom = hall.classes.find(str(told.get("code", "")))
    seat = classroom.join(str(told.get("nickname", "")), check_token(told.get("seat")))
    return JSONResponse({"seat": seat.token, "code": classroom.code})


async def _leave(hall: Hall, told: Told, request: Request) -> Response:
    classroom, seat = hall.classes.find_seat(str(told.get("seat", "")))
    classroom.leave(seat)
    return JSONResponse({})


async def _look(hall: Hall, told: Told, request: Request) -> Response:
    """As soon as the seat shows something newer than `seen`, or after LOOK_SECONDS."""
    classroom, seat = hall.classes.find_seat(str(told.get("seat", "")))
    await _wait(hall, told, classroom, lambda: number_view(classroom, seat))
    number = number_view(classroom, seat)
    if number == told.get("seen"):
        return JSONResponse({"number": number})
    shown = await asyncio.to_thread(class_view.render_seat, hall.room, classroom, seat)
    return await _tell(hall, classroom, told, {"number": number, "html": shown})


async def _answer(hall: Hall, told: Told, request: Request) -> Response:
    """What the seat shows then, `_look` tells."""
    classroom, seat = hall.classes.find_seat(str(told.get("seat", "")))
    turn = told.get("turn")
    classroom.take_answer(seat, turn if type(turn) is int else -1, told.get("own"))
    return JSONResponse({"taken": True})


async def _open(hall: Hall, told: Told, request: Request) -> Response:
    """`deck`, `key`, which the browser has made, and `address` of the learners' page as that browser knows it."""
    deck = hall.room.decks.get(str(told.get("deck", "")))
    if deck is None:
        raise CxrError("class-no-deck")
    way_in = find_way_in(str(told.get("address", "")), hall.address)
    client = request.client.host if request.client else ""
    classroom = hall.classes.open(deck, check_token(told.get("key")), client)
    hall.ways_in.setdefault(classroom, way_in)
    return await _tell_wall(hall, classroom, told)


async def _watch(hall: Hall, told: Told, request: Request) -> Response:
    """As `_look`, for the teacher; who is still there is told anew in any case."""
    classroom = hall.classes.find_by_key(str(told.get("key", "")))
    await _wait(hall, told, classroom, lambda: classroom.changes)
    return await _tell_wall(hall, classroom, told)


async def _act(hall: Hall, told: Told, request: Request) -> Response:
    """`act`, pressed when the wall showed `stage` and `turn`."""
    classroom, act = hall.classes.find_by_key(str(told.get("key", ""))), str(told.get("act", ""))
    if act == "close":
        hall.classes.close(classroom)
        raise CxrError("class-over")
    if act in ("lock", "unlock"):
        classroom.lock(act == "lock")
    else:
        await _prepare(hall, classroom, act)
        turn = told.get("turn")
        classroom.act(act, str(told.get("stage", "")), turn if type(turn) is int else -1)
    return await _tell_wall(hall, classroom, told)


async def _prepare(hall: Hall, classroom: Classroom, act: str) -> None:
    """What all will ask for at once is made before it is shown to anybody."""
    if act not in classroom.list_acts():
        return
    deck, turn = classroom.deck, classroom.turn
    if act in ("start", "next") and not classroom.is_last:
        await asyncio.to_thread(hall.room.show_film, deck, turn + 1)
    if act == "networks":
        for network in classroom.plan.networks.values():
            await asyncio.to_thread(hall.room.ask_network, deck, turn, network)


async def _take_results(hall: Hall, told: Told, request: Request) -> Response:
    classroom = hall.classes.find_by_key(str(told.get("key", "")))
    table = await asyncio.to_thread(write_class_table, classroom)
    return Response(BOM + table, media_type="text/csv")


async def _take_handout(hall: Hall, told: Told, request: Request) -> Response:
    """With the truth where the address says solutions."""
    classroom = hall.classes.find_by_key(str(told.get("key", "")))
    with_truth = request.url.path.endswith("/solutions.pdf")
    shown = range(classroom.turn + 1) if with_truth else ()
    answered = {turn: class_text.describe_answers_of_class(classroom.tally(turn)) for turn in shown}
    async with hall.printing:
        made = await asyncio.to_thread(make_handout, classroom.deck, with_truth, read_bounded, answered)
    return Response(made, media_type="application/pdf")


# ---- what they are told


async def _wait(hall: Hall, told: Told, classroom: Classroom, number: Callable[[], int]) -> None:
    until = time.monotonic() + LOOK_SECONDS
    while number() == told.get("seen") and time.monotonic() < until:
        await asyncio.sleep(LOOK_EVERY_S)
        hall.classes.check_open(classroom)


def number_view(classroom: Classroom, seat: Seat) -> int:
    """Of what a seat shows: what comes later has a higher one."""
    return 2 * classroom.moves + (classroom.turn in seat.answers)


async def _tell_wall(hall: Hall, classroom: Classroom, told: Told) -> Response:
    number, way_in = classroom.changes, hall.ways_in[classroom]
    shown = await asyncio.to_thread(class_view.render_wall, hall.room, classroom, way_in)
    return await _tell(hall, classroom, told, {"number": number, "html": shown})


async def _tell(hall: Hall, classroom: Classroom, told: Told, answer: dict) -> Response:
    """The film goes along where the page does not have it, by the `turn` that it `has`."""
    turn = classroom.turn
    if turn >= 0 and told.get("has") != turn and classroom.stage is not Stage.ENDED:
        picture = await asyncio.to_thread(hall.room.show_film, classroom.deck, turn)
        answer |= {"has": turn, "picture": style_picture(picture)}
    return JSONResponse(answer)


def find_way_in(address: str, listens_on: str) -> WayIn:
    """The addresses of the learners' page that lead here from another machine: as the teacher's browser has it, and
    where that is this machine's name for itself, its own in its networks."""
    try:
        parts = urlsplit(address)
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return WayIn((), is_alone=False)
    if parts.scheme not in ("http", "https") or not parts.hostname or len(address) > LONGEST_ADDRESS:
        return WayIn((), is_alone=False)
    if not _is_own_name(parts.hostname):
        return WayIn((address,), is_alone=False)
    if listens_on not in ALL_ADDRESSES:
        return WayIn((), is_alone=True)
    found = (urlunsplit(parts._replace(netloc=f"{own}{port}")) for own in list_own_addresses())
    return WayIn(tuple(found), is_alone=False)


def _is_own_name(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def list_own_addresses() -> list[str]:
    """IPv4 addresses of this machine in its networks, the one by which it reaches others first; also where there is no
    way out of a room. None where it is in no network."""
    found = [
        entry.address
        for entries in psutil.net_if_addrs().values()
        for entry in entries
        if entry.family is socket.AF_INET and not ipaddress.ip_address(entry.address).is_loopback
    ]
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as way:
        try:
            way.connect(("192.0.2.1", 9))  # an address of nobody, RFC 5737; nothing is sent
            usual = str(way.getsockname()[0])
        except OSError:
            usual = ""
    return sorted(dict.fromkeys(found), key=lambda address: address != usual)
