"""Every system from the command line, in a smoke size."""

import importlib
import os
import time
from pathlib import Path

import pytest

from cxr_demo.analysis import Analyser
from cxr_demo.film.reading import read_image
from cxr_demo.networks import checkpoint
from tests.films import make_data
from train.__main__ import main
from train.benchmarks import marker_test
from train.measure import metrics
from train.recipe import IMAGENET, IMAGENET_OR_SCRATCH
from train.recipes import SYSTEMS
from train.report import ensemble_report
from train.report.run_report import TABLE_FILE, get_run_name

REAL = Path(os.environ.get("CXR_DATA", Path(__file__).parents[3] / "shared" / "data"))
OWN = ("own-single-label", "own-multi-label")  # for films of one's own: tests/train/test_own_films.py runs them
FILMS = {"kufel2023": 400, "boit2019": 200, "bassi2022": 200}


@pytest.fixture(scope="module")
def data(tmp_path_factory) -> Path:
    """The real films where they are, else synthetic ones in the same layouts."""
    if (REAL / "kermany").is_dir():
        return REAL
    root = tmp_path_factory.mktemp("data")
    make_data(root)
    return root


@pytest.fixture(autouse=True)
def few_resamplings(monkeypatch):
    monkeypatch.setattr(metrics, "RESAMPLINGS", 20)


def test_every_system_is_listed_with_its_paper(capsys):
    assert main(["list"]) == 0
    printed = capsys.readouterr().out
    for name, make in SYSTEMS.items():
        system = make(True, False)
        assert f"{name}  {system.paper}" in printed and system.name == name
        assert all(get_run_name(recipe.name) in printed for recipe in system.recipes)


@pytest.mark.parametrize("name", SYSTEMS)
def test_from_scratch_asks_no_hub_and_as_published_differs_only_where_something_is(name):
    whole, scratch, published = (SYSTEMS[name](*flags) for flags in ((True, False), (False, False), (True, True)))
    assert any(recipe.start in (IMAGENET, IMAGENET_OR_SCRATCH) for recipe in whole.recipes)
    assert not any(recipe.start in (IMAGENET, IMAGENET_OR_SCRATCH) for recipe in scratch.recipes)
    assert (published.recipes != whole.recipes) == (
        name not in ("kermany-densenet121", "consilium", "adults", "children", *OWN)
    )
    assert len({recipe.name for recipe in whole.recipes}) == len(whole.recipes)


def check_system(name: str, data: Path, out: Path, *more: str) -> None:
    order = ["run", name, "--data", str(data), "--out", str(out), "--from-scratch", *more]
    assert main(order) == 0
    system = SYSTEMS[name](False, False)
    folders = [out / get_run_name(recipe.name) for recipe in system.recipes] if len(system.recipes) > 1 else [out]
    film = read_image(next(data.rglob("*.jp*g")))
    for recipe, folder in zip(system.recipes, folders, strict=True):
        loaded = checkpoint.load(folder)
        assert loaded.card.training.recipe == recipe.name and "test" in loaded.card.metrics.sets
        assert (folder / "README.md").exists() and not (folder / "unfinished").exists()
    analyser = Analyser(loaded)  # the page can show the last one
    study = analyser.analyse(film)
    assert analyser.explain(study, study.labels[:1], ["grad-cam"])
    if len(folders) > 1 and system.summarise:
        table = (out / TABLE_FILE).read_text()
        assert all(get_run_name(recipe.name) in table for recipe in system.recipes)


@pytest.mark.parametrize("name", [name for name in SYSTEMS if name not in OWN])
def test_every_system_runs_in_a_smoke_size(name, data, tmp_path, monkeypatch):
    module = importlib.import_module("train.recipes.avola2022")  # `train.recipes.avola2022` is its function
    monkeypatch.setattr(module, "TWELVE", ("squeezenet1_0", "mobilenetv2_100"))  # each of the twelve: test_backbones
    monkeypatch.setattr(ensemble_report, "TOPS", (3,))
    monkeypatch.setattr(marker_test, "FILMS", 2)
    began = time.monotonic()
    check_system(name, data, tmp_path / name, "--stages", "32x1", "--films", str(FILMS.get(name, 150)))
    print(f"{name} took {time.monotonic() - began:.0f} s")
