"""What pyproject.toml, requirements.txt and requirements.lock say agrees, and an installed copy gives the same maps."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import cv2
import numpy as np
import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from cxr_demo.networks import checkpoint
from tests.conftest import make_checkpoint, make_film
from train.fit.imagenet import PACKAGES

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def read_requirements(lines: list[str]) -> dict[str, Requirement]:
    wanted = [Requirement(line) for line in (line.partition("#")[0].strip() for line in lines) if line]
    return {canonicalize_name(requirement.name): requirement for requirement in wanted}


EXTRAS = PROJECT["optional-dependencies"]
BOUNDS = read_requirements([*PROJECT["dependencies"], *EXTRAS["page"], *EXTRAS["train"]])
WEIGHTS = {package.name for package in PACKAGES.values()}  # which a Space, that trains nothing, never reads


def test_a_space_installs_core_page_and_training_but_no_weights_to_train_from():
    installed = read_requirements((ROOT / "requirements.txt").read_text().splitlines())
    assert set(BOUNDS) >= WEIGHTS
    assert installed == {name: bound for name, bound in BOUNDS.items() if name not in WEIGHTS}


def test_the_lock_lies_within_the_bounds():
    locked = read_requirements((ROOT / "requirements.lock").read_text().splitlines())
    assert set(BOUNDS) <= set(locked)
    for name, requirement in locked.items():
        (pin,) = requirement.specifier
        assert pin.operator == "==", name
        assert name not in BOUNDS or BOUNDS[name].specifier.contains(pin.version), name


def test_the_installed_command_makes_the_same_maps(tmp_path):
    pytest.importorskip("setuptools", reason="the dev extra brings it")
    made = make_checkpoint("densenet_tiny")
    checkpoint.save(tmp_path / "tiny", made.model, made.card, half=False)
    image = tmp_path / "film.png"
    cv2.imwrite(str(image), (make_film(0) * 255).astype(np.uint8))
    # The build leaves its files beside the sources, so it works on a copy of what is in the package.
    source, installed = tmp_path / "source", tmp_path / "installed"
    for folder in ("cxr_demo", "train"):
        shutil.copytree(ROOT / folder, source / folder, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    install = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-build-isolation"]
    subprocess.run([*install, "--target", str(installed), str(source)], check=True, cwd=tmp_path)
    orders = {
        "installed": ([str(installed / "bin" / "cxr-demo")], tmp_path, str(installed)),
        "repository": ([sys.executable, "-m", "cxr_demo"], ROOT, ""),
    }
    maps = {}
    for name, (command, folder, python_path) in orders.items():
        out = tmp_path / "out" / name
        subprocess.run(
            [*command, "explain", str(image), "--weights", str(tmp_path / "tiny"), "--out", str(out), "--anyway"],
            cwd=folder, check=True, env=os.environ | {"PYTHONPATH": python_path},
        )  # fmt: skip
        maps[name] = dict(np.load(out / "maps.npz"))
    assert maps["installed"].keys() == maps["repository"].keys() and maps["installed"]
    for key, map_square in maps["installed"].items():
        np.testing.assert_array_equal(map_square, maps["repository"][key], strict=True)
    for language in (ROOT / "cxr_demo" / "text").glob("*.ftl"):
        assert (installed / "cxr_demo" / "text" / language.name).is_file()
    assert (installed / "cxr_demo" / "export" / "report.typ").is_file()
    for deck in (ROOT / "cxr_demo" / "teaching" / "decks").iterdir():
        assert (installed / "cxr_demo" / "teaching" / "decks" / deck.name / "deck.toml").is_file()
    for script in (ROOT / "cxr_demo" / "ui").glob("*.[jc]s*"):
        assert (installed / "cxr_demo" / "ui" / script.name).is_file()
