"""CONTRIBUTING.md: each "Add a ..." is walked in a copy of the code, exactly as it is printed.

All walks are made in one copy, and their commands in one process: importing torch once is most of the time.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
# What is added -> files of the product or of training that are touched, files of tests
TOUCHED = {
    "a method": (1, 0),
    "a backbone": (1, 0),
    "a loss": (1, 1),
    "a label": (1, 0),
    "a data set": (1, 1),
    "a system": (2, 0),  # its own file, and its entry
}
HEAD = re.compile(r"# (?P<file>[\w/]+\.py), (?:a new file|(?P<side>above|below): (?P<line>.+))")


def read_walk(what: str) -> tuple[list[str], list[str]]:
    """The Python blocks and the commands of a section."""
    section = PAGE.split(f"\n## Add {what}\n")[1].split("\n## ")[0]
    blocks = re.findall(r"^```python\n(.*?)^```$", section, re.MULTILINE | re.DOTALL)
    commands = [
        line for block in re.findall(r"^```sh\n(.*?)^```$", section, re.M | re.S) for line in block.splitlines()
    ]
    return blocks, commands


def apply_edit(root: Path, block: str) -> str:
    """Make the edit of one block, and return the file's name."""
    first, _, code = block.partition("\n")
    head = HEAD.fullmatch(first)
    assert head, f"the first line of a block must name a file and a place in it, not {first!r}"
    path = root / head["file"]
    if head["side"] is None:
        assert not path.exists(), f"{head['file']} is there already"
        path.write_text(code, encoding="utf-8")
        return head["file"]
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    found = [i for i, line in enumerate(lines) if line.strip().startswith(head["line"])]
    assert len(found) == 1, f"{head['file']} has {len(found)} lines that begin with {head['line']!r}"
    if code.startswith(("def ", "class ")):
        code += "\n\n"  # set apart, as the layout wants it
    at = found[0] + (head["side"] == "below")
    path.write_text("".join([*lines[:at], code, *lines[at:]]), encoding="utf-8")
    return head["file"]


def run_checks(root: Path, commands: list[list[str]]) -> dict[str, str]:
    """Test -> "", or how it failed, of `python -m pytest FILE -k WORDS` commands, all in one process."""
    assert all(command[:3] == ["python", "-m", "pytest"] and command[4] == "-k" for command in commands)
    files = dict.fromkeys(command[3] for command in commands)
    wanted = " or ".join(f"({command[5]})" for command in commands)
    order = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", *files, "-k", wanted]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    done = subprocess.run(
        [*order, "--junitxml=found.xml"], cwd=root, env=environment, capture_output=True, text=True, timeout=600
    )
    assert (root / "found.xml").exists(), done.stdout + done.stderr
    return {
        f"{case.get('classname')}::{case.get('name')}": "".join(node.get("message", "") for node in case)
        for case in ElementTree.parse(root / "found.xml").iter("testcase")
        if case.find("skipped") is None
    }


def find_faults(what: str, touched: list[str], found: dict[str, str]) -> list[str]:
    """What is not as the page says: the number of files, a command without a test, a test that failed."""
    tests = {file for file in touched if file.startswith("tests/")}
    faults = []
    if (len(set(touched) - tests), len(tests)) != TOUCHED[what]:
        faults.append(f"Adding {what} touches {', '.join(sorted(set(touched)))}.")
    for command in read_walk(what)[1]:
        file, key = shlex.split(command)[3], shlex.split(command)[5].split()[0]
        module = file.removesuffix(".py").replace("/", ".")
        own = {name: message for name, message in found.items() if name.startswith(f"{module}::") and key in name}
        if not own:
            faults.append(f"{command} runs no test.")
        faults += [f"Adding {what}: {name}: {message}" for name, message in own.items() if message]
    return faults


def test_what_the_page_says_is_all_that_it_takes(tmp_path):
    """And ruff finds what a reader copies well laid out."""
    for folder in ("cxr_demo", "train", "tests"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__", "node_modules"))
    for name in ("pyproject.toml", "README.md"):
        shutil.copy(ROOT / name, tmp_path / name)
    touched = {what: [apply_edit(tmp_path, block) for block in read_walk(what)[0]] for what in TOUCHED}
    for order in (["check"], ["format", "--check"]):
        files = sorted({file for names in touched.values() for file in names})
        done = subprocess.run(
            [sys.executable, "-m", "ruff", *order, *files], cwd=tmp_path, capture_output=True, text=True, timeout=60
        )
        assert done.returncode == 0, done.stdout + done.stderr
    found = run_checks(tmp_path, [shlex.split(command) for what in TOUCHED for command in read_walk(what)[1]])
    faults = [fault for what, files in touched.items() for fault in find_faults(what, files, found)]
    assert faults == [], "\n".join(faults)


def test_every_walk_of_the_page_is_walked():
    assert re.findall(r"^## Add (.+)$", PAGE, re.MULTILINE) == list(TOUCHED)
