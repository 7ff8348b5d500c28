"""What a host may set, in the environment: one table, read and checked when the page starts."""

from __future__ import annotations

import difflib
import functools
import ipaddress
import os
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import bcrypt

from cxr_demo.errors import CxrError
from cxr_demo.limits import MAX_HELD_BYTES, MAX_SESSIONS
from cxr_demo.networks.checkpoint import get_weights_root
from cxr_demo.teaching.deck import DECK_FILE
from cxr_demo.text.catalogue import LANGUAGES
from cxr_demo.text.formats import make_printable

ANY_HOST = "*"
PORT = 7860
# Where a page may be shown in a frame: a Space stands in one of the Hub's.
HUB_FRAMES = ("https://huggingface.co", "https://*.hf.space")
PREFIX = "CXR_"
LONGEST_SHOWN = 80  # characters of a value that is refused
OF_TESTS = ("CXR_DATA", "CXR_SERIES", "CXR_SEED", "CXR_CHROMIUM")  # what tests and trainings read
HOST_NAME = re.compile(r"(\*\.)?([a-z0-9-]+\.)*[a-z0-9-]+|\*")
LOGIN_LINE = re.compile(r"(?P<name>[^:\s]{1,64}):(?P<hashed>\$2[abxy]\$(0[4-9]|1[0-4])\$[./A-Za-z0-9]{53})")


@dataclass(frozen=True)
class HostSettings:
    """As a host wants the page. `login`: hashed passwords by name, nobody is asked where it is empty; `network` and
    `language` are those that the page opens with, "" for the usual ones; `frames`: origins of pages that may show this
    one in a frame, beside itself; `threads`: processors that networks use, 0 for torch's own choice."""

    weights: Path = field(default_factory=get_weights_root)
    address: str = "127.0.0.1"
    port: int = PORT
    root_path: str = ""
    hosts: tuple[str, ...] = ()
    frames: tuple[str, ...] = HUB_FRAMES
    login: Mapping[str, bytes] = field(default_factory=dict)
    network: str = ""
    language: str = ""
    sessions: int = MAX_SESSIONS
    images_mb: int = MAX_HELD_BYTES // 2**20
    threads: int = 0
    takes_films_of_programs: bool = False
    decks: tuple[Path, ...] = ()


def is_on_spaces(environment: Mapping[str, str] = os.environ) -> bool:
    return environment.get("SYSTEM") == "spaces" or "SPACE_ID" in environment


def read_host_settings(environment: Mapping[str, str] = os.environ) -> tuple[HostSettings, list[CxrError]]:
    """The settings, and what is wrong with those that cannot be used: each sentence names the variable. A variable
    that is set to nothing is none. On a Space, which everybody may read, the page listens on all addresses and answers
    to every name."""
    given = {"address": "0.0.0.0", "hosts": (ANY_HOST,)} if is_on_spaces(environment) else {}
    faults: list[CxrError] = []
    for name, (target, read) in VARIABLES.items():
        if text := environment.get(name, "").strip():
            try:
                given[target] = read(text)
            except CxrError as fault:
                shown = text if target != "login" and len(text) <= LONGEST_SHOWN else "…"
                faults.append(CxrError("setting-wrong", name=name, given=shown, why=fault.said[0]))
    for name in environment:
        if name.startswith(PREFIX) and name not in (*VARIABLES, *ELSEWHERE):
            (nearest, *_) = difflib.get_close_matches(name, VARIABLES, 1, 0.0)
            faults.append(CxrError("setting-unknown", name=name, nearest=nearest))
    return HostSettings(**given), faults


def check_network(wanted: str, names: Collection[str]) -> None:
    """CxrError where the page is to open with a network that there is not; "" is the usual one."""
    if wanted and wanted not in names:
        raise CxrError("setting-network", name=make_printable(wanted), known=", ".join(names) or "-")


def is_login_right(login: Mapping[str, bytes], name: str, password: str) -> bool:
    """Whether the password is that of the name. For a name that nobody has it takes as long as for the
    slowest."""
    hashed = login.get(name)
    cost = max(int(each[4:6]) for each in login.values())
    # bcrypt reads no more than 72 bytes, and raises for more.
    is_right = bcrypt.checkpw(password.encode()[:72], hashed or _hash_nothing(cost))
    return hashed is not None and is_right


@functools.cache
def _hash_nothing(cost: int) -> bytes:
    return bcrypt.hashpw(os.urandom(16), bcrypt.gensalt(cost))


def _read_number(least: int, most: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        if not (text.isascii() and text.isdigit() and least <= int(text) <= most):
            raise CxrError("setting-number", least=least, most=most)
        return int(text)

    return read


def _read_choice(choices: Collection[str]) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text.lower() not in choices:
            raise CxrError("setting-choice", choices=", ".join(choices))
        return text.lower()

    return read


def _read_switch(text: str) -> bool:
    return _read_choice(("on", "off"))(text) == "on"


def _read_folder(text: str) -> Path:
    if not text or not Path(text).is_dir():
        raise CxrError("setting-folder")
    return Path(text)


def _read_decks(text: str) -> tuple[Path, ...]:
    """Folders of decks, separated as in PATH; of each the decks in it, or itself where it is one."""
    found: list[Path] = []
    for folder in map(_read_folder, text.split(os.pathsep)):
        inside = (
            [folder]
            if (folder / DECK_FILE).is_file()
            else sorted(file.parent for file in folder.glob(f"*/{DECK_FILE}"))
        )
        if not inside:
            raise CxrError("setting-no-deck", folder=folder.name)
        found += inside
    return tuple(found)


def _read_address(text: str) -> str:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        raise CxrError("setting-address") from None
    return text


def _read_hosts(text: str) -> tuple[str, ...]:
    names = text.lower().replace(",", " ").split()
    for name in names:
        if not HOST_NAME.fullmatch(name):
            raise CxrError("setting-host", host=name)
    return tuple(names)


def _read_frames(text: str) -> tuple[str, ...]:
    origins = text.lower().replace(",", " ").split()
    for origin in origins:
        parts = urlsplit(origin)
        is_origin = parts.scheme in ("http", "https") and origin == f"{parts.scheme}://{parts.netloc}"
        if not (is_origin and HOST_NAME.fullmatch(parts.netloc.partition(":")[0])):
            raise CxrError("setting-origin", origin=origin)
    return (*HUB_FRAMES, *origins)


def _read_root_path(text: str) -> str:
    if not re.fullmatch(r"(/[A-Za-z0-9._~-]+)+/?", text):
        raise CxrError("setting-path")
    return text.rstrip("/")


def _read_login(text: str) -> dict[str, bytes]:
    """A file of lines "name:hash" as `htpasswd -B` writes them, or such lines themselves."""
    try:
        text = text if LOGIN_LINE.match(text) else Path(text).read_text(encoding="utf-8")
    except (OSError, ValueError):
        raise CxrError("setting-login-file") from None
    login: dict[str, bytes] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        found = LOGIN_LINE.fullmatch(line.strip())
        if not found or found["name"] in login:
            raise CxrError("setting-login-twice" if found else "setting-login-line", line=number)
        login[found["name"]] = found["hashed"].encode()
    if not login:
        raise CxrError("setting-login-empty")
    return login


_read_port = _read_number(1, 65535)
VARIABLES: dict[str, tuple[str, Callable[[str], object]]] = {
    "GRADIO_SERVER_NAME": ("address", _read_address),
    "GRADIO_SERVER_PORT": ("port", _read_port),
    "PORT": ("port", _read_port),
    "CXR_WEIGHTS": ("weights", _read_folder),
    "CXR_NETWORK": ("network", str),
    "CXR_LANGUAGE": ("language", _read_choice(tuple(LANGUAGES))),
    "CXR_HOSTS": ("hosts", _read_hosts),
    "CXR_FRAMES": ("frames", _read_frames),
    "CXR_ROOT_PATH": ("root_path", _read_root_path),
    "CXR_LOGIN": ("login", _read_login),
    "CXR_SESSIONS": ("sessions", _read_number(1, 1000)),
    "CXR_IMAGES_MB": ("images_mb", _read_number(64, 2**20)),
    "CXR_DECKS": ("decks", _read_decks),
    "CXR_FILM_ENDPOINTS": ("takes_films_of_programs", _read_switch),
    "CXR_THREADS": ("threads", _read_number(1, 256)),
}
ELSEWHERE = ("CXR_CACHE", *OF_TESTS)
