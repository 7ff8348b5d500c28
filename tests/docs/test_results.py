"""Law 8: the figures of docs/results.md are those of the files they come from."""

import json
import re
from pathlib import Path

import pytest

from cxr_demo.analysis import DEFAULT_METHODS
from cxr_demo.explain.methods import METHODS
from train.recipes import SYSTEMS

ROOT = Path(__file__).parents[2]
WEIGHTS = ROOT / "weights"
RESULTS = (ROOT / "docs" / "results.md").read_text(encoding="utf-8")
CARDS = sorted(WEIGHTS.glob("*/config.json"))
PLACEMENTS = ("aligned", "by lot", "swapped")  # of the letters, as weights/phantom.json names them


def read_json(*place: str) -> dict:
    return json.loads(WEIGHTS.joinpath(*place).read_text(encoding="utf-8"))


def read_section(title: str) -> str:
    return RESULTS.split(f"\n## {title}\n")[1].split("\n## ")[0]


def read_rows(title: str) -> dict[str, list[str]]:
    """Of the table of methods in a section: first cell, without backticks -> the other cells."""
    table = read_section(title).split("| method |")[1].split("\n\n")[0]
    lines = [line.strip("| ").split(" | ") for line in table.splitlines()[2:]]
    return {line[0].strip("`"): line[1:] for line in lines}


def format_cell(entry: dict[str, float]) -> str:
    return "{value:.2f} ({low:.2f} to {high:.2f})".format(**entry)


@pytest.mark.parametrize("card", CARDS, ids=lambda card: card.parent.name)
def test_the_figures_are_the_cards(card):
    """One row for each bundled checkpoint: `| [name](../weights/name) | what | figure | value (low to high) |`."""
    name = card.parent.name
    (row,) = re.findall(rf"^\| \[{name}\]\(\.\./weights/{name}\) \|.+$", RESULTS, re.MULTILINE)
    measured = json.loads(card.read_text())["metrics"]["test"]
    figure, value = (cell.strip() for cell in row.split("|")[-3:-1])
    found = measured[{"accuracy": "accuracy", "macro AUROC": "macro_auroc", "macro F1": "macro_f1"}[figure]]
    assert value == "{value:.3f} ({low:.3f} to {high:.3f})".format(**found)


def test_the_table_of_the_phantoms_is_what_was_measured():
    """A method that was added since is in neither the table nor the file: it was not measured."""
    found = read_json("phantom.json")
    cause, letters = found["cause"]["cause"], found["shortcut"]["phantom-cheat"]["letters"]
    expected = {
        method: [
            format_cell(of["all"][figure]) for of in (cause[method], letters[method]) for figure in ("hit", "share")
        ]
        for method in cause
    }
    title = "Synthetic images with a known cause"
    assert read_rows(title) == expected
    section = read_section(title)
    left_out = set(found["left_out"]["phantom-honest"]) | set(found["left_out"]["phantom-cheat"])
    assert set(re.findall(r"`([\w-]+)`", section.split("Left out:")[1])) == left_out
    assert left_out.isdisjoint(cause) and (left_out | set(cause)) - {"chance"} <= set(METHODS)
    counts = [of["chance"]["all"]["hit"]["maps"] for of in (cause, letters)]
    falls = [found["auroc"]["phantom-cheat"][place]["consolidation"]["value"] for place in PLACEMENTS]
    stated = re.findall(r"from ([\d.]+) to ([\d.]+) when.*?to ([\d.]+) when", section, re.DOTALL)
    assert stated == [tuple(f"{value:.2f}" for value in falls)]
    assert [int(count) for count in re.findall(r"(\d+) maps of", section)] == counts


def test_the_last_of_the_usual_methods_is_the_one_that_tells_most():
    """The largest share of its evidence on what caused the answer, mean over findings and letters."""
    found = read_json("phantom.json")
    causes = found["cause"]["cause"], found["shortcut"]["phantom-cheat"]["letters"]
    shares = {
        method: sum(of[method]["all"]["share"]["value"] for of in causes) / 2
        for method in METHODS
        if method in causes[0]
    }
    assert max(shares, key=lambda method: shares[method]) == DEFAULT_METHODS[-1]
    assert list(METHODS)[:3] == list(DEFAULT_METHODS), "in the order of the panels"


def test_the_phantoms_that_were_measured_are_those_that_are_bundled():
    found = read_json("phantom.json")
    for name, of in found["auroc"].items():
        card = read_json(name, "config.json")
        own = card["training"]["letters"]
        sets = {"test" if place == own else f"test, letters {place}": place for place in of}
        assert len(sets) == 4 and sets.keys() <= card["metrics"].keys()
        for measured, place in sets.items():
            for label, entry in of[place].items():
                assert card["metrics"][measured][f"auroc_{label}"] == entry
        assert card["training"]["settings"]["seed"] == found["seed"]


def test_the_table_of_the_boxes_is_the_cards():
    names = ("nih-efficientnet-lite0", "bassi2022-twice-transfer")
    measured = {name: read_json(name, "config.json")["metrics"]["localisation"]["rows"] for name in names}
    of_all = {
        name: {row["method"]: row for row in rows if (row["set"], row["label"]) == ("all", "")}
        for name, rows in measured.items()
    }
    titles = {"chance": "chance", "centre": "image centre"}
    expected = {
        titles.get(method, method): [
            format_cell(rows[method][figure]) if method in rows else "-"
            for rows in of_all.values()
            for figure in ("hit_rate", "miou")
        ]
        for method in {**of_all[names[0]], **of_all[names[1]]}
    }
    assert read_rows("Real images with boxes") == expected
    head = re.search(r"^\| method \| .*hit rate.*mIoU.*$", RESULTS, re.MULTILINE)[0]
    counts = {name: rows["chance"]["maps"] for name, rows in of_all.items()}
    assert all(f"{name}, {count} maps: hit rate" in head for name, count in counts.items())
    above = {}
    for name, rows in of_all.items():  # what the sentences below the table say
        middle = rows["centre"]
        assert not any(row["miou"]["low"] > middle["miou"]["high"] for row in rows.values())
        ahead = {key for key, row in rows.items() if row["miou"]["value"] > middle["miou"]["value"]}
        assert ahead == {"grad-cam-plus-plus", "layer-cam"}, "those said to be a hair above the centre"
        above[name] = {key for key, row in rows.items() if row["hit_rate"]["low"] > middle["hit_rate"]["high"]}
    said = read_section("Real images with boxes").split("lies above that of")[1]
    assert above == {names[0]: set(re.findall(r"`([\w-]+)`", said)), names[1]: set()} and f"of {names[0]}" in said


def test_the_lung_models_dice_is_its_cards():
    card = read_json("lungs", "lungs.json")
    dice = "Dice {value:.3f} ({low:.3f} to {high:.3f})".format(**card["dice"])
    assert f"{dice} on {card['measured']['real films']['films']} real images" in " ".join(RESULTS.split())


def test_the_table_of_systems_is_the_code():
    """A system that was added since has no results yet."""
    systems = set(re.findall(r"^\| `(\w+)` \|", read_section("The five systems, and ours"), re.MULTILINE))
    assert {"kufel2023", "boit2019", "bassi2022", "rajaraman2021", "avola2022", "consilium"} == systems <= set(SYSTEMS)
