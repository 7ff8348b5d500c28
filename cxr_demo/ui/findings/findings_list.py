"""The list of findings: what the classifier says, in numbers and in a word; each one is the button to its maps."""

from __future__ import annotations

import json
from collections.abc import Sequence

import numpy as np

from cxr_demo.analysis import MemberAnswers, order_labels
from cxr_demo.networks.card import Card, EnsembleSpec
from cxr_demo.networks.standing import Standing, find_quality, find_standing
from cxr_demo.text import findings_text, page_text
from cxr_demo.text.catalogue import format_text
from cxr_demo.text.formats import name_score
from cxr_demo.ui.markup import Html, quote_card, render_scrollable, tag
from cxr_demo.ui.terms import render_term

GAP = "\0"  # in a sentence, where the words of a card go, which may be of another language
MANY = 4  # above this number the list is dense, and the gloss of the chosen finding stands with its maps


def render_findings(card: Card, probabilities: np.ndarray, chosen: str, members: MemberAnswers) -> dict:
    """The value of the findings component: its HTML, in the order of `order_labels`. `members`: of an ensemble."""
    labels = order_labels(card, probabilities)
    rows = [_render_finding(card, probabilities, label, chosen, members) for label in labels]
    heading = tag("h2", format_text("findings"), tag("small", name_score(card.calibrated)))
    named = tag("div", heading, render_term("probability"), class_="with-term")
    cannot_tell = not all(find_quality(card, label).can_tell for label in labels)
    about = render_term("cannot-tell") if cannot_tell else None
    order = tag("p", findings_text.describe_sorting(card), about, class_="order")
    listed = tag("ul", *rows, class_="findings many" if len(rows) > MANY else "findings")
    told = tag("p", *_render_training(card), class_="meaning")
    each = _render_members(card, card.ensemble, labels, members) if card.ensemble else None
    head, meaning = tag("header", named, order), _render_meaning(card)
    return {"html": tag("section", head, listed, each, told, meaning, class_="told")}


def describe_answer(card: Card, probabilities: np.ndarray) -> str:
    """In a few words: the first of the list, unless even that is not above its threshold."""
    label = order_labels(card, probabilities)[0]
    if find_standing(card, probabilities, label).verdict in ("below", "cannot tell"):
        return format_text("nothing-above")
    p = float(probabilities[card.labels.index(label)])
    return f"{card.get_finding(label).name} {page_text.format_score(p, card.calibrated, card.task)}"


def render_first_steps() -> dict:
    steps = format_text("step-choose"), format_text("step-read"), format_text("step-compare")
    return {
        "html": tag(
            "section",
            tag("h2", format_text("findings")),
            tag("ol", *(tag("li", step) for step in steps)),
            class_="told",
        )
    }


def _render_finding(card: Card, probabilities: np.ndarray, label: str, chosen: str, members: MemberAnswers) -> Html:
    position = card.labels.index(label)
    p, known, how = float(probabilities[position]), card.get_finding(label), find_standing(card, probabilities, label)
    own = members.probabilities[:, position].tolist() if card.ensemble else []
    look = " called" if how.is_called else " unjudged" if how.verdict in ("no threshold", "cannot tell") else ""
    mark = how.threshold if how.quality.can_tell else None
    numbers = f"numbers-{label}"
    button = tag(
        "button",
        tag("span", known.name, class_="name"),
        tag("span", page_text.format_score(p, card.calibrated, card.task), class_="score"),
        _render_score_meter(p, mark, own),
        tag("span", page_text.describe_member_range(own, card.ensemble, card.task), class_="spread")
        if card.ensemble
        else None,
        tag("span", findings_text.describe_verdict(how), class_="word"),
        tag("span", known.gloss, class_="gloss"),
        type="button",
        class_=f"finding{look}",
        data_label=label,
        aria_pressed="true" if label == chosen else "false",
        aria_describedby=numbers,
        title=known.gloss,
    )
    return tag(
        "li", button, _render_quality(card, how, label, numbers), _render_threshold_slider(card, how, known.name)
    )


def _render_quality(card: Card, how: Standing, label: str, at: str) -> Html:
    """The second line of a finding, and its button's description; its name is for where it stands apart from that."""
    rates, near = findings_text.describe_rates(how, card, label), findings_text.describe_reliability(how, card)
    return tag(
        "p",
        tag("b", f"{card.get_finding(label).name}: "),
        findings_text.describe_auroc(how.quality),
        tag("span", f" · {rates}", class_="rates") if rates else None,
        f" · {near}" if near else None,
        class_="numbers",
        id=at,
    )


def _render_meaning(card: Card) -> Html:
    """On a phone the threshold is hidden until this is opened: the film shall be near."""
    wide = tag("span", format_text("figures"), class_="wide")
    phone = tag("span", format_text("figures-on-phone"), class_="phone")
    told = [
        tag("p", text) for text in (page_text.describe_scores(card), findings_text.describe_test_films(card)) if text
    ]
    return tag("details", tag("summary", wide, phone), *told, class_="explained")


def _render_threshold_slider(card: Card, how: Standing, name: str) -> Html | None:
    """To move the threshold of the chosen finding and see what that costs; none where it was not measured, or where the
    network cannot tell the finding."""
    points = how.quality.points
    if points is None or how.threshold is None or how.threshold not in points.thresholds or not how.quality.can_tell:
        return None
    steps = [
        [
            findings_text.format_threshold(threshold, card),
            round(threshold * 100, 1),
            round(found * 100),
            round((1 - spared) * 100),
            how.probability >= threshold,
        ]
        for threshold, found, spared in zip(points.thresholds, points.sensitivity, points.specificity, strict=True)
    ]
    own = points.thresholds.index(how.threshold)
    text, _, found, wrong, _ = steps[own]
    sentence = findings_text.describe_cost(str(found), str(wrong))
    slider = tag(
        "input", type="range", class_="threshold", min=0, max=len(steps) - 1, step=1, value=own,
        aria_label=f"{format_text('threshold')}, {name}", aria_valuetext=f"{text}: {sentence}",
        data_steps=json.dumps(steps, ensure_ascii=False), data_cost=findings_text.describe_cost("{found}", "{wrong}"),
        data_above=format_text("threshold-above-own"), data_below=format_text("threshold-below-own"),
        autocomplete="off",
    )  # fmt: skip
    reset = tag("button", findings_text.describe_reset(text), type="button", class_="reset", hidden=True)
    shown = tag("label", format_text("threshold"), slider, tag("output", text))
    return tag("div", shown, render_term("threshold"), tag("span", sentence, class_="cost"), reset, class_="operating")


def _render_training(card: Card) -> list[Html | str]:
    """Where it learned, and what that means, in the card's own words."""
    data, caveat = card.tell("data"), quote_card(card.tell("caveat"))
    if not data:
        return [quote_card(card.tell("summary")), " ", caveat]
    before, _, after = format_text("scores-trained-on", data=GAP).partition(GAP)
    return [before, quote_card(data), after, " ", caveat]


def _render_members(card: Card, ensemble: EnsembleSpec, labels: Sequence[str], members: MemberAnswers) -> Html:
    """What each member of an ensemble says of each label, to open."""
    head = tag("tr", *(tag("th", name, scope="col") for name in (format_text("finding"), *members.names)))
    rows = []
    for label in labels:
        own = members.probabilities[:, card.labels.index(label)].tolist()
        told = (tag("td", page_text.format_score(p, ensemble.calibrated, card.task)) for p in own)
        rows.append(tag("tr", tag("th", card.get_finding(label).name, scope="row"), *told))
    table = tag("table", tag("thead", head), tag("tbody", *rows))
    return tag(
        "details",
        tag("summary", format_text("members-say")),
        render_scrollable(format_text("members-say"), table),
        class_="each",
    )


def _render_score_meter(p: float, threshold: float | None, own: Sequence[float]) -> Html:
    """The bar, the threshold's mark and a dot for each member of an ensemble, at its own probability."""
    mark = None if threshold is None else tag("i", class_="mark", style=f"left:{threshold * 100:.1f}%")
    dots = [tag("i", class_="dot", style=f"left:{single * 100:.1f}%") for single in own]
    fill = tag("i", class_="fill", style=f"width:{p * 100:.1f}%")
    return tag("span", fill, mark, *dots, class_="meter", aria_hidden="true")
