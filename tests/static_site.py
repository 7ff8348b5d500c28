"""The static edition's scripts in a real browser: a plain server of files, as strict as the page's own policy."""

from __future__ import annotations

import base64
import functools
import html
import json
import re
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
from playwright.sync_api import Browser, Page

from cxr_demo import limits, render
from cxr_demo.explain.methods import EVIDENCE_FLOOR
from cxr_demo.export.static.edition import LIMITS
from cxr_demo.export.static.libraries import copy_libraries, hash_programs, install_libraries

PAGE = Path(__file__).parents[1] / "cxr_demo" / "export" / "static" / "page"
FACTS = {"clip_percentile": render.CLIP_PERCENTILE, "evidence_floor": EVIDENCE_FLOOR, "signed_zero": render.SIGNED_ZERO}

POLICY = html.unescape(re.findall(r'Content-Security-Policy" content="([^"]*)"', (PAGE / "index.html").read_text())[0])
TOOLS = """() => {
  window.pack = (array) => {
    const bytes = new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
    let text = "";
    for (let at = 0; at < bytes.length; at += 32768) text += String.fromCharCode(...bytes.subarray(at, at + 32768));
    return btoa(text);
  };
  window.bytesOf = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  window.floatsOf = (text) => new Float32Array(bytesOf(text).buffer);
  window.attempt = async (work) => {
    try { return await work(); } catch (error) { return { failed: error.name, values: error.values ?? String(error) }; }
  };
}"""
OPEN = """async () => {
  const { openEngine, fromServer } = await import("./engine/engine.js");
  window.engine = await openEngine({ files: fromServer(location.href) });
}"""


@contextmanager
def serve_folder(folder: Path) -> Iterator[str]:
    """The address of a server of files, as plain as there is one: the policy stands in the page alone."""

    class Handler(SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Handler, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        server.server_close()


def write_site(folder: Path) -> None:
    """An edition with the engine and what writes numbers, without networks."""
    shutil.copytree(PAGE / "engine", folder / "engine")
    shutil.copyfile(PAGE / "words.js", folder / "words.js")
    (folder / "lib").mkdir()
    copy_libraries(install_libraries(), folder / "lib")
    programs = hash_programs(folder / "lib")
    policy = f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
    (folder / "blank.html").write_text(f'<!doctype html>{policy}<link rel="icon" href="data:,"><title>blank</title>')
    facts = {name.lower(): getattr(limits, name) for name in LIMITS}
    edition = {"networks": [], "gate": None, "render": FACTS, "limits": facts, "programs": programs}
    (folder / "edition.json").write_text(json.dumps(edition))


@contextmanager
def open_site(browser: Browser, folder: Path) -> Iterator[Page]:
    """A page of its own, with the engine opened."""
    with serve_folder(folder) as address:
        page = browser.new_page()
        page.goto(f"{address}blank.html")
        page.evaluate(TOOLS)
        page.evaluate(OPEN)
        yield page
        page.close()


def pack(values: np.ndarray | bytes) -> str:
    return base64.b64encode(values if isinstance(values, bytes) else np.ascontiguousarray(values).tobytes()).decode()


def unpack(text: str, kind: type | str, shape: Any = -1) -> np.ndarray:
    return np.frombuffer(base64.b64decode(text), kind).reshape(shape)
