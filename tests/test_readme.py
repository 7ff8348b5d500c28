"""Law 8: the README's commands, tables and figures are what the code does."""

import json
import re
from pathlib import Path

import pytest

from cxr_demo.__main__ import _parser as product_parser
from cxr_demo.explain import METHODS
from train.__main__ import _parser as train_parser
from train.recipes import SYSTEMS

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"^python -m (cxr_demo|train) (.+?)(?:\s+#.*)?$", README, re.MULTILINE)
CARDS = sorted((ROOT / "weights").glob("*/config.json"))


@pytest.mark.parametrize(("package", "arguments"), COMMANDS, ids=[" ".join(command) for command in COMMANDS])
def test_every_command_is_understood(package, arguments):
    parser = product_parser() if package == "cxr_demo" else train_parser()
    assert callable(parser.parse_args(arguments.split()).act)


def test_every_make_target_exists():
    targets = set(re.findall(r"^([a-z-]+)%?:.*## ", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = set(re.findall(r"^make ([a-z-]+)", README, re.MULTILINE))
    assert {"reproduce-"} <= targets and set(re.findall(r"make reproduce-(\w+)", README)) <= set(SYSTEMS)
    assert {"demo", "test", "help"} <= named <= targets


def test_the_space_runs_the_gradio_that_was_tested():
    sdk_version = re.search(r"^sdk_version: (\S+)$", README, re.MULTILINE)[1]
    assert f"gradio>={sdk_version}," in (ROOT / "requirements.txt").read_text()
    assert (ROOT / re.search(r"^app_file: (\S+)$", README, re.MULTILINE)[1]).exists()
    assert len(re.search(r"^short_description: (.+)$", README, re.MULTILINE)[1]) <= 60


def test_the_table_of_methods_is_the_code():
    section = README.split("## What a map is")[1].split("\n## ")[0]
    rows = dict(re.findall(r"^\| `([a-z0-9-]+)` \| (.+?) \|", section, re.MULTILINE))
    assert set(rows) == set(METHODS)
    for key, unit in rows.items():
        assert unit.startswith(METHODS[key].unit)


@pytest.mark.parametrize("card", CARDS, ids=lambda card: card.parent.name)
def test_the_figures_are_the_cards(card):
    """One row for each bundled checkpoint: `| [name](weights/name) | what | figure | value (low to high) |`."""
    (row,) = re.findall(rf"^\| \[{card.parent.name}\]\(weights/{card.parent.name}\) \|.+$", README, re.MULTILINE)
    measured = json.loads(card.read_text())["metrics"]["test"]
    figure, value = (cell.strip() for cell in row.split("|")[-3:-1])
    found = measured[{"accuracy": "accuracy", "macro AUROC": "macro_auroc", "macro F1": "macro_f1"}[figure]]
    assert value == "{value:.3f} ({low:.3f} to {high:.3f})".format(**found)


def test_the_table_of_systems_is_the_code():
    section = README.split("## The five systems")[1].split("\n## ")[0]
    systems = set(re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE))
    assert systems == set(SYSTEMS) - {"kermany-densenet121"}


def test_the_house_in_the_picture_stands():
    picture = README.split("## The house")[1].split("```")[1]
    for name in re.findall(r"\b(\w+\.py)\b", picture):
        assert list(ROOT.glob(f"**/{name}")), name
    modules = {path.name for path in (ROOT / "train").glob("*.py")} - {"__init__.py"}
    assert modules <= set(re.findall(r"\b(\w+\.py)\b", picture))
