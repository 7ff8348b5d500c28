"""The walk of docs/bring-your-own.md, from films and a table to maps on the page, as it is printed, in a smoke size."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from pathlib import Path

import httpx
import numpy as np

from cxr_demo.networks import checkpoint
from tests.docs.test_commands import CHECKS, ROOT, place, read_commands, split_program  # noqa: F401  a fixture
from tests.docs.test_commands import PROGRAMS as OURS
from tests.serving import find_port

PAGE = ROOT / "docs" / "bring-your-own.md"
SMOKE = {"run": ["--backbone", "mobilenetv3_small_050", "--input", "64", "--epochs", "1", "--from-scratch"]}
MOST = 6  # commands


def read_walk(folder: Path) -> list[str]:
    """The commands of the section that begins with a person's films."""
    text = PAGE.read_text(encoding="utf-8")
    section = re.split(r"^## ", text, flags=re.MULTILINE)[1]
    (folder / "walk.md").write_text(section, encoding="utf-8")
    return read_commands(folder / "walk.md")


def test_own_films_become_maps_on_the_page_in_six_commands(place, capsys):  # noqa: F811
    commands = read_walk(place)
    assert len(commands) <= MOST and commands[0].startswith("pip install") and commands[-1] == "python app.py"
    for command in commands[1:-1]:
        program, arguments = split_program(command) or ("", [])
        main, parser = OURS[program]
        arguments += SMOKE.get(arguments[0], [])
        capsys.readouterr()
        assert main(arguments) == 0, command
        if arguments[0] != "explain":
            CHECKS[arguments[0]](parser().parse_args(arguments), capsys.readouterr().out)
    card = checkpoint.read_card(place / "weights" / "mine")
    assert [card.get_finding(label).name for label in card.labels] == ["Oedema", "Effusion", "COPD"]
    assert "(-1) were left out" in card.training.caveat and card.training.recipe == "own-multi-label"
    with np.load(place / "mine" / "maps.npz") as maps:
        assert {key.split("/")[0] for key in maps} == {"grad-cam", "lrp-epsilon"}
        assert all(np.isfinite(maps[key]).all() for key in maps)
    config, said = ask_page(place)
    assert config["components"] and config["dependencies"]
    assert "mine: Grad-CAM ok" in said


def ask_page(place: Path) -> tuple[dict, str]:  # noqa: F811
    """`python app.py` with the checkpoint of the walk alone: its configuration once it is served, and what it says."""
    port = find_port()
    (place / "only").mkdir()
    (place / "only" / "mine").symlink_to(place / "weights" / "mine", target_is_directory=True)
    environment = os.environ | {"CXR_WEIGHTS": str(place / "only"), "PORT": str(port), "PYTHONPATH": str(ROOT)}
    log = place / "app.log"
    with log.open("wb") as sink:
        process = subprocess.Popen([sys.executable, ROOT / "app.py"], env=environment, cwd=place, stdout=sink)
    try:
        for _ in range(600):
            assert process.poll() is None, "the page ended"
            if "\nmine: " in log.read_text():  # its proof, or why it cannot be used
                config = httpx.get(f"http://127.0.0.1:{port}/config", timeout=30).raise_for_status().json()
                return config, log.read_text()
            time.sleep(0.2)
        raise AssertionError("the page does not answer")
    finally:
        process.terminate()
        process.wait(30)
