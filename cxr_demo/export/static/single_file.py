"""An edition as one HTML file for a double click: every file of its folder packed into the page.

A page that was opened so may load no other file. `page/single.js`, which alone stands in it as it is, unpacks the
others and starts those that the index names.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Iterator
from pathlib import Path

from cxr_demo.export.static.manifest_files import compress
from cxr_demo.export.static.page_files import INDEX

STARTER = "single.js"
LEFT_OUT = (INDEX, STARTER, "sw.js")  # a service worker needs a server
POLICY = (
    "default-src 'none'; script-src blob: 'wasm-unsafe-eval' 'sha256-{starter}'; style-src blob:; worker-src blob:; "
    "img-src blob: data:; connect-src blob: data:; base-uri 'none'; form-action 'none'"
)
META = re.compile(r'(<meta http-equiv="Content-Security-Policy" content=")[^"]*(">)')
STARTED = re.compile(r'<link rel="stylesheet" href="([^"]+)">\n?|<script( type="module")? src="([^"]+)"></script>\n?')


def pack_edition(folder: Path) -> str:
    """The folder of an edition -> the text of the HTML file."""
    index = (folder / INDEX).read_text(encoding="utf-8")
    starter = (folder / STARTER).read_text(encoding="utf-8")
    hash_ = base64.b64encode(hashlib.sha256(starter.encode()).digest()).decode()
    index = META.sub(lambda found: found[1] + POLICY.format(starter=hash_) + found[2], index)
    started = json.dumps(list(_list_started(index)))
    head, body, tail = STARTED.sub("", index).rpartition("</body>")
    packed = "\n".join(_pack_file(folder, path) for path in sorted(folder.rglob("*")) if path.is_file())
    files = f'<script type="application/json" id="files">{started}</script>\n{packed.strip()}\n'
    return f"{head}{files}<script>{starter}</script>\n{body}{tail}"


def _list_started(index: str) -> Iterator[dict[str, str]]:
    """Styles, scripts and modules, in their order."""
    for style, module, script in STARTED.findall(index):
        yield {"path": style or script, "run": "style" if style else "module" if module else "classic"}


def _pack_file(folder: Path, path: Path) -> str:
    name = path.relative_to(folder).as_posix()
    if name in LEFT_OUT:
        return ""
    data = path.read_bytes()
    packed = data if path.suffix == ".gz" else compress(data)
    return f'<script type="text/plain" id="{name}">{base64.b64encode(packed).decode()}</script>'
