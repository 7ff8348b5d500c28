"""What is said of a covered film."""

from __future__ import annotations

import re

import numpy as np

from cxr_demo.ui.viewer.cover_table import Cover, CoveredAnswer, render_cover
from tests.ui.stand_ins import card as make_card


def test_who_passes_its_threshold_and_who_changed_most_is_said_beside_the_film_and_in_the_table():
    labels = ("effusion", "mass", "hernia", "edema")
    raised = {"auroc_edema": {"value": 0.5, "low": 0.4, "high": 0.6}}  # which it cannot tell
    card = make_card(labels=labels, task="multi-label", temperature=1.0, metrics={"test": raised},
                     thresholds={"effusion": 0.5, "mass": 0.38, "edema": 0.3})  # fmt: skip
    before, after = np.array([0.9, 0.205, 0.02, 0.2]), np.array([0.87, 0.428, 0.02, 0.4])
    written = str(render_cover(card, "effusion", before, Cover("grey", CoveredAnswer(after, "data:,"))))
    bar, table = written.split("<table")
    told = re.sub("<[^>]*>", "", bar)
    assert "Effusion: 90 % → 87 % −3 points Changed most: Mass: " in told
    assert "%. Mass is now above its threshold." in told and "Oedema is now" not in told
    rows = [re.sub("<[^>]*>", "", row) for row in re.findall('<th [^>]*scope="row".*?</th>', table)]
    assert rows == ["Mass now above its threshold", "Oedema", "Effusion", "Hernia"]
    back = str(render_cover(card, "mass", after, Cover("grey", CoveredAnswer(before, "data:,"))))
    assert "Mass is now below its threshold." in back and "Changed most" not in back
