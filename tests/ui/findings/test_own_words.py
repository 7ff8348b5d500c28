"""Labels and words of a network's own, wherever the page names a finding."""

import html
from types import SimpleNamespace

import numpy as np
import pytest

from cxr_demo.analysis import MemberAnswers
from cxr_demo.text.catalogue import format_text
from cxr_demo.ui.app.wish import WITH
from tests.ui.stand_ins import NASTY, Page, StandIn, card, make_desk, study

OWN = ("COPD", "label_2", "effusion")
WORDS = {"label_2": {"name": {"ja": "胸水"}}, "effusion": {"name": {"en": NASTY[:60]}, "gloss": {"en": "Water."}}}
INTERVAL = {"value": 0.9, "low": 0.8, "high": 0.95}


class OwnStandIn(StandIn):
    """Its labels are its own."""

    def __init__(self) -> None:
        super().__init__()
        test = {"films": 3, "positive": (1, 1, 1), "stated": (3, 3, 3), "auroc_COPD": INTERVAL}
        row = {
            "set": "all",
            "label": "label_2",
            "method": "grad-cam",
            "maps": 3,
            "hit_rate": INTERVAL,
            "miou": INTERVAL,
        }
        self.card = card(
            labels=OWN, thresholds={}, label_words=WORDS, metrics={"test": test, "localisation": {"rows": [row]}}
        )

    def analyse(self, image):
        members = MemberAnswers((), np.zeros((0, 3)), np.zeros((0, 3)))
        return SimpleNamespace(**study().__dict__ | {"image": image, "labels": OWN, "members": members})


@pytest.fixture
def page(folder):
    return Page(make_desk({"own": OwnStandIn(), "other": StandIn()}, folder))


@pytest.mark.parametrize(("label", "name"), [("COPD", "COPD"), ("label_2", "胸水"), ("effusion", NASTY[:60])])
def test_a_label_of_its_own_is_chosen_and_named_everywhere(page, label, name):
    page.open(methods=["grad-cam"])
    page.press("choose_label", label=label)
    shown = page.settle()
    assert shown.value["at"]["label"] == label
    written = html.escape(name)
    for part in (shown.findings, shown.panels):
        assert written in part["html"] and "Copd" not in part["html"] and "<img src=x" not in part["html"]
    page.press("compare_with", choice=f"{WITH}other")
    assert written in page.settle().pair["html"], "the other network lacks it, in its own name"


def test_the_facts_and_glosses_are_in_own_words(page):
    shown = page.open(methods=["grad-cam"])
    glosses = html.unescape(shown.findings["html"])
    assert "Water." in glosses and format_text("label-of-its-own") in glosses
    facts = shown.facts["html"]
    assert "COPD, 胸水" in facts and facts.count("胸水") >= 2, "in the list, and in the table of where maps point"


def test_a_label_that_no_network_of_the_page_has_is_not_chosen(page):
    page.open(methods=["grad-cam"])
    before = page.settle().value["at"]["label"]
    for label in ("hernia", "copd", NASTY):
        page.press("choose_label", label=label)
        assert page.settle().value["at"]["label"] == before
