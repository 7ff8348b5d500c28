"""docs/tour.ipynb: every cell runs in order, from a copy that has no outputs, and shows what it says."""

from __future__ import annotations

import ast
import json
import re

import numpy as np
import pytest

from cxr_demo.explain.methods import Unit
from cxr_demo.explain.study import Explanation, Study
from tests.docs.test_commands import ROOT

NOTEBOOK = json.loads((ROOT / "docs" / "tour.ipynb").read_text(encoding="utf-8"))
CELLS = ["".join(cell["source"]) for cell in NOTEBOOK["cells"] if cell["cell_type"] == "code"]


def run_cell(source: str, names: dict) -> object:
    """As a notebook does: what the last expression gives is shown."""
    tree = ast.parse(source)
    last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
    exec(compile(tree, "cell", "exec"), names)
    return eval(compile(ast.Expression(last.value), "cell", "eval"), names) if last else None


def test_nothing_that_was_computed_elsewhere_is_stored():
    code = [cell for cell in NOTEBOOK["cells"] if cell["cell_type"] == "code"]
    assert all(cell["outputs"] == [] and cell["execution_count"] is None for cell in code)
    assert NOTEBOOK["nbformat"] == 4 and len({cell["id"] for cell in NOTEBOOK["cells"]}) == len(NOTEBOOK["cells"])


def test_its_links_lead_somewhere():
    text = "".join("".join(cell["source"]) for cell in NOTEBOOK["cells"] if cell["cell_type"] == "markdown")
    links = re.findall(r"\]\(([\w.-]+)\)", text)
    assert links and all((ROOT / "docs" / link).is_file() for link in links)


def test_every_cell_runs_and_shows_what_it_says(monkeypatch, capsys):
    monkeypatch.chdir(ROOT)
    names: dict = {}
    shown = [run_cell(source, names) for source in CELLS]
    drawn = [each for each in shown if isinstance(each, (Study, Explanation))]
    assert len(drawn) == 5 and all("data:image/png;base64," in each._repr_html_() for each in drawn)
    lines = capsys.readouterr().out.splitlines()
    assert "Grad-CAM ok" in lines[0] and "LRP ok" in lines[0]
    shares = [re.fullmatch(r".+: (\d+)% on (\d+)% of the film", line) for line in lines[1:]]
    assert len(shares) == 2
    for share in shares:
        assert share and int(share[1]) > 3 * int(share[2]), "evidence lies where the finding was planted"
    assert names["picture"].shape == (512, 512, 3)
    cheat = names["answer"]
    assert cheat.probabilities[cheat.labels.index("consolidation")] > 0.5, "it reads the letters"


@pytest.mark.parametrize("unit_adds_up", [True, False])
def test_sums_are_told_where_they_mean_something(unit_adds_up):
    unit = Unit.CELL if unit_adds_up else Unit.RELATIVE
    method = "grad-cam" if unit_adds_up else "eigen-cam"
    made = Explanation(method, "<b>own</b>", np.ones((4, 4), np.float32), unit, 20.0, 16.0, 4.0)
    told = made._repr_html_()
    assert ("add up to 16" in told) is unit_adds_up and "&lt;b&gt;own" in told and "<b>own" not in told
