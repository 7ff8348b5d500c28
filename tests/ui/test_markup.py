"""Markup from Python: what is escaped, and that no name of a card, a member or a film can become markup."""

import html
import re
from types import SimpleNamespace

from cxr_demo.analysis import MemberAnswers
from cxr_demo.labels import Finding
from cxr_demo.networks.card_parts import CardText, Metrics, Training
from cxr_demo.ui import components, markup
from cxr_demo.ui.app import strip
from cxr_demo.ui.findings import facts, findings_list
from cxr_demo.ui.viewer import panels
from tests.ui.stand_ins import NASTY, card, ensemble, pictures, study


def test_every_text_is_escaped_and_markup_is_not_escaped_twice():
    made = markup.tag("p", NASTY, markup.tag("b", "&"), title=NASTY, class_="x", data_a=None, hidden=True)
    assert "<img" not in made and made.count("<b>&amp;</b>") == 1
    assert made.startswith('<p title="&lt;img') and ' class="x" hidden>' in made
    assert html.unescape(re.search(r'title="([^"]*)"', made)[1]) == NASTY


def test_names_of_a_card_and_notes_of_a_film_cannot_become_markup():
    # Not through Card, which refuses such labels itself: the page must not lean on that.
    bad = SimpleNamespace(**vars(card()) | {
        "name": NASTY, "labels": (NASTY, "b", "c"), "thresholds": {}, "summary": NASTY, "licence": NASTY,
        "training": Training(data=NASTY, caveat=NASTY), "calibrated": True, "network": NASTY,
        "get_finding": lambda label: Finding(label, NASTY, NASTY), "joins_predictions": False,
        "tell": lambda entry: CardText(NASTY, "en"),
        "metrics": Metrics.model_validate({NASTY: {NASTY: {"value": 1.0}}}),
    })  # fmt: skip
    shown = study(notes=(NASTY,))
    written = (
        findings_list.render_findings(bad, shown.probabilities, NASTY, shown.members)["html"]
        + panels.render_panels(shown, bad, NASTY, {"grad-cam": NASTY}, pictures(shown, NASTY)).body["html"]
        + facts.render_facts(bad, "0" * 64, NASTY)
        + facts.render_unusable({NASTY: NASTY})
        + markup.render_message(NASTY, NASTY)
    )
    assert "<img src=x" not in written and "onerror=alert(1)&gt;" in written


def test_names_of_films_and_of_choices_cannot_become_markup():
    film = SimpleNamespace(key=NASTY, name=NASTY, pictures=pictures(study(), NASTY), fault=(NASTY, NASTY), gate=None)
    made = (
        strip.render_strip([film], [NASTY], NASTY),
        strip.render_compare([(NASTY, NASTY)], NASTY),
        strip.render_waiting(NASTY, False),
        strip.render_fault(NASTY, (NASTY, NASTY)),
    )
    written = "".join(value["html"] for value in made)
    assert "<img src=x" not in written and written.count("onerror") == written.count("onerror=alert(1)&gt;") > 10


def test_no_template_of_ours_has_a_hole_that_gradio_would_evaluate_twice():
    """gradio runs Handlebars, then evaluates the outcome as a template literal: only the bare ${...} is safe."""
    sources = "".join(path.read_text() for path in components.HERE.rglob("*.py") if path.name != "markup.py")
    assert set(re.findall(r"html_template=(.*?),", sources)) == {"VALUE", "IN_ITS_LANGUAGE", '"<i></i>"'}
    assert components.VALUE == "${value.html}"
    hole = components.IN_ITS_LANGUAGE
    assert hole.startswith("${") and hole.endswith("}") and hole.count("${") == 1 and "{{" not in hole


def test_names_of_members_cannot_become_markup():
    bad, shown = ensemble(names=(NASTY, "two")), study()
    nasty = MemberAnswers((NASTY, "two"), shown.members.logits, shown.members.probabilities)
    written = (
        facts.render_facts(bad, "0" * 64, "")
        + findings_list.render_findings(bad, shown.probabilities, "normal", nasty)["html"]
    )
    assert "<img src=x" not in written and "onerror=alert(1)&gt;" in written
