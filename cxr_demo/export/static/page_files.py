"""The page's own files: scripts and styles of this folder and of the product's viewer, and what npm brings."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from cxr_demo.export.static.libraries import copy_libraries, install_libraries

PAGE = Path(__file__).with_name("page")
UI = Path(__file__).parents[2] / "ui"
INDEX = "index.html"
UNNAMED = 'const EDITION = ""'
NAMED = re.compile(r'(?:src|href)="(ui/[^"]+)"')  # in the index: files of the product's own page


def copy_page(folder: Path) -> None:
    """`page/` without types, each `ui/...` that its index names, to the same path, and into lib/ what npm brings.
    CxrError without npm."""
    node_modules = install_libraries()
    shutil.copytree(PAGE, folder, ignore=shutil.ignore_patterns("*.d.ts", "tests"), dirs_exist_ok=True)
    index = folder / INDEX
    for name in NAMED.findall(index.read_text(encoding="utf-8")) if index.is_file() else ():
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(UI / name.removeprefix("ui/"), target)
    (folder / "lib").mkdir(exist_ok=True)
    copy_libraries(node_modules, folder / "lib")


def name_edition(folder: Path, name: str) -> None:
    """Into the script that keeps files in a browser: those of an earlier edition go."""
    script = folder / "sw.js"
    script.write_text(
        script.read_text(encoding="utf-8").replace(UNNAMED, f'const EDITION = "{name}"'), encoding="utf-8"
    )
