"""INTENTIONS: what a person can do on the page. Each one is small: it changes the wish, or the films, and no more."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

from cxr_demo.errors import ExplanationError
from cxr_demo.evaluation.covering import COVERS
from cxr_demo.explain.methods import METHODS
from cxr_demo.export.map_scales import list_ends
from cxr_demo.export.shown import PAGE_OPACITY
from cxr_demo.film.gate import Mend
from cxr_demo.limits import MAX_FILMS
from cxr_demo.text import upload_text
from cxr_demo.text.catalogue import Said, Words, join_words, say
from cxr_demo.ui.app import example_films, uploads
from cxr_demo.ui.app.desk import Desk
from cxr_demo.ui.app.exports import is_asked_for_names
from cxr_demo.ui.app.sessions import Film, Notice, Session
from cxr_demo.ui.app.wish import FILM, MEMBERS, NOTHING, QUICK, SLOW, STOPPED, WITH, Checks, ExportWish, Wish
from cxr_demo.ui.app.work import list_shown_maps
from cxr_demo.ui.export.export_files import MEDIA_TYPES
from cxr_demo.ui.viewer import film_regions
from cxr_demo.ui.viewer.methods import order_methods

Data = Mapping[str, Any]  # what the browser says; nothing of it is believed
LINKED_KEY = re.compile(r"[\w.-]{1,60}", re.ASCII)
MAX_LINKED_KEYS = 3


@dataclass(frozen=True)
class Press:
    """One thing that a person did: its number, and what the browser says of it."""

    desk: Desk
    session: Session
    number: int
    data: Data

    @property
    def shown(self) -> tuple[str, str, str]:
        """The film, network and label that the page showed when it was pressed."""
        at = self.data.get("at")
        at = at if isinstance(at, dict) else {}
        return str(at.get("film")), str(at.get("checkpoint")), str(at.get("label"))

    def change(self, change: Callable[[Wish], Wish]) -> None:
        self.session.press(self.number, change)


def open_page(press: Press) -> None:
    """The first thing to see is a synthetic film, read by the network that was made for it."""
    if not press.session.films and press.desk.has_own_network:
        _show_example(press, example_films.FIRST)


def open_link(press: Press) -> None:
    """The settings of a link, as far as this page has them; what it has not is said. Films that are there stay."""
    data, known = press.data, press.desk.analysers
    network, label = str(data.get("network", "")), str(data.get("label", ""))
    given = data.get("methods")
    methods = [str(key) for key in given[:100]] if isinstance(given, list) else []
    reader = network if network in known else press.session.wish.own_checkpoint
    labels = known[reader].card.labels if reader in known else ()
    missing = {
        "network": [network] if network and network not in known else [],
        "finding": [label] if label and label not in labels else [],
        "method": [key for key in methods if key not in METHODS],
    }
    shown, contrast, first = order_methods(methods), bool(data.get("contrast")), label if label in labels else ""

    def begin(wish: Wish) -> Wish:
        wish = (wish.choose_checkpoint(network) if network in known else wish).link_label(first)
        return replace(wish, methods=shown or wish.methods, contrast=contrast, checks=None, export=None)

    press.change(begin)
    if any(missing.values()):
        press.session.notice = Notice(_name_missing(missing), say("link-missing.hint"))
    elif not (network or label or methods):
        press.session.notice = Notice(say("link-empty"))


def _name_missing(missing: Mapping[str, list[str]]) -> Said:
    """Of each kind. A link is anybody's: only what looks like a key is said, and no more than a few."""
    is_key = LINKED_KEY.fullmatch
    named = [
        *(say("link-network", name=name) for name in filter(is_key, missing["network"])),
        *(say("link-finding", name=name) for name in filter(is_key, missing["finding"])),
        *(say("link-method", name=name) for name in filter(is_key, missing["method"])),
    ][:MAX_LINKED_KEYS]
    return say("link-missing", what=join_words(*named, between=", ")) if named else say("link-missing.unnamed")


def choose_language(press: Press) -> None:
    """Every press tells which; this one asks for the page in it."""
    press.change(lambda wish: replace(wish, export=None))


def take_film(press: Press) -> None:
    """A file has arrived. Several come one after the other, of which the first is shown."""
    name = str(press.data.get("name", ""))[:200]
    film = _add_film(press, name)
    path, fault = str(press.data.get("path", "")), press.data.get("fault")
    if fault == "size":
        film.fault = upload_text.describe_large_file(), ""
    elif fault or not path:  # by the name of the sentence, if it is the server's that has not taken it
        refusal = upload_text.find_refusal(str(fault))
        film.fault = (refusal, "") if refusal else upload_text.describe_gone_upload()
    else:
        film.path = path
    if press.data.get("show", True):
        _show_film(press, film)


def try_example(press: Press) -> None:
    """A synthetic film is taken, as if it had been uploaded."""
    _show_example(press, press.data.get("index"))


def _show_example(press: Press, index: object) -> None:
    if not (opened := press.desk.open_example(index)):
        return
    for film in press.session.films.values():
        if film.example == index:
            break
    else:
        film = _add_film(press, Words(example_films.name_example, index))
        film.example, film.opened = int(str(index)), opened
    _show_film(press, film)


def _show_film(press: Press, film: Film) -> None:
    """The change is kept for a while, and must not keep a film that is removed meanwhile."""
    key, network = film.key, press.desk.find_network(film)
    press.change(lambda wish: wish.show_film(key, network or wish.own_checkpoint))


def _add_film(press: Press, name: Said) -> Film:
    """A new film of the strip, where only so many have room; the browser counts those that it gives."""
    session, number = press.session, press.data.get("film")
    if isinstance(number, bool) or not isinstance(number, int) or str(number) in session.films:
        number = max(map(int, session.films), default=0) + 1
    others = [key for key in session.films if key != session.wish.film]  # what is looked at stays
    for key in others[: max(0, len(session.films) - MAX_FILMS + 1)]:
        _drop_film(press, key)
        session.notice = Notice(say("oldest-removed", films=MAX_FILMS), kind="done")
    film, key = Film(str(number), name), str(number)
    press.change(lambda wish: wish.forget_regions(key))  # of a former film that had this key
    films = {**session.films, film.key: film}
    session.films = dict(sorted(films.items(), key=lambda item: int(item[0])))  # as they were given, not as they came
    return film


def choose_film(press: Press) -> None:
    """Another film of the strip. As with every choice, what has failed before is tried once more."""
    press.session.failed.clear()
    film = press.session.films.get(str(press.data.get("film")))
    if film is not None:
        _show_film(press, film)


def show_anyway(press: Press) -> None:
    """What the gate has questioned is analysed all the same; its reasons stay with the result."""
    film = press.session.films.get(str(press.data.get("film")))
    if film is not None:
        film.is_accepted = True
        press.change(lambda wish: wish)


def mend_film(press: Press) -> None:
    """A film is turned, inverted or mirrored, as the gate has offered."""
    film, mend = press.session.films.get(str(press.data.get("film"))), str(press.data.get("mend"))
    offered = film.gate.doubts if film and film.gate else ()
    if film is not None and mend in [doubt.mend for doubt in offered]:
        film.wanted_mend, key = Mend(mend), film.key

        def show_mended(wish: Wish) -> Wish:
            wish = wish.forget_regions(key)  # they lay on another picture
            return wish.show_film(key, wish.checkpoint) if wish.film == key else wish

        press.change(show_mended)


def remove_film(press: Press) -> None:
    """A film leaves the page and the server; the next one of the strip is shown."""
    key = str(press.data.get("film"))
    films = press.session.films
    if key not in films:
        return
    _drop_film(press, key)
    press.session.notice = Notice(say("film-removed"), kind="done")
    film = list(films.values())[-1] if films else None
    shown, network = (film.key, press.desk.find_network(film)) if film else ("", "")

    def leave(wish: Wish) -> Wish:
        wish = replace(wish, compared=NOTHING, export=None) if wish.compared == FILM + key else wish
        wish = wish.show_film(shown, network or wish.own_checkpoint) if wish.film == key else wish
        return wish.forget_regions(key)

    press.change(leave)


def _drop_film(press: Press, key: str) -> None:
    film = press.session.drop_film(key)
    if film.path:
        uploads.discard_upload(film.path, press.desk.folder)


def choose_checkpoint(press: Press) -> None:
    press.session.failed.clear()
    name = str(press.data.get("checkpoint"))
    if name in press.desk.analysers:
        press.change(lambda wish: wish.choose_checkpoint(name))


def _is_label(press: Press, label: str) -> bool:
    """Whether one of the page's networks has it; a label need not be of the house's own."""
    return any(label in analyser.card.labels for analyser in press.desk.analysers.values())


def choose_label(press: Press) -> None:
    press.session.failed.clear()
    label = str(press.data.get("label"))
    if _is_label(press, label):
        press.change(lambda wish: wish.choose_label(label))


def choose_methods(press: Press) -> None:
    """All that are chosen now."""
    press.session.failed.clear()
    given = press.data.get("methods")
    methods = order_methods([str(key) for key in given] if isinstance(given, list) else [])
    press.change(lambda wish: replace(wish, methods=methods, export=None))


def pin_scale(press: Press) -> None:
    """The absolute scale of the maps that are shown is kept for all that will be shown, or no more."""
    session, pinned = press.session, ()
    film, checkpoint, label = press.shown
    reading = session.readings.get((film, checkpoint))
    if press.data.get("pinned") and reading is not None:
        pinned = tuple(sorted(list_ends(list_shown_maps(session, reading, label)).items()))
    press.change(lambda wish: replace(wish, pinned_scale=pinned, export=None))


def contrast_labels(press: Press) -> None:
    """Maps of the label against the others, or as they are; checks are made of the latter alone."""
    contrast = bool(press.data.get("contrast"))
    press.change(lambda wish: replace(wish, contrast=contrast, checks=None, export=None))


def draw_regions(press: Press) -> None:
    """All regions of the film that is shown, as they are now: drawn, moved, given in numbers, or one less."""
    film = press.session.films.get(press.shown[0])
    if film is None or film.image is None:
        return
    try:
        regions = film_regions.read_regions(film.image, press.data.get("regions"))
    except ExplanationError as error:  # told beside the fields; the former ones stay
        press.session.region_fault = join_words(*error.said)
        return
    key = film.key

    def draw(wish: Wish) -> Wish:
        cover = wish.cover if regions else ""
        return replace(wish, regions=regions, cover=cover, export=None) if wish.film == key else wish

    press.change(draw)


def cover_regions(press: Press) -> None:
    """The network is asked once more with the regions covered in one way of COVERS, or no longer."""
    how, key = press.data.get("how"), press.shown[0]
    if how in ("", *COVERS):
        press.change(lambda wish: replace(wish, cover=how, export=None) if wish.film == key and wish.regions else wish)


def run_checks(press: Press) -> None:
    """Of whatever is wanted then."""
    checks = Checks(SLOW if press.data.get("slow") else QUICK, press.number)
    press.change(lambda wish: replace(wish, checks=checks, export=None))


def stop_checks(press: Press) -> None:
    press.change(lambda wish: replace(wish, checks=Checks(STOPPED, press.number)))


def compare_with(press: Press) -> None:
    """Another checkpoint, another film, the members of an ensemble, or nothing."""
    choice = str(press.data.get("choice"))
    name = choice.removeprefix(WITH)
    if choice.startswith(FILM) and (key := choice.removeprefix(FILM)) in press.session.films:
        press.change(lambda wish: wish if key == wish.film else replace(wish, compared=choice, export=None))
    if choice in (NOTHING, MEMBERS) or (choice.startswith(WITH) and name in press.desk.analysers):
        press.change(lambda wish: wish if name == wish.checkpoint else replace(wish, compared=choice, export=None))


def swap_films(press: Press) -> None:
    """The film that is compared with the one shown changes places with it."""
    films = frozenset(press.session.films)
    press.change(lambda wish: wish.swap_films() if wish.compared.removeprefix(FILM) in films else wish)


def show_table(press: Press) -> None:
    """What the network says of all films; or no longer."""
    shown = bool(press.data.get("shown"))
    press.change(lambda wish: replace(wish, table=shown))


def compute_slow(press: Press) -> None:
    """A map of the other checkpoint, although it takes long."""
    method, label = str(press.data.get("method")), press.shown[2]
    if method in METHODS and _is_label(press, label):
        asked = (label, method)
        press.change(lambda wish: replace(wish, slow=wish.slow | {asked}))


def take_home(press: Press) -> None:
    """A file of what is shown. Of films of a person's own only once they have looked whether it shows who it is."""
    film, data = press.session.films.get(press.shown[0]), press.data
    kind, panel = str(data.get("kind")), str(data.get("panel"))
    if (
        film is None
        or kind not in MEDIA_TYPES
        or (is_asked_for_names(press.session) and data.get("looked") is not True)
    ):
        return
    low, high, opacity = (_read_share(data.get(name), usual) for name, usual in
                          (("low", 0.0), ("high", 1.0), ("opacity", PAGE_OPACITY)))  # fmt: skip
    window = data.get("window")
    asked = ExportWish(
        kind, panel, press.number, bool(data.get("absolute")), bool(data.get("held")), min(1.0, max(0.0, opacity)), low,
        high, bool(data.get("inverted")), window if isinstance(window, int) else 0,
    )  # fmt: skip
    key = film.key
    press.change(lambda wish: replace(wish, export=asked) if wish.film == key else wish)


def _read_share(told: object, usual: float) -> float:
    """A number that the browser says, within what a window may be."""
    if isinstance(told, bool) or not isinstance(told, int | float) or not math.isfinite(told):
        return usual
    return min(2.0, max(-1.0, float(told)))


# What a page begins with, also when it comes back after its time.
BEGINNINGS = (open_page, open_link, take_film, try_example)
INTENTIONS: Mapping[str, Callable[[Press], None]] = MappingProxyType(
    {
        intention.__name__: intention
        for intention in (
            open_page, open_link, take_film, try_example, choose_film, show_anyway, mend_film, remove_film,
            choose_checkpoint, choose_label, choose_language, choose_methods, pin_scale, contrast_labels, draw_regions,
            cover_regions, run_checks, stop_checks, compare_with, swap_films, compute_slow, show_table, take_home,
        )
    }
)  # fmt: skip
