"""`make space` writes a folder that is a whole Space: its front matter, its requirements, and a page that starts."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
import yaml
from packaging.requirements import Requirement

from cxr_demo.__main__ import main
from tests.serving import ROOT, serve_app

MOST_MB = 2048  # of memory on a Space with two processors, for the page at rest


@pytest.fixture(scope="module")
def space(tmp_path_factory) -> Path:
    """Of a fresh clone."""
    clone = tmp_path_factory.mktemp("made") / "clone"
    subprocess.run(["git", "clone", "--quiet", "--depth=1", f"file://{ROOT}", clone], check=True)
    folder = clone.parent / "space"
    subprocess.run(["make", "space", f"OUT={folder}", "SPACE=anna/xray"], cwd=clone, check=True, capture_output=True)
    return folder


def test_the_front_matter_is_whole(space):
    _, front, body = (space / "README.md").read_text(encoding="utf-8").split("---\n", 2)
    facts = yaml.safe_load(front)
    assert facts["sdk"] == "gradio" and facts["app_file"] == "app.py" and (space / facts["app_file"]).is_file()
    assert f"gradio[mcp]>={facts['sdk_version']}," in (space / "requirements.txt").read_text()
    assert facts["suggested_hardware"] == "cpu-basic" and facts["startup_duration_timeout"]
    assert len(facts["short_description"]) <= 60 and "paid plan" in body  # the Hub cuts a longer one
    assert facts["thumbnail"] == "https://huggingface.co/spaces/anna/xray/resolve/main/page.png"
    assert (space / "page.png").is_file()


def test_its_requirements_are_the_repository_s_without_training_and_cuda(space):
    lines = [line.partition("#")[0].strip() for line in (space / "requirements.txt").read_text().splitlines()]
    assert "--extra-index-url https://download.pytorch.org/whl/cpu" in lines
    wanted = {found.name: found for found in (Requirement(line) for line in lines if line and line[0] != "-")}
    assert {"gradio", "bcrypt", "timm", "pydicom"} <= set(wanted) and "accelerate" not in wanted
    for name in ("torch", "torchvision"):
        assert re.fullmatch(r"==[\d.]+\+cpu", str(wanted[name].specifier))


def test_it_starts_as_a_space_does_and_takes_no_more_memory_than_the_smallest_has(space, tmp_path):
    settings = {"SPACE_ID": "anna/xray", "SYSTEM": "spaces", "SPACE_HOST": "anna-xray.hf.space", "HOME": str(tmp_path)}
    environment = {"PATH": os.environ["PATH"]}
    with serve_app(tmp_path / "scratch", settings, space, environment) as server:
        headers = {"host": "anna-xray.hf.space", "x-forwarded-proto": "https"}
        page = httpx.get(f"{server.url}/", headers=headers)
        assert page.status_code == 200 and "https://*.hf.space" in page.headers["content-security-policy"]
        assert httpx.get(f"{server.url}/healthz", headers=headers).json()["ok"]
        assert server.measure_memory_mb() < MOST_MB


def test_a_host_s_walk_from_a_clone_to_a_program_that_has_logged_in(space, tmp_path, capsys):
    """As docs/hosting.md has it: the folder, a login, the page as a Space starts it, behind another name, its API."""
    hosting = (ROOT / "docs" / "hosting.md").read_text(encoding="utf-8")
    make_login, start = re.search(r'python -c "(import bcrypt.*?)" >>', hosting)[1], 'CXR_LOGIN="$(cat people.txt)"'
    assert f"SPACE_ID=USER/NAME {start} python app.py" in hosting and "make space OUT=../space" in hosting
    typed = f"import getpass\ngetpass.getpass = lambda: 'the password'\n{make_login}"
    login = subprocess.run([sys.executable, "-c", typed], check=True, capture_output=True, text=True).stdout
    settings = {"SPACE_ID": "anna/xray", "CXR_LOGIN": login, "HOME": str(tmp_path)}
    (asked,) = re.findall(r"```py\n(from gradio_client.*?)```", hosting, re.DOTALL)
    with serve_app(tmp_path / "scratch", settings, space, {"PATH": os.environ["PATH"]}) as server:
        outside = {"host": "anna-xray.hf.space", "x-forwarded-proto": "https"}
        assert httpx.get(f"{server.url}/healthz", headers=outside).json()["ok"]
        assert httpx.post(f"{server.url}/gradio_api/call/v2/predict", json={}, headers=outside).status_code == 401
        told: dict = {}
        exec(
            asked.replace("http://127.0.0.1:7860", server.url).replace("client.predict", "said = client.predict"), told
        )
    assert main(["predict", "synthetic:consolidation", "--json"]) == 0
    (ours,) = json.loads(capsys.readouterr().out)
    assert told["said"] == pytest.approx(ours["probabilities"], abs=1e-6)


def test_all_of_it_is_what_was_committed(tmp_path):
    """Of a small repository, in which everything is changed after the commit."""
    written = ("app.py", "cxr_demo/a.py", "weights/w", "LICENSE", "docs/page.png", "docs/space/README.md",
               "requirements.lock", "requirements.txt")  # fmt: skip
    git = ["git", "-C", str(tmp_path), "-c", "user.name=a", "-c", "user.email=a@example.org"]

    def write(text: str) -> None:
        for name in written:
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_text(f"{text}\ntorch=={text}\n")

    shutil.copy(ROOT / "Makefile", tmp_path)
    write("1.0")
    for order in (["init", "-q"], ["add", "."], ["commit", "-qm", "first"]):
        subprocess.run([*git, *order], check=True)
    write("2.0")
    order = ["make", "space", "OUT=space", "SPACE=anna/xray"]
    told = subprocess.run(order, cwd=tmp_path, check=True, capture_output=True, text=True).stdout
    assert "What is not committed is not in it." in told
    made = [path.read_text() for path in (tmp_path / "space").rglob("*") if path.is_file()]
    assert len(made) == 7 and all("1.0" in text and "2.0" not in text for text in made)
