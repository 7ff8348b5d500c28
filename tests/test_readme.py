"""Law 8: the README's commands, tables and figures are what the code does."""

import json
import re
from pathlib import Path

import pytest

from cxr_demo.__main__ import _parser as product_parser
from cxr_demo.explain.methods import METHODS
from train.__main__ import _parser as train_parser
from train.recipes import SYSTEMS

ROOT = Path(__file__).parents[1]
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


def rows_of(title: str, first: str) -> dict[str, list[str]]:
    """Of the table below a title whose first column is `first`: first cell, without backticks -> the other cells."""
    table = README.split(f"### {title}")[1].split(f"| {first} |")[1].split("\n\n")[0]
    lines = [line.strip("| ").split(" | ") for line in table.splitlines()[2:]]
    return {line[0].strip("`"): line[1:] for line in lines}


def cell(entry: dict[str, float]) -> str:
    return "{value:.2f} ({low:.2f} to {high:.2f})".format(**entry)


def test_the_table_of_the_phantoms_is_what_was_measured():
    found = json.loads((ROOT / "weights" / "phantom.json").read_text())
    cause, letters = found["cause"]["cause"], found["shortcut"]["phantom-cheat"]["letters"]
    expected = {
        method: [cell(of["all"][figure]) for of in (cause[method], letters[method]) for figure in ("hit", "share")]
        for method in cause
    }
    title = "On drawn films, whose cause is known"
    assert rows_of(title, "method") == expected
    told = README.split(f"### {title}")[1].split("###")[0]
    left_out = set(found["left_out"]["phantom-honest"]) | set(found["left_out"]["phantom-cheat"])
    assert set(re.findall(r"`([\w-]+)`", told.split("Left out:")[1])) == left_out == set(METHODS) - set(cause)
    counts = [of["chance"]["all"]["hit"]["maps"] for of in (cause, letters)]
    falls = [
        found["auroc"]["phantom-cheat"][place]["consolidation"]["value"] for place in ("aligned", "by lot", "swapped")
    ]
    said = re.findall(r"from ([\d.]+) to ([\d.]+) when.*?to ([\d.]+) when", told, re.DOTALL)
    assert said == [tuple(f"{value:.2f}" for value in falls)]
    assert [int(count) for count in re.findall(r"(\d+) maps of", told)] == counts


def test_the_phantoms_that_were_measured_are_those_that_are_bundled():
    found = json.loads((ROOT / "weights" / "phantom.json").read_text())
    for name, of in found["auroc"].items():
        card = json.loads((ROOT / "weights" / name / "config.json").read_text())
        own = card["training"]["letters"]
        sets = {"test" if place == own else f"test, letters {place}": place for place in of}
        assert len(sets) == 4 and sets.keys() <= card["metrics"].keys()
        for measured, place in sets.items():
            for label, entry in of[place].items():
                assert card["metrics"][measured][f"auroc_{label}"] == entry
        assert card["training"]["settings"]["seed"] == found["seed"]


def test_the_table_of_the_boxes_is_the_cards():
    cards = {name: json.loads((ROOT / "weights" / name / "config.json").read_text())
             for name in ("kufel2023-official", "bassi2022-twice-transfer")}  # fmt: skip
    measured = {name: card["metrics"]["localisation"]["rows"] for name, card in cards.items()}
    of_all = {
        name: {row["method"]: row for row in rows if (row["set"], row["label"]) == ("all", "")}
        for name, rows in measured.items()
    }
    titles = {"chance": "chance", "centre": "middle of the film"}
    expected = {
        titles.get(method, method): [
            cell(rows[method][figure]) if method in rows else "-"
            for rows in of_all.values()
            for figure in ("hit_rate", "miou")
        ]
        for method in {**of_all["kufel2023-official"], **of_all["bassi2022-twice-transfer"]}
    }
    title = "On films of people, with boxes"
    assert rows_of(title, "method") == expected
    head = re.search(r"^\| method \| .*hit rate.*$", README, re.MULTILINE)[0]
    counts = {name: rows["chance"]["maps"] for name, rows in of_all.items()}
    assert all(f"{name}, {count} maps: hit rate" in head for name, count in counts.items())
    for rows in of_all.values():  # what is said below the table
        middle = rows["centre"]
        for method in set(rows) - {"centre"}:
            assert rows[method]["miou"]["value"] < middle["miou"]["value"]
            assert rows[method]["hit_rate"]["low"] <= middle["hit_rate"]["value"]


def test_the_lung_models_dice_is_its_cards():
    card = json.loads((ROOT / "weights" / "lungs" / "lungs.json").read_text(encoding="utf-8"))
    assert "Dice {value:.3f} ({low:.3f} to {high:.3f})".format(**card["dice"]) in README
    assert f"on {card['measured']['real films']['films']} real films" in README


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
