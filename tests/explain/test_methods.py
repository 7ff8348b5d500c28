"""METHODS is data: light to import, and the one place that a new method, family or unit touches."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from cxr_demo import render
from cxr_demo.analysis import Analyser
from cxr_demo.comparison.checkpoint_pair import compare_maps
from cxr_demo.explain import methods
from cxr_demo.explain.methods import EVIDENCE_FLOOR, METHODS, Family, Method, Unit
from cxr_demo.text.catalogue import has_message
from cxr_demo.text.method_text import describe_promise
from cxr_demo.ui.viewer import panels
from cxr_demo.ui.viewer.film_pictures import make_film_pictures
from tests.conftest import LABELS, make_checkpoint, make_image

HEAVY = ("torch", "timm", "torchvision", "scipy", "sklearn", "zennit", "pytorch_grad_cam", "cv2", "gradio", "numpy")


def test_the_table_loads_nothing_heavy():
    code = "import sys, cxr_demo.explain.methods; print(*sorted({name.split('.')[0] for name in sys.modules}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not set(HEAVY) & set(done.stdout.split())


def test_every_function_is_there_and_every_unit_is_what_its_text_says():
    for method in METHODS.values():
        assert method.load_function() is not None
    assert {unit: str(unit) for unit in Unit} == {unit: unit.value for unit in Unit}
    needed = [unit for unit in Unit if unit.needs_same or not unit.comparable]
    assert needed and all(unit.unlike or has_message(f"unit-{unit.name.lower()}.unlike") for unit in needed)


def darkness(model, x, labels, on_progress):
    """As a person would write it: every pixel's distance from white, the same for each label."""
    return np.repeat((1 - x[0].mean(0).numpy())[None], len(labels), axis=0).astype(np.float32)


@pytest.fixture
def toy(monkeypatch) -> Method:
    """A method of a family and of a unit that nobody has heard of; relative, so that values say little."""
    unit = str.__new__(Unit, "shades")
    unit._value_, unit._name_ = "shades", "SHADES"
    for name, value in zip(
        ("adds_to_logit", "per_area", "amount", "too_little", "comparable", "needs_same", "unlike"),
        (False, "", "largest", "no pixel has {floor} shades", True, "", ""),
        strict=True,
    ):
        setattr(unit, name, value)
    family = Family("network", "", "How dark each pixel is.")
    function = f"{__name__}:darkness"
    made = Method("toy", "Toy", "Nobody 2026", family, function, unit, "positive", 1.0, "Does not show anything.")
    monkeypatch.setitem(METHODS, "toy", made)
    monkeypatch.setitem(methods.UNITS, "shades", unit)
    return made


def test_a_new_family_and_unit_go_all_the_way_without_another_entry(toy):
    analyser, other = (Analyser(make_checkpoint(seed=seed)) for seed in (0, 1))
    image = make_image(3)
    study = analyser.analyse(image)
    explanation = analyser.explain(study, [LABELS[1]], ["toy"])["toy", LABELS[1]]
    assert explanation.unit == "shades" and explanation.map_square.shape == study.square.shape
    scale = render.choose_scale(explanation.map_square, toy.shown, explanation.unit)
    assert not scale.nothing and scale.unit == "shades"
    assert render.choose_scale(np.full((4, 4), EVIDENCE_FLOOR / 2), "positive", toy.unit).nothing
    again = other.explain(other.analyse(image), [LABELS[1]], ["toy"])["toy", LABELS[1]]
    pair = compare_maps(explanation, analyser.card, again, other.card, image.pixels.shape)
    assert pair.difference is not None or pair.why_not

    assert describe_promise(toy.family) in str(panels.render_blank_panels(("toy",))["html"])
    shown = make_film_pictures("film.png", image, {})
    filled = panels.render_panels(study, analyser.card, LABELS[1], {"toy": explanation}, shown).body["html"]
    assert "shades" in filled and "Toy" in filled
    evaluated = analyser.evaluate_maps(study, [explanation], parts=["stability"])
    assert evaluated["toy"].stability is not None
