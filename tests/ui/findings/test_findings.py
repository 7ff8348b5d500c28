"""The list of findings without a browser: order, words, numbers, and the spread of an ensemble's members."""

import html
import json
import re

import numpy as np
import pytest

from cxr_demo.analysis import order_labels
from cxr_demo.networks.card import Card
from cxr_demo.text import findings_text, page_text
from cxr_demo.text.catalogue import format_text
from cxr_demo.ui.findings import findings_list
from cxr_demo.ui.viewer import panels
from tests.ui.stand_ins import LABELS, card, ensemble, pictures, study

QUICK = {
    "auroc_normal": (0.96, 0.94, 0.98),
    "sensitivity_normal": (0.5, 0.4, 0.6),
    "specificity_normal": (0.9, 0.8, 1.0),
}


def measured(*sets: str, confusion=(), points=None, films: int = 30, **figures) -> dict:
    """A card's metrics: the same figures in each of the sets, each a value with the ends of its interval."""
    of_set = {"films": films, "patients": 20, "stated": (30,) * 3, "positive": (10,) * 3, "confusion": confusion}
    of_set |= {key: dict(zip(("value", "low", "high"), of, strict=True)) for key, of in figures.items()}
    return {"metrics": {name: of_set | {"operating_points": points or {}} for name in sets or ("test",)}}


def row_of(written: str, label: str) -> str:
    return next(row for row in written.split("<li>") if f'data-label="{label}"' in row)


def text_of(row: str) -> str:
    return html.unescape(re.sub("<[^>]*>", "|", row))


def test_of_findings_that_exclude_each_other_only_the_most_probable_is_called():
    written = findings_of(card(), np.array([0.45, 0.41, 0.14]))  # two are above their thresholds, one is the answer
    assert re.findall(r'class="word">([^<]*)<', written) == ["most probable", "less probable", "less probable"]
    assert written.count('class="finding called"') == 1 and 'class="finding called" data-label="normal"' in written
    assert "above" not in written and 'class="mark"' not in written
    assert format_text("sorted-by-probability", calibrated="yes") in written


def test_without_a_threshold_a_finding_is_neither_above_nor_below():
    written = findings_of(card(thresholds={}, task="multi-label"), np.array([0.6, 0.3, 0.1]))
    assert written.count('class="finding unjudged"') == 3 and "called" not in written
    assert written.count("no threshold</span>") == 3 and 'class="mark"' not in written


def test_only_what_is_above_its_threshold_is_coloured():
    thresholds = {"normal": 0.5, "viral_pneumonia": 0.3}
    written = findings_of(card(thresholds=thresholds, task="multi-label"), np.array([0.6, 0.3, 0.1]))
    looks = dict(re.findall(r'class="finding([ \w]*)" data-label="(\w+)"', written))
    assert looks == {" called": "normal", " unjudged": "bacterial_pneumonia", "": "viral_pneumonia"}


def test_what_the_network_cannot_tell_is_not_called_and_has_no_mark_and_stands_last():
    figures = QUICK | {"auroc_viral_pneumonia": (0.57, 0.39, 0.76)}
    many = card(task="multi-label", **measured(**figures))
    written = findings_of(many, np.array([0.2, 0.3, 0.9]))
    row = row_of(written, "viral_pneumonia")
    assert "this network cannot tell" in row and "unjudged" in row and 'class="mark"' not in row
    assert "AUROC 0.57 (0.39 to 0.76) from 10 films with it and 20 without; 0.50 is guessing|" in text_of(row)
    assert re.findall(r'data-label="(\w+)"', written)[-1] == "viral_pneumonia"
    assert "Sorted by how far each is above its threshold; what this network cannot tell stands last." in written
    shown = study((0.2, 0.3, 0.9))
    panel = panels.render_panels(shown, many, "viral_pneumonia", {}, pictures(shown)).body
    assert panel["held"] and "this network cannot tell this finding" in panel["html"]
    assert "Show anyway: this network cannot tell<" in panel["html"], "and not: gives only 90 %"


def test_each_row_says_how_well_it_is_told_and_what_its_threshold_costs():
    written = findings_of(card(task="multi-label", **measured(**QUICK)), np.array([0.6, 0.3, 0.1]))
    text = text_of(row_of(written, "normal"))
    assert (
        "|Normal: |AUROC 0.96 (0.94 to 0.98) from 10 films with it and 20 without| · "
        "threshold 50 %: finds 50 % of those who have it, 90 % of those without it are below" in text
    )
    assert format_text("auroc-not-measured") in row_of(written, "bacterial_pneumonia")
    described = dict(re.findall(r'data-label="(\w+)"[^>]*aria-describedby="([\w-]+)"', written))
    assert all(f'class="numbers" id="{at}"' in written for at in described.values()) and len(described) == 3
    told = findings_text.describe_test_films(card(task="multi-label", **measured(**QUICK)))
    assert "30 test films" in told and "threshold is where the two shares together are largest" in told


POINTS = {"thresholds": (0.01, 0.2, 0.5), "sensitivity": (1.0, 0.9, 0.5), "specificity": (0.0, 0.554, 0.9)}


def test_the_threshold_can_be_moved_where_its_cost_was_measured():
    metrics = measured(points={label: POINTS for label in LABELS}, **QUICK)["metrics"]
    metrics["test"]["auroc_viral_pneumonia"] = {"value": 0.5, "low": 0.4, "high": 0.6}
    many = card(task="multi-label", metrics=metrics)
    written = findings_of(many, np.array([0.3, 0.3, 0.1]))
    row = row_of(written, "normal")
    assert json.loads(html.unescape(re.search(r'data-steps="([^"]*)"', row)[1])) == [
        ["1.0 %", 1.0, 100, 100, True], ["20 %", 20.0, 90, 45, True], ["50 %", 50.0, 50, 10, False],
    ]  # fmt: skip
    assert 'value="2"' in row and "<output>50 %</output>" in row and "Back to 50 %" in row
    assert "finds 50 of 100 who have it; wrongly calls 10 of 100 who do not have it</span>" in row
    assert 'class="operating"' not in row_of(written, "bacterial_pneumonia"), "its threshold is none of the points"
    assert 'class="operating"' not in row_of(written, "viral_pneumonia"), "the network cannot tell it"
    for other in (card(metrics=metrics), card(task="multi-label", **measured(**QUICK))):
        assert 'class="operating"' not in findings_of(other, np.array([0.3, 0.3, 0.1]))


THRESHOLDS = (0.0004, 0.004, 0.082, 0.0996, 0.23, 0.988, 0.993, 0.99996, 1.0)


def test_a_threshold_has_a_digit_more_than_a_score_near_either_end():
    texts = [findings_text.format_threshold(t, card(task="multi-label")) for t in THRESHOLDS]
    assert texts == ["< 0.1 %", "0.4 %", "8.2 %", "10 %", "23 %", "99 %", "99.3 %", "> 99.9 %", "100 %"]
    raw = [findings_text.format_threshold(t, card(task="multi-label", temperature=0.0)) for t in THRESHOLDS[2:]]
    assert raw == ["0.08", "0.10", "0.23", "0.99", "0.993", "> 0.999", "1"]


def test_of_exclusive_findings_it_is_said_how_often_each_is_the_answer_and_how_it_does_elsewhere():
    counts = ((8, 1, 1), (0, 10, 0), (2, 2, 6))
    metrics = measured(confusion=counts, **QUICK)["metrics"]
    metrics["external"] = {"auroc_normal": {"value": 0.55, "low": 0.45, "high": 0.64}}
    written = findings_of(card(metrics=metrics), np.array([0.6, 0.3, 0.1]))
    text = text_of(row_of(written, "normal"))
    assert "at other hospitals 0.55 (0.45 to 0.64), which may be guessing" in text
    assert (
        "it is the answer on 80 % of such films and, wrongly, on 10 % of all others" in text and "threshold" not in text
    )


def test_maps_that_are_held_back_without_a_threshold_blame_no_threshold():
    shown = study()
    made = panels.render_panels(shown, card(thresholds={}), "normal", {}, pictures(shown)).body
    assert made["held"] and "another finding is more probable" in made["html"] and "below its" not in made["html"]


def test_a_multi_label_network_starts_with_what_is_furthest_above_its_own_threshold():
    thresholds = {"infiltration": 0.4, "effusion": 0.3, "mass": 0.05, "hernia": 0.002}
    many = card(
        labels=("infiltration", "effusion", "mass", "edema", "hernia"), task="multi-label", thresholds=thresholds
    )
    p = np.array([0.39, 0.33, 0.02, 0.9, 0.008])  # shares: 0.98, 1.1, 0.4, no threshold, 4
    assert order_labels(many, p) == ["hernia", "effusion", "infiltration", "mass", "edema"]
    assert re.findall(r'data-label="(\w+)"', findings_of(many, p)) == order_labels(many, p)
    assert order_labels(card(labels=many.labels, task="multi-label", thresholds={}), p)[:2] == ["edema", "infiltration"]
    assert order_labels(card(thresholds={"normal": 0.9}), np.array([0.5, 0.1, 0.4]))[0] == "normal"


@pytest.mark.parametrize(("of", "told"), [
    ({"mass": 0.05}, "Sorted by how far each is above its threshold, then those without one"),
    ({"mass": 0.05, "edema": 0.9}, "Sorted by how far each is above its threshold"),
    ({}, "Sorted by probability, as no threshold applies"),
    ({"hernia": 0.1}, "Sorted by probability, as no threshold applies"),
])  # fmt: skip
def test_what_the_network_cannot_tell_stands_last_with_a_threshold_or_without(of, told):
    metrics = measured(auroc_infiltration=(0.6, 0.5, 0.7), auroc_hernia=(0.5, 0.4, 0.6))
    many = card(
        labels=("infiltration", "mass", "edema", "hernia"), task="multi-label",
        thresholds=of | {"infiltration": 0.1} if of else {}, **metrics,
    )  # fmt: skip
    p = np.array([0.9, 0.06, 0.2, 0.99])
    first, last = order_labels(many, p)[:2], order_labels(many, p)[2:]
    assert set(first) == {"mass", "edema"} and last == ["hernia", "infiltration"]
    assert findings_text.describe_sorting(many) == f"{told}; what this network cannot tell stands last."


def findings_of(card: Card, p: np.ndarray, chosen: str = "normal") -> str:
    return findings_list.render_findings(card, p, chosen, study(p).members)["html"]


def test_a_percent_sign_is_only_for_calibrated_scores():
    raw = findings_of(card(temperature=0.0), np.array([0.25, 0.7, 0.05]))
    told = re.sub(r'style="[^"]*"', "", raw)
    assert "uncalibrated score" in told and "0.70" in told and "%" not in told
    calibrated = findings_of(card(), np.array([0.25, 0.7, 0.05]))
    assert "calibrated probability" in calibrated and "70 %" in calibrated and "uncalibrated" not in calibrated


@pytest.mark.parametrize(("value", "text"), [(0.0004, "< 1 %"), (0.9996, "> 99 %"), (0.034, "3 %"), (0.5, "50 %")])
def test_no_probability_is_shown_as_certain(value, text):
    assert page_text.format_score(value, True, "single-label") == text
    assert (
        page_text.format_score(0.999, False, "single-label") == "> 0.99"
        and page_text.format_score(0.001, False, "multi-label") == "0.001"
    )


def test_a_rare_finding_of_a_multi_label_network_keeps_a_decimal():
    told = [page_text.format_score(p, True, "multi-label") for p in (0.0004, 0.0034, 0.034, 0.9996)]
    assert told == ["< 0.1 %", "0.3 %", "3 %", "> 99 %"]
    assert page_text.format_score(0.0004, False, "multi-label") == "< 0.001"
    many = card(task="multi-label")
    assert page_text.describe_show_button(0.0034, many).endswith("gives only 0.3 %")
    assert page_text.describe_show_button(0.0004, many).endswith("gives less than 0.1 %")
    assert page_text.describe_show_button(0.004, card()).endswith("gives less than 1 %")
    assert page_text.describe_show_button(0.004, card(temperature=0.0)).endswith("scores less than 0.01")


def test_findings_stand_in_order_of_probability_and_one_is_pressed():
    written = findings_of(card(), np.array([0.2, 0.7, 0.1]), "viral_pneumonia")
    assert re.findall(r'data-label="(\w+)"', written) == ["bacterial_pneumonia", "normal", "viral_pneumonia"]
    assert re.findall(r'aria-pressed="(\w+)"', written) == ["false", "false", "true"]


def test_the_sentence_says_what_the_numbers_are_not():
    assert "not mean 70 in 100" in page_text.describe_scores(card(temperature=0.0, summary="A summary."))


NEAR = {"edges": (0.0, 0.05, 0.3, 1.0), "films": (9, 40, 30), "positive": (0, 11, 30)}


def count(elsewhere: bool = False, **changes) -> Card:
    sets = {"test": {"ece_after_temperature": 0.05, "reliability": {"normal": NEAR}}}
    if elsewhere:
        fewer = NEAR | {"films": (0, 10, 3), "positive": (0, 1, 3)}
        sets["external"] = {"reliability": {"normal": fewer}}
    return card(metrics=sets, **changes)


@pytest.mark.parametrize(
    ("probability", "said"),
    [
        (0.1, "of 40 test films with a value from 5 % to 30 %, 11 had it: 28 % (16 % to 43 %)"),
        (0.9, "of 30 test films with a value from 30 % to 100 %, 30 had it: 100 % (89 % to 100 %)"),
        (0.01, "too few test films with a value from 0 % to 5 % (9) to say how often they had it"),
    ],
)
def test_each_row_says_how_often_it_was_there_at_such_a_value(probability, said):
    p = np.array([probability, 0.6, 0.3])
    assert f" · {said}|" in text_of(row_of(findings_of(count(), p), "normal"))
    assert "value from" not in row_of(findings_of(count(), p), "viral_pneumonia")
    assert "value from" not in findings_of(card(), p)


def test_films_of_other_hospitals_are_counted_too():
    written = findings_of(count(elsewhere=True), np.array([0.1, 0.6, 0.3]))
    said = "11 had it: 28 % (16 % to 43 %); of 10 such films of other hospitals, 1: 10 % (2 % to 40 %)|"
    assert said in text_of(row_of(written, "normal"))
    written = findings_of(count(elsewhere=True), np.array([0.9, 0.6, 0.3]))
    assert "; too few such films of other hospitals (3)|" in text_of(row_of(written, "normal"))
    written = findings_of(count(elsewhere=True), np.array([0.01, 0.6, 0.3]))  # there are none
    assert "(9) to say how often they had it|" in text_of(row_of(written, "normal"))


def test_an_uncalibrated_score_has_no_percent_in_its_range():
    written = findings_of(count(temperature=0.0), np.array([0.1, 0.6, 0.3]))
    assert "of 40 test films with a value from 0.05 to 0.30, 11 had it" in written


def test_where_films_are_counted_no_other_promise_is_made():
    told = page_text.describe_scores(count())
    assert "how often it was there on test films" in told
    assert "about 70" not in told and "points on average" not in told
    assert "not mean 70 in 100" in page_text.describe_scores(count(temperature=0.0))


@pytest.mark.parametrize("temperature", [0.0, 1.2])
def test_findings_that_stand_alone_do_not_share_100_percent(temperature):
    several = page_text.describe_scores(card(task="multi-label", temperature=temperature))
    assert (
        "several may be present, or none" in several
        and "does not mean a normal film" in several
        and "share" not in several
    )
    assert "stands alone" not in page_text.describe_scores(card(temperature=temperature))


@pytest.mark.parametrize("gap", ["0.1", [0.1], {"value": 0.1}, True, float("nan"), float("inf")])
def test_a_calibration_error_that_is_no_number_is_refused(gap):
    with pytest.raises(ValueError, match="ece_after_temperature"):
        card(metrics={"test": {"ece_after_temperature": gap}})
    assert "points on average" not in page_text.describe_scores(card(metrics={"test": {"ece_after_temperature": None}}))
    assert "points on average" not in page_text.describe_scores(card(metrics={"test": {}}))
    assert "off by 5 points" in page_text.describe_scores(card(metrics={"test": {"ece_after_temperature": 0.05}}))


def test_an_ensemble_shows_the_spread_of_its_members_to_eyes_and_to_screen_readers():
    shown = study()
    written = findings_list.render_findings(ensemble(), shown.probabilities, "normal", shown.members)["html"]
    row = written.split("</li>")[0]  # the most probable one
    assert re.findall(r'class="dot" style="left:([\d.]+)%', row) == ["60.0", "80.0"]
    assert '<span class="spread">2 members from 60 % to 80 %</span>' in row
    told = re.search(r"<details.*?</details>", written)[0]
    assert format_text("members-say") in told and 'tabindex="0" role="region" aria-label=' in told
    assert re.findall(r'<th scope="row">([\w ]+)</th><td>(.*?)</td><td>(.*?)</td>', told) == [
        ("Bacterial pneumonia", "60 %", "80 %"), ("Normal", "10 %", "30 %"), ("Viral pneumonia", "&lt; 1 %", "20 %"),
    ]  # fmt: skip
    assert written.count('class="dot"') == 2 * len(LABELS) and format_text("members-dots") in written
    assert "2: weighted mean of the probabilities." in written
    alone = findings_list.render_findings(card(), shown.probabilities, "normal", shown.members)["html"]
    assert "dot" not in alone and "member" not in alone


def test_members_that_were_never_calibrated_have_no_percent_signs():
    shown, raw = study(), ensemble(temperature=0.0)
    written = findings_list.render_findings(raw, shown.probabilities, "normal", shown.members)["html"]
    assert "2 members from 0.60 to 0.80" in written


@pytest.mark.parametrize(("probability", "said"), [(0.9, "Normal 90 %"), (0.2, "nothing above its threshold")])
def test_the_strip_names_no_finding_that_is_below_its_threshold(probability, said):
    several = card(task="multi-label", temperature=1.0, thresholds=dict.fromkeys(LABELS, 0.5))
    assert findings_list.describe_answer(several, np.array([probability, 0.1, 0.1])) == said


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        (0.43, 0.23, ("43 %", "23 %", "−20 points")),
        (0.4251, 0.2349, ("42.5 %", "23.5 %", "−19.0 points")),  # whole, −20 would stand beside 43 and 23
        (0.3, 0.29, ("30 %", "29 %", "−1 point")),
        (0.226, 0.234, ("22.6 %", "23.4 %", "+0.8 points")),
        (0.2301, 0.2304, ("23 %", "23 %", "0 points")),
        (0.004, 0.012, ("0.4 %", "1.2 %", "+0.8 points")),
        (0.0003, 0.0008, ("< 0.1 %", "< 0.1 %", "0.0 points")),
    ],
)
def test_a_change_is_the_difference_of_what_is_shown(before, after, told):
    assert page_text.format_scores(before, after, card(task="multi-label")) == told


def test_of_exclusive_findings_a_change_below_one_per_cent_is_told():
    one_of_several = card(task="single-label", temperature=1.0)
    assert page_text.format_scores(0.001, 0.008, one_of_several) == ("< 1 %", "< 1 %", "+0.7 points")


def test_a_change_of_scores_that_are_no_probabilities_has_no_points():
    uncalibrated = card(temperature=0.0)
    assert not uncalibrated.calibrated
    assert page_text.format_scores(0.43, 0.23, uncalibrated) == ("0.43", "0.23", "−0.20")
    assert page_text.format_scores(0.426, 0.234, uncalibrated) == ("0.426", "0.234", "−0.192")


@pytest.mark.parametrize("seed", range(3))
def test_every_change_that_is_shown_adds_up(seed):
    for before, after in np.random.default_rng(seed).uniform(0.01, 0.985, (300, 2)):
        first, then, change = page_text.format_scores(before, after, card(task="multi-label"))
        numbers = [float(text.split()[0].replace("−", "-")) for text in (first, then, change)]
        assert numbers[1] - numbers[0] == pytest.approx(numbers[2])
