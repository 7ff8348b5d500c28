"""`make space` writes a folder that is a whole Space: its front matter, its requirements, and a page that starts."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import httpx
import pytest
import yaml
from packaging.requirements import Requirement

from tests.serving import ROOT, serve_app

MOST_MB = 2048  # of memory on a Space with two processors, for the page at rest


@pytest.fixture(scope="module")
def space(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("made") / "space"
    subprocess.run(["make", "space", f"OUT={folder}", "SPACE=anna/xray"], cwd=ROOT, check=True, capture_output=True)
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
