"""The Dockerfile, as far as it can be tried without an engine: what it copies is enough, in the environment that it
sets the page starts, tells its health and writes to its folder for temporary files alone."""

from __future__ import annotations

import fnmatch
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import httpx

from tests.serving import serve_app

ROOT = Path(__file__).parents[1]
STEPS = re.findall(r"^([A-Z]+) ((?:.*\\\n)*.*)$", (ROOT / "Dockerfile").read_text(encoding="utf-8"), re.MULTILINE)
IGNORED = (ROOT / ".dockerignore").read_text(encoding="utf-8").split()


def list_steps(kind: str) -> list[str]:
    return [text for step, text in STEPS if step == kind]


def is_sent(path: str) -> bool:
    """Whether an engine sees a file of the repository: the last line of .dockerignore that names it decides."""
    decided = True
    for line in IGNORED:
        pattern = line.lstrip("!")
        parts = [path, *(str(parent) for parent in Path(path).parents)]
        if any(fnmatch.fnmatch(part, pattern.removeprefix("**/")) or fnmatch.fnmatch(part, pattern) for part in parts):
            decided = line.startswith("!")
    return decided


def test_the_page_starts_from_what_is_copied_and_writes_to_its_temporary_folder_alone(tmp_path):
    image, scratch = tmp_path / "app", tmp_path / "tmp"
    image.mkdir()
    scratch.mkdir()
    kept = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\n")
    for step in list_steps("COPY"):
        *sources, to = step.split()
        for source in sources:
            found = [path for path in kept if path == source or path.startswith(f"{source}/")]
            assert found and all(map(is_sent, found)), source
            for path in found:
                target = image / to / Path(path).relative_to(source if (ROOT / source).is_dir() else Path(path).parent)
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(ROOT / path, target)
    assert {path.name for path in image.iterdir()} >= {"app.py", "cxr_demo", "weights", "requirements.lock"}
    before = {path: path.stat().st_mtime_ns for path in image.rglob("*")}

    stated = dict(pair.split("=", 1) for step in list_steps("ENV") for pair in step.split())
    assert stated.pop("GRADIO_SERVER_NAME") == "0.0.0.0"  # that of the container; here this machine alone may ask
    assert list_steps("CMD") == ['["python", "app.py"]']
    settings = {name: value.replace("/tmp", str(scratch)) for name, value in stated.items()}
    check = json.loads(list_steps("HEALTHCHECK")[0].partition("CMD ")[2])[2]
    with serve_app(scratch, settings, image, {"PATH": os.environ["PATH"]}) as server:
        port = server.url.rpartition(":")[2]
        for name in ("PORT", "GRADIO_SERVER_PORT"):
            subprocess.run([sys.executable, "-c", check], env={name: port}, check=True)
        assert subprocess.run([sys.executable, "-c", check], env={"PORT": "1"}, capture_output=True).returncode
        health = httpx.get(f"{server.url}/healthz").json()
        assert health["ok"] and health["refused"] == [] and "phantom-honest" in health["served"]
    assert {path: path.stat().st_mtime_ns for path in image.rglob("*")} == before


def test_it_runs_as_nobody_with_rights_and_takes_no_cuda_along():
    assert list_steps("USER") == ["1000"]
    (install,) = [step for step in list_steps("RUN") if "pip install" in step]
    assert "download.pytorch.org/whl/cpu" in install and '".[page]"' in install
