"""What a checkpoint says of itself: intervals, tables by finding, and the members of an ensemble."""

import re

import pytest

from cxr_demo.networks.card import FEATURE_FUSION, RULES
from cxr_demo.networks.card_parts import FLOORS
from cxr_demo.text import checkpoint_text
from cxr_demo.text.catalogue import format_text
from cxr_demo.ui.findings import facts
from tests.ui.stand_ins import LABELS, card, ensemble


def test_facts_show_intervals_and_leave_out_tables():
    metrics = {
        "test": {
            "films": 624,
            "auroc_normal": {"value": 0.97, "low": 0.96, "high": 0.98},
            "confusion": [[1, 2], [3, 4]],
            "ece_after_temperature": 0.02,
        }
    }
    written = facts.render_facts(card(metrics=metrics, licence="Apache-2.0"), "ef" * 32, "LRP proved")
    assert (
        "AUROC" in written and "0.970 (0.960 to 0.980)" in written and "624" in written and "confusion" not in written
    )
    assert "Apache-2.0" in written and "LRP proved" in written and "efefefef" in written


def test_facts_of_many_labels_are_two_tables_for_a_set():
    interval = {"value": 0.5, "low": 0.4, "high": 0.6}
    measured = {"films": 9, "ece_before_temperature": 0.07, "ece_after_temperature": 0.05, "ece": interval,
                "macro_auprc": interval, "auroc_disease_against_normal": interval}  # fmt: skip
    of_labels = {f"{metric}_{label}": interval for label in LABELS for metric in ("auprc", "f1") if label != "normal"}
    written = facts.render_facts(card(metrics={"test": measured | of_labels}), "ef" * 32, "")
    overall, by_label = re.findall("<table>.*?</table>", written)
    told = [re.sub("<[^>]*>", "", cell) for cell in re.findall('<th scope="row">.*?</th>', overall)]
    assert told == ["films", "ECE before temperature", "ECE", "macro AUPRC", "AUROC disease against normal"]
    assert re.findall('<th scope="col">(.*?)</th>', by_label) == ["Finding", "AUPRC", "F1"]
    rows = re.findall('<th scope="row">(.*?)</th>(.*?)</tr>', by_label)
    figure = "<td>0.500 (0.400 to 0.600)</td>"
    assert rows == [("Normal", "<td></td>" * 2), ("Bacterial pneumonia", figure * 2), ("Viral pneumonia", figure * 2)]
    caption = format_text("test-set.by-finding", name="test films")
    assert f'role="region" aria-label="{caption}">{by_label}' in written
    only = facts.render_facts(card(metrics={"test": {"ece_after_temperature": 0.05}}), "ef" * 32, "")
    assert "ECE after temperature" in only and "by finding" not in only


def test_facts_say_what_answers_without_a_look_at_the_lungs_reach():
    def floor(value: float, gap: float) -> dict:
        interval = {"value": gap, "low": gap - 0.05, "high": gap + 0.05}
        return {"macro_auroc": {"value": value, "low": value - 0.01, "high": value + 0.01, "difference": interval}}

    floors = {"view": floor(0.6, 0.02), "shuffled": floor(0.5, 0.12)}
    written = facts.render_facts(card(metrics={"test": {"films": 9, "floors": floors}}), "ef" * 32, "")
    rows = dict(re.findall('<th scope="row">(macro.*?)</th><td>(.*?)</td>', written))
    beaten, not_beaten = "the network is 0.120 (0.070 to 0.170) above it", "the network is not above it for certain"
    assert rows[f"macro AUROC, {format_text('floor-shuffled')}".replace("'", "&#x27;")].endswith(beaten)
    assert not_beaten in rows[f"macro AUROC, {format_text('floor-view')}"]
    assert "0.600 (0.590 to 0.610)" in rows[f"macro AUROC, {format_text('floor-view')}"]


def test_every_floor_has_its_words():
    assert tuple(facts.FLOOR_NAMES) == FLOORS


@pytest.mark.parametrize("rule", checkpoint_text.RULES)
def test_facts_of_an_ensemble_name_its_rule_and_its_members(rule):
    written = facts.render_facts(ensemble(rule), "ef" * 32, "LRP proved")
    words = format_text(checkpoint_text.RULES[rule])
    assert f"2 networks, {words}" in written and f"ensemble of 2 × densenet121 ({words}), " in written
    assert re.findall(r'<th scope="row">(\w+)</th><td>densenet121</td><td>([\d.]+)', written) == (
        [("one", "0.30"), ("two", "0.70")] if rule == "weighted" else [("one", "0.50"), ("two", "0.50")]
    )
    assert ("one 0.30, two 0.70" in written) == (rule == "weighted")
    assert f'class="scroll" tabindex="0" role="region" aria-label="{format_text("members")}"><table>' in written
    assert "SHA-256 of weights, rule and members" in written
    assert "Members" not in facts.render_facts(card(), "ef" * 32, "LRP proved")


def test_every_rule_has_its_words():
    assert tuple(checkpoint_text.RULES) == (*RULES, FEATURE_FUSION)
